"""Passes are looked after by the nodes themselves: renewed in time, replaced when they permit something else."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import ComityError, UntrustedError
from comity.exchange.greeting import Greeting
from comity.exchange.signed import LATER, sign_body
from comity.ids import MemberCode
from comity.limits import PASS_GRACE_S, PASS_RENEW_S, PASS_S
from comity.peer import credentials
from comity.peer.credentials import Holder, member_pass
from comity.peer.passes import Pass, PassFile, parse_pass, right_permits
from comity.signer import Ed25519Signer
from comity.testing import Network
from tests.peer.frames import put, signer_of

DAY_S = 86_400
CODES = ("GS", "LT", "FR")


def permissions_before(member: MemberCode, *, is_secretariat: bool) -> dict[str, Any]:
    """What passes permitted before: an answer at any subject that a question named."""
    publish = [f"ask.*.{member}", *["nudge.directory"] * is_secretariat]
    subscribe = [f"ask.{member}.*", f"_INBOX.{member}.>", "nudge.>"]
    return {
        "pub": {"allow": publish},
        "sub": {"allow": subscribe},
        "resp": {"max": 1, "ttl": 60_000_000_000},
    }


@contextlib.contextmanager
def as_before() -> Iterator[None]:
    """Passes are given as they were before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(credentials, "permissions_of", permissions_before)
        yield


def pass_of(network: Network, code: str) -> Pass:
    return parse_pass((network.founding.config(code).path("pass.jwt")).read_bytes())


def is_right(network: Network, code: str) -> bool:
    return pass_of(network, code).permits == right_permits(MemberCode(code), is_secretariat=code == "GS")


def revoked(network: Network) -> dict[str, float]:
    found: dict[str, float] = network.nodes["GS"]._door._known.revoked  # type: ignore[attr-defined]
    return found


@pytest.fixture
def kept(founded_pair: Network, tmp_path: Path) -> Iterator[Network]:
    """A network whose folder was founded, and used, by the program before."""
    network = Network(tmp_path, like=founded_pair)
    network.close()
    founding = network.founding
    known = founding.config("GS").path("data") / "broker-users.json"
    fields = msgspec.json.decode(known.read_bytes())
    known.write_bytes(msgspec.json.encode({name: fields[name] for name in ("users", "revoked")}))
    account = founding._keys["GS"].signer("account")
    for code in CODES:
        holder = Holder(MemberCode(code), founding._keys[code].signer("broker").public, code == "GS")
        with as_before():
            token = member_pass(account, holder, network.now, network.now + timedelta(seconds=PASS_S))
        founding.config(code).path("pass.jwt").write_bytes(token.encode())
        assert not is_right(network, code)
    yield network
    network.close()


def test_passes_of_before_are_replaced_and_then_void_while_the_network_runs(kept: Network) -> None:
    before = {code: pass_of(kept, code) for code in CODES}
    kept.turn(10)
    for code in CODES:
        kept.start(code)
    assert not any(is_right(kept, code) for code in ("LT", "FR"))
    for _ in range(4):
        kept.turn(1)
    assert all(is_right(kept, code) for code in CODES)
    for code in CODES:
        user, now = before[code].user, pass_of(kept, code)
        assert before[code].issued_at.timestamp() <= revoked(kept)[user] < now.issued_at.timestamp(), code


def test_a_pass_of_before_is_void_when_its_member_has_taken_another_and_not_sooner(kept: Network) -> None:
    user = pass_of(kept, "LT").user
    kept.turn(10)
    kept.start("GS")
    kept.turn(1)
    kept.start("FR")
    for _ in range(4):
        kept.turn(1)
    assert user not in revoked(kept)
    kept.start("LT")
    kept.settle(1)
    assert user not in revoked(kept)
    for _ in range(3):
        kept.turn(1)
    assert user in revoked(kept)


def test_passes_of_before_are_void_for_everybody_a_day_later(kept: Network) -> None:
    """Whoever wants to keep the old permissions asks for no other pass."""
    kept.turn(10)
    kept.start("GS")
    kept.start("FR")
    for _ in range(4):
        kept.turn(1)
    kept.turn(PASS_GRACE_S - 60)
    assert "*" not in revoked(kept)
    kept.turn(120)
    assert pass_of(kept, "LT").issued_at.timestamp() <= revoked(kept)["*"] < pass_of(kept, "FR").issued_at.timestamp()


def test_whoever_greets_before_the_secretariat_is_up_greets_again_at_once(kept: Network) -> None:
    for code in ("LT", "FR"):
        kept.start(code)
    kept.turn(1)
    kept.start("GS")
    kept.turn(6)
    kept.turn(1)
    assert [is_right(kept, code) for code in CODES] == [True] * 3


