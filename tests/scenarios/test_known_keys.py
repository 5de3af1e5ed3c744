"""Under which keys a node has known each member: nothing on the disk that changes, and nobody who leaves, undoes it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from comity.enrolment import describe_own
from comity.errors import UntrustedError
from comity.ids import MemberCode, RegisterName
from comity.members.ceremony import describe_member
from comity.members.keys import Keys, open_keys, parse_keys
from comity.signer import key_id
from comity.store.members import known_key
from comity.testing import Network
from tests.scenarios.desks import Desk
from tests.scenarios.test_damage import flip_file, look_after, problems
from tests.scenarios.test_files import enter, lines
from tests.scenarios.test_leaving import remove
from tests.scenarios.test_members_gone import batch_with
from tests.scenarios.test_rotated_keys import Ceremony

FR, LT = MemberCode("FR"), MemberCode("LT")
ASKED = {
    RegisterName("persons"): {"name": "Nobody Here"},
    RegisterName("travel-documents"): {"number": "ZZ1", "country": "FRA"},
    RegisterName("vehicles"): {"engine": "ZZ9999"},
}


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Ceremony]:
    """FR has entered by hand and by a file, and written to BR, which has entered one record."""
    found = Ceremony(tmp_path)
    claire = found.officer("FR", "claire", "registrar")
    enter(found, claire, lines(5))
    found.enter(claire, "19AC45678")
    found.enter(found.officer("BR", "lucas", "registrar"), "77BR11111", at="BR", country="BRA")
    Desk(found, "FR").send("BR", "LT")
    found.settle(4)
    yield found
    found.close()


def lose_key(network: Ceremony, *, is_named: bool = True) -> bytes:
    """FR has lost its signing key: no link shows which it was; it is named as former, or not even that."""
    former, _shown = network.rotate_signing("FR")
    network.speak("FR", former=(former,) if is_named else ())
    network.settle(4)
    return former


def kept(network: Network, code: str = "GS") -> Path:
    return network.founding.config(code).path("data") / "directory"


def misses(network: Network, at: str = "BR") -> set[str]:
    """What an officer hears who asks every register for what nobody has entered."""
    node, officer = network.nodes[at], network.officer(at, "bruno", "inspector")
    purpose = next(each.code for each in node.knowledge.rulebook().wording.purposes if each.reference == "shift")
    return {each.answer for each in node.asker.check(officer, ASKED, purpose=purpose, reference="").registers}


def verify_sound(network: Network, where: str = "") -> None:
    """Everything was looked at, mended and looked at again: nothing is damaged, and a miss is "nothing"."""
    look_after(network)
    look_after(network)
    for code in network.nodes:
        assert problems(network, code) == {}, (where, code)
    assert misses(network) == {"nothing"}, where


def restart(network: Network, code: str = "GS") -> None:
    network.stop(code)
    network.start(code)
    network.settle(4)


def flip_at(share: float) -> Callable[[Path], None]:
    return lambda path: flip_file(path, int((path.stat().st_size - 1) * share))


def files_of(network: Network) -> list[Path]:
    return sorted(each for each in kept(network).rglob("*") if each.is_file())


def verify_remembers(network: Network, where: str) -> None:
    look_after(network)
    found = problems(network, "GS")
    assert not found.keys() - {"damaged-directory", "damaged-root"}, (where, found)
    assert misses(network) == {"nothing"}, where


DAMAGES = {"first": flip_at(0), "middle": flip_at(0.5), "last": flip_at(1), "gone": Path.unlink}


@pytest.mark.parametrize("spoil", DAMAGES.values(), ids=DAMAGES)
def test_no_file_of_the_kept_directory_has_the_only_memory_of_keys(
    network: Ceremony, spoil: Callable[[Path], None]
) -> None:
    lose_key(network)
    for code in ("FR", "LT"):
        network.stop(code)
    for path in files_of(network):
        spoil(path)
        verify_remembers(network, f"{path.name} while it runs")
    restart(network)
    for path in (each for each in files_of(network) if each.parent == kept(network)):
        network.stop("GS")
        spoil(path)
        network.start("GS")
        network.settle(4)
        verify_remembers(network, f"{path.name} before a start")
    network.start("FR")
    network.start("LT")
    verify_sound(network)


def test_nor_has_any_where_the_key_is_named_no_more(network: Ceremony) -> None:
    lose_key(network, is_named=False)
    for name in ("cache/member-FR.json", "cache/member-BR.json", "directory.json"):
        flip_file(kept(network) / name, 300)
        restart(network)
        verify_sound(network, name)


def test_what_was_known_is_neither_lost_nor_anothers_by_any_byte_of_it_in_the_stored_directory(
    network: Ceremony,
) -> None:
    lose_key(network)
    stored = kept(network) / "directory.json"
    good = stored.read_bytes()
    start, known = good.index(b'"known":'), dict(network.nodes["GS"].directory().known)
    for at in (*range(start, start + 110, 9), good.index(b'"FR":[', start) + 1, good.index(b'"FR":[', start) + 2):
        network.stop("GS")
        stored.write_bytes(good)
        flip_file(stored, at)
        network.start("GS")
        network.settle(2)
        assert dict(network.nodes["GS"].directory().known) == known, at
    verify_sound(network)


ROWS = {
    "key": update(known_key).values(key=b"\x01" * 32),
    "member": update(known_key).values(member="ZZ"),
    "another's": update(known_key).values(member="LT"),
    "form": update(known_key).values(key=b"\x01"),
    "gone": delete(known_key),
}


@pytest.mark.parametrize("change", ROWS.values(), ids=ROWS)
def test_what_the_database_remembers_of_keys_is_put_back_and_then_outlives_the_stored_directory(
    network: Ceremony, change: object
) -> None:
    former = lose_key(network)
    network.nodes["GS"]._store.write_rows(lambda connection: connection.execute(change))  # type: ignore[call-overload]
    verify_sound(network)
    network.stop("GS")
    (kept(network) / "directory.json").unlink()
    network.start("GS")
    network.settle(4)
    assert former.hex() in network.nodes["GS"].directory().known[FR]
    verify_sound(network)


def test_a_directory_of_a_newer_version_is_acquired_again_and_no_key_is_forgotten(network: Ceremony) -> None:
    lose_key(network)
    network.stop("GS")
    stored = kept(network) / "directory.json"
    stored.write_bytes(stored.read_bytes().replace(b'"v":1', b'"v":9', 1))
    network.start("GS")
    network.settle(4)
    verify_sound(network)


@pytest.mark.parametrize("code", ["BR", "LT"])
def test_at_a_bureau_no_message_looks_changed_by_a_byte_of_its_directory(network: Ceremony, code: str) -> None:
    lose_key(network)
    for name in ("cache/member-FR.json", "cache/member-BR.json", "directory.json"):
        flip_file(kept(network, code) / name, 300)
        verify_sound(network, name)
    network.stop(code)
    (kept(network, code) / "directory.json").unlink()
    network.start(code)
    verify_sound(network)


def test_a_file_of_records_under_a_key_that_nobody_knows_is_whole_where_the_ledger_names_its_bytes(
    network: Ceremony,
) -> None:
    """All that remembered the key is lost at once: what an act has named by its hash is not called changed for that."""
    lose_key(network, is_named=False)
    network.stop("GS")
    (kept(network) / "directory.json").unlink()
    network.start("GS")
    forget(network)
    look_after(network)
    look_after(network)
    assert "damaged-file" not in problems(network, "GS")
    assert "damaged-catalogue" not in problems(network, "GS")
    assert misses(network) == {"nothing"}


def forget(network: Network) -> None:
    """The keeper knows each member by its present key alone."""
    node = network.nodes["GS"]
    node._store.write_rows(lambda connection: connection.execute(delete(known_key)))
    follower = node.knowledge._follower
    follower.held, follower.known = None, {}
    node.knowledge.read_anew()
    node.knowledge.go_round()


# Keys of members that have left


def keys_of(network: Ceremony, code: str) -> Keys:
    return open_keys(parse_keys(network.key_path(code).read_bytes()), network.founding.passphrases[code])


def take(network: Ceremony, of: Keys, code: str = "LT", former: tuple[bytes, ...] = ()) -> None:
    """``code`` states that the signing key ``of`` somebody else is its own, or was."""
    own = keys_of(network, code)
    seeds = {name: own.seed(name) for name in parse_keys(network.key_path(code).read_bytes()).names}
    keys = Keys(seeds if former else seeds | {"signing": of.seed("signing")})
    version = network.nodes["GS"].directory().roles[f"member-{code}"].version
    bureau = describe_own(network.founding.network, MemberCode(code), keys, "+370", former=former)
    draft = describe_member(bureau, version + 1, network.delegation(code), network.now, None)
    olga = network.officer("GS", "olga", "duty")
    network.nodes["GS"].measures.publish(olga, draft.encode())
    network.settle(4)


def test_a_key_of_a_member_that_left_is_published_as_nobody_elses(network: Ceremony) -> None:
    fr = keys_of(network, "FR")
    remove(network)
    network.settle(4)
    with pytest.raises(UntrustedError, match="a key that FR uses"):
        take(network, fr)
    with pytest.raises(UntrustedError, match="a key that FR uses"):
        take(network, fr, former=(fr.signer("signing").public,))
    restart(network)
    with pytest.raises(UntrustedError, match="a key that FR uses"):
        take(network, fr)
    verify_sound(network)


def publishes_all(network: Network) -> None:
    """A secretariat whose program looks at present members' keys only, as all did once."""
    publisher = network.nodes["GS"].knowledge._publisher
    assert publisher is not None
    publisher._known = dict


