from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from comity.errors import InputError, MalformedError, TooLargeError
from comity.ids import OfficerId, parse_officer_id
from comity.members.officer import Officer, OpenSession, verify_officer, verify_password

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OFFICER = Officer(OfficerId("ruta"), "Rūta", ("inspector",), "hash", is_one_time=False)


@pytest.mark.parametrize("password", ["", "short", "elevenchars", "aaaaaaaaaaaaaaaa", "abababababababab"])
def test_a_password_that_is_easily_guessed_is_refused(password: str) -> None:
    with pytest.raises(MalformedError):
        verify_password(password)


def test_a_password_of_a_megabyte_is_refused_before_it_is_hashed() -> None:
    with pytest.raises(TooLargeError):
        verify_password("correct horse battery" * 50_000)


@pytest.mark.parametrize(
    ("title", "roles"),
    [("", ("inspector",)), ("  ", ("inspector",)), ("x" * 201, ("inspector",)), ("Rūta", ()), ("Rūta", ("king",))],
)
def test_an_officer_has_a_name_to_show_and_roles_that_there_are(title: str, roles: tuple[str, ...]) -> None:
    with pytest.raises(MalformedError):
        verify_officer(title, roles, ("inspector", "registrar"))


@pytest.mark.parametrize("name", ["", "r", "Ruta", "ru ta", "9ruta", "x" * 41, "ruta\n", "../ruta", "rūta"])
def test_a_name_to_sign_in_with_is_plain(name: str) -> None:
    with pytest.raises(InputError):
        parse_officer_id(name)


def test_the_wait_after_five_wrong_passwords_ends() -> None:
    for failures, after_s, expected in ((4, 0, False), (5, 0, True), (5, 59, True), (5, 60, False), (6, 1, True)):
        officer = msgspec.structs.replace(OFFICER, failures=failures, failed_at=NOW)
        assert officer.is_paused(NOW + timedelta(seconds=after_s)) == expected


@pytest.mark.parametrize(
    ("opened_h", "used_min", "is_over"),
    [(0, 0, False), (0, 29, False), (0, 30, True), (11.9, 0, False), (12, 0, True)],
)
def test_a_session_ends_by_idleness_and_by_age(opened_h: float, used_min: float, is_over: bool) -> None:  # noqa: FBT001 - the case
    session = OpenSession("hash", OFFICER, NOW - timedelta(hours=opened_h), NOW - timedelta(minutes=used_min))
    assert session.is_over(NOW) == is_over


def test_a_disabled_officers_session_is_over() -> None:
    disabled = msgspec.structs.replace(OFFICER, disabled_at=NOW)
    assert OpenSession("hash", disabled, NOW, NOW).is_over(NOW)
