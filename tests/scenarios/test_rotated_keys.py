"""Keys that are replaced: what was sealed to the one before opens while it is held; what it signs counts no more."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from comity.enrolment import describe_own
from comity.errors import UntrustedError
from comity.evidence import judge
from comity.exchange.message import EXPIRY
from comity.ids import MemberCode
from comity.members.ceremony import describe_member
from comity.members.keys import (
    add_sealing_key,
    destroy_sealing_keys,
    fingerprint,
    open_keys,
    parse_keys,
    replace_key,
    seal_keys,
)
from comity.members.succession import Succession, no_succession
from comity.peer.exporting import directory_of
from comity.peer.repository import write_durably
from comity.signer import Ed25519Signer, key_id
from comity.testing import Network
from tests.exchange.envelopes import forged, names_at, public_keys, receipt_of
from tests.peer.frames import COMPLAINT, put
from tests.scenarios.desks import QUIET_S, Desk, assert_true, receipts


class Ceremony(Network):
    """A network whose bureaus' delegation keys are not locked away: what entropy gave is remembered."""

    def __init__(self, folder: Path) -> None:
        self._given: list[bytes] = []
        super().__init__(folder, members=("LT", "FR", "BR"))

    def entropy(self, count: int) -> bytes:
        given = super().entropy(count)
        self._given.append(given)
        return given

    def delegation(self, code: str) -> Ed25519Signer:
        listing = self.nodes["GS"].directory().find_member(MemberCode(code))
        assert listing is not None
        signers = (Ed25519Signer(given) for given in self._given if len(given) == 32)
        return next(signer for signer in signers if fingerprint(signer.public) == listing.member.delegation)

    def key_path(self, code: str) -> Path:
        config = self.founding.config(code)
        return config.path(config.keys)

    def speak(self, code: str, former: tuple[bytes, ...] = (), succession: Succession | None = None) -> None:
        """The bureau says which keys it has now, and the secretariat publishes it."""
        keys = open_keys(parse_keys(self.key_path(code).read_bytes()), self.founding.passphrases[code])
        known = self.nodes["GS"].directory().roles[f"member-{code}"].version
        bureau = describe_own(self.founding.network, MemberCode(code), keys, "+33 4 0000 0000", former=former)
        draft = describe_member(bureau, known + 1, self.delegation(code), self.now, succession)
        olga = self.officer("GS", "olga", "duty")
        assert self.nodes["GS"].measures.publish(olga, draft.encode()).verdict.is_allowed
        self.settle(3)

    def rotate(self, code: str) -> None:
        """As ``comity member rotate`` and ``comity node unlock`` do."""
        path, passphrase = self.key_path(code), self.founding.passphrases[code]
        write_durably(path, add_sealing_key(parse_keys(path.read_bytes()), passphrase, self.entropy))
        self.nodes[code].unlock(passphrase)

    def rotate_signing(self, code: str) -> tuple[bytes, Succession]:
        """As ``comity member rotate --signing`` and a new start do; the key before, and its word for the next."""
        path, passphrase = self.key_path(code), self.founding.passphrases[code]
        held = parse_keys(path.read_bytes())
        former = open_keys(held, passphrase).signer("signing")
        changed = replace_key(held, passphrase, "signing", self.entropy)
        following = parse_keys(changed).public_key("signing")
        self.stop(code)
        write_durably(path, changed)
        self.start(code)
        shown = no_succession(self.founding.network, MemberCode(code)).followed_by(former, following)
        return former.public, shown

    def destroy(self, code: str) -> None:
        """As ``comity member destroy`` and a new start do."""
        path, passphrase = self.key_path(code), self.founding.passphrases[code]
        write_durably(path, destroy_sealing_keys(parse_keys(path.read_bytes()), passphrase, self.entropy))
        self.stop(code)
        self.start(code)


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Ceremony]:
    found = Ceremony(tmp_path)
    yield found
    found.close()


@pytest.fixture
def lt(network: Network) -> Desk:
    return Desk(network, "LT")


@pytest.fixture
def fr(network: Network) -> Desk:
    return Desk(network, "FR")


def present(network: Network, code: str) -> str:
    return key_id(public_keys(network, code)[code])