def test_what_serves_in_a_faulty_statements_place_serves_on_where_the_cache_was_changed(network: Ceremony) -> None:
    """Else one byte makes a member absent whose newest statement was not taken."""
    fr, before = keys_of(network, "FR"), network.nodes["GS"].directory().listings[LT].bureau
    remove(network)
    network.settle(4)
    publishes_all(network)
    take(network, fr)
    flip_file(kept(network) / "cache" / "member-BR.json", 300)
    verify_sound(network)
    found = network.nodes["GS"].directory().listings[LT]
    assert found.fault
    assert found.bureau == before is not None


@pytest.mark.parametrize("is_lost", [False, True], ids=["held", "stored directory lost"])
def test_where_it_is_published_no_node_takes_it_and_nothing_of_who_left_looks_changed(
    network: Ceremony, *, is_lost: bool
) -> None:
    fr = keys_of(network, "FR")
    remove(network)
    network.settle(4)
    if is_lost:
        network.stop("GS")
        (kept(network) / "directory.json").unlink()
        network.start("GS")
        network.settle(2)
    publishes_all(network)
    take(network, fr)
    for code in ("GS", "BR", "LT"):
        held = network.nodes[code].directory()
        assert "a key that FR uses" in held.faults[LT]
        assert held.find_signing_key(key_id(fr.signer("signing").public), network.now) is None
    verify_sound(network)
    restart(network)
    verify_sound(network)
    remove(network, LT)
    network.settle(4)
    restart(network)
    verify_sound(network)