def test_a_greeting_to_a_secretariat_that_is_not_ready_comes_again_in_seconds(kept: Network) -> None:
    kept.start("GS", locked=True)
    kept.start("LT")
    for _ in range(3):
        kept.turn(1)
    assert not is_right(kept, "LT")
    kept.nodes["GS"].unlock(kept.founding.passphrases["GS"])
    kept.turn(6)
    kept.turn(1)
    assert is_right(kept, "LT")


def test_a_node_without_a_directory_says_later_and_calls_nobody_untrusted(simulated: Network) -> None:
    greeting = Greeting(1, MemberCode("LT"), MemberCode("GS"), simulated.now, None)
    frame = sign_body(greeting, signer_of(simulated, "LT")).encode()
    simulated.nodes["GS"].knowledge._follower.held = None
    assert put(simulated, "LT", frame) == LATER


def test_in_a_new_network_nothing_is_replaced_and_nobody_is_revoked(simulated: Network) -> None:
    before = {code: pass_of(simulated, code).token for code in CODES}
    for _ in range(5):
        simulated.turn(PASS_GRACE_S / 2)
    assert {code: pass_of(simulated, code).token for code in CODES} == before
    assert revoked(simulated) == {}


def test_passes_are_renewed_a_month_before_they_end(simulated: Network) -> None:
    before = {code: pass_of(simulated, code) for code in CODES}
    simulated.turn(PASS_S - PASS_RENEW_S - DAY_S)
    assert {code: pass_of(simulated, code) for code in CODES} == before
    for _ in range(4):
        simulated.turn(DAY_S)
    for code in CODES:
        assert pass_of(simulated, code).expires_at > before[code].expires_at + timedelta(days=50), code
        assert is_right(simulated, code)
    assert revoked(simulated) == {}, "they permit the same"


def test_the_online_roles_are_renewed_by_themselves_for_as_long_as_the_node_runs(simulated: Network) -> None:
    for _ in range(20):
        simulated.turn(9 * DAY_S)
        simulated.turn(1)
    for code in ("GS", "LT"):
        directory = simulated.nodes[code].directory()
        assert directory.judge(simulated.now).value == "fresh", code
        assert directory.expires_at > simulated.now


def test_a_pass_is_given_to_its_own_member_for_its_own_key_only(kept: Network) -> None:
    kept.turn(10)
    for code in CODES:
        kept.start(code)
    held = pass_of(kept, "LT").held()
    greeting = Greeting(1, MemberCode("LT"), MemberCode("GS"), kept.now, held)
    assert put(kept, "FR", sign_body(greeting, signer_of(kept, "FR")).encode()).startswith(b"comity/1 complaint ")
    given = parse_pass(put(kept, "LT", sign_body(greeting, signer_of(kept, "LT")).encode()))
    assert (given.user, given.permits) == (
        pass_of(kept, "LT").user, right_permits(MemberCode("LT"), is_secretariat=False)
    )  # fmt: skip


ACCOUNT, OTHER, USER, FOREIGN = (Ed25519Signer(bytes([number]) * 32) for number in (2, 3, 4, 5))


def test_a_node_takes_no_pass_but_a_newer_one_for_itself(simulated: Network, tmp_path: Path) -> None:
    now, lt = simulated.now, MemberCode("LT")
    place = tmp_path / "pass.jwt"
    passes = PassFile(place, lt, USER.public, is_secretariat=False)

    def give(
        account: Ed25519Signer = ACCOUNT, user: Ed25519Signer = USER, after_s: float = 60.0, **changed: Any
    ) -> bytes:
        at = now + timedelta(seconds=after_s)
        holder = Holder(changed.get("member", lt), user.public, changed.get("is_secretariat", False))
        return member_pass(account, holder, at, at + timedelta(days=changed.get("days", 90))).encode()

    place.write_bytes(give(after_s=0))
    with as_before():
        permissive = give()
    wrong = {
        "another issuer": give(account=OTHER),
        "another's key": give(user=FOREIGN),
        "another's name": give(member=MemberCode("FR")),
        "the secretariat's permissions": give(is_secretariat=True),
        "permissions of before": permissive,
        "older": give(after_s=-60),
        "shorter": give(days=30),
        "the same": place.read_bytes(),
        "altered": give()[:-4] + b"AAAA",
    }
    for why, token in wrong.items():
        with pytest.raises(UntrustedError):
            passes.verify(token)
        assert why
    held = place.read_bytes()
    passes.take(give())
    assert place.read_bytes() != held


@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode() + b".e30.e30"))
def test_what_is_no_pass_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(ComityError):
        parse_pass(data)