def test_what_was_sealed_to_the_key_before_opens_while_that_key_is_held(network: Ceremony, lt: Desk, fr: Desk) -> None:
    before = present(network, "FR")
    network.cut("FR")
    waiting = lt.send("FR", text="To the key before.")
    network.settle(3)
    network.mend("FR")
    network.cut("LT")
    network.meddle = lambda sender, to, data: None if (sender, to) == ("GS", "FR") else data
    network.rotate("FR")
    network.speak("FR")
    network.meddle = lambda _from, _to, data: data
    assert present(network, "FR") != before
    network.turn(QUIET_S)
    network.mend("LT")
    network.turn(QUIET_S)
    after = lt.send("FR", text="To the present key.")
    network.settle()
    assert fr.inbox() == [waiting, after]
    keys = [opened.message.head.recipients[0].key for name in (waiting, after) for opened in fr.open(name)]
    assert keys == [before, present(network, "FR")]
    assert_true(network, "LT", "FR")


def test_what_is_sealed_to_a_destroyed_key_is_refused_and_its_sender_knows(
    network: Ceremony, lt: Desk, fr: Desk
) -> None:
    read = lt.send("FR", text="Read before.")
    network.settle()
    network.stop("FR")
    lost = lt.send("FR", text="Sealed to what is destroyed.")
    network.start("FR", locked=True)
    network.rotate("FR")
    network.destroy("FR")
    network.turn(QUIET_S)
    assert lt.states(lost) == {"FR": "refused"}
    assert [(each.step, each.rules) for each in receipts(network, "LT", lost)][-1] == ("refused", ("CTY-4.4",))
    assert [each.text.text for each in fr.open(read)] == ["Read before."], "kept under another key since it came"
    again = lt.send("FR", text="Still to the destroyed one, until FR speaks.")
    network.settle()
    assert lt.states(again) == {"FR": "refused"}
    network.speak("FR")
    good = lt.send("FR", text="To the present key.")
    network.settle()
    assert fr.inbox() == [read, good]
    assert_true(network, "LT", "FR")


def test_messages_in_the_air_while_a_key_is_replaced_all_arrive(network: Ceremony, lt: Desk, fr: Desk) -> None:
    """The node takes the new key up before the directory names it: no message meets a node that lacks its key."""
    names = [lt.send("FR")]
    network.rotate("FR")
    names.append(lt.send("FR"))
    network.settle()
    network.speak("FR")
    names.append(lt.send("FR"))
    network.settle()
    assert fr.inbox() == names
    network.turn(EXPIRY.total_seconds())
    network.destroy("FR")
    names.append(lt.send("FR"))
    network.turn(QUIET_S)
    assert fr.inbox() == names
    assert [lt.states(name)["FR"] for name in names] == ["delivered"] * 4


def test_an_envelope_signed_with_a_key_that_was_replaced_gets_no_receipt(network: Ceremony) -> None:
    """LT's former signing key is in other hands; the directory names another one now."""
    stolen = forged(network, "FR")
    old = network.nodes["LT"].keyring.find_keys()
    assert old is not None
    path, passphrase = network.key_path("LT"), network.founding.passphrases["LT"]
    names = parse_keys(path.read_bytes()).names
    seeds = {name: old.seed(name) for name in names} | {"signing": network.entropy(32)}
    network.stop("LT")
    write_durably(path, seal_keys(seeds, passphrase, network.entropy, profile="test"))
    network.start("LT")
    network.speak("LT")
    for to, line in (("FR", "LT"), ("FR", "XX"), ("GS", "LT")):
        assert put(network, line, stolen["FR"], to=to) == COMPLAINT + b"untrusted"
    assert names_at(network, "FR") == []
    assert receipt_of(network, forged(network, "FR")["FR"]).step == "delivered"


def test_what_a_replaced_key_signed_verifies_everywhere_whatever_another_claims(
    network: Ceremony, lt: Desk, fr: Desk
) -> None:
    name = fr.send("LT", text="Signed with the key before.")
    network.settle()
    lt.open(name)
    former, succession = network.rotate_signing("FR")
    network.speak("FR", (former,), succession)
    with pytest.raises(UntrustedError, match="a key that FR uses"):
        network.speak("BR", (former,))
    for code in ("LT", "GS"):
        directory = network.nodes[code].directory()
        assert directory.find_former_key(key_id(former)) == ("FR", former)
        assert directory.find_signing_key(key_id(former), network.now) is None
    node = network.nodes["LT"]
    exported = node.messages.export(lt.session(), name)
    shown, receipts = exported.messages, exported.receipts
    file = msgspec.structs.replace(node.evidence.empty(), messages=shown, frames=receipts)
    assert [each.text for each in judge(file, directory_of(file)) if not each.holds] == []
    assert_true(network, "LT", "FR")