def test_one_key_that_was_held_of_two_members_makes_neithers_things_look_changed(
    network: Ceremony, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network where it happened before nodes looked at the keys of those that left; LT goes on with what it has."""
    fr = keys_of(network, "FR")
    remove(network)
    network.settle(4)
    with monkeypatch.context() as patched:
        patched.setattr("comity.members.listing.uses_of_others", lambda *_given: iter(()))
        publishes_all(network)
        take(network, fr)
    found = network.nodes["BR"].directory()
    assert found.faults == {}
    raw = fr.signer("signing").public
    assert [found.find_held_key(code, key_id(raw)) for code in (FR, LT)] == [raw, raw]
    verify_sound(network)
    for code in tuple(network.nodes):
        restart(network, code)
    network.nodes["BR"].knowledge.read_anew()
    network.settle(4)
    assert network.nodes["BR"].directory().faults == {}, "what stood stays"
    verify_sound(network)
    remove(network, LT)
    network.settle(4)
    verify_sound(network)


def test_more_keys_than_a_statement_names_are_remembered_and_a_changed_byte_is_found(network: Ceremony) -> None:
    for _time in range(20):
        network.rotate_signing("FR")
        network.speak("FR")
    network.settle(4)
    verify_sound(network)
    network.stop("FR")
    path = batch_with(network, "GS", b"19AC45678")
    flip_file(path, path.read_bytes().index(b'"entered_at"') + 20)
    look_after(network)
    assert "damaged-batch" in problems(network, "GS")
