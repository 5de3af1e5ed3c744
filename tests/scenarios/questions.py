"""Each kind of question that nodes put to one another, put by its people and kept, to be put again in another way."""

from collections.abc import Iterable

from comity.act import Session
from comity.members.reads import ReadsList
from comity.members.roles import READS_PATH
from comity.parsing import decode_own
from comity.peer.blobs import CHUNK
from comity.testing import Network
from tests.scenarios.desks import QUIET_S, Desk
from tests.scenarios.test_consignments import consign

NUMBER = "19AC45678"


class Questions:
    """The last question of each kind that a member but XX put to another: how the kind begins, asker, asked."""

    def __init__(self, network: Network) -> None:
        self.kept: dict[tuple[bytes, str, str], bytes] = {}
        self.kinds = (*network.nodes["GS"]._line._answer._kinds, CHUNK)  # type: ignore[attr-defined]
        network.slip_in = self._note

    def note_statement(self, network: Network, of: str) -> None:
        """What a member said that its node reads: it went over the line once, when the network was founded."""
        said = decode_own(network.nodes["GS"].directory().files[READS_PATH], ReadsList).statements
        codes = sorted(network.nodes)
        self.kept[b"comity/1 reads ", of, "GS"] = said[codes.index(of)]

    def _note(self, asker: str, to: str, question: bytes) -> Iterable[bytes]:
        for begins in self.kinds:
            if question.startswith(begins) and asker != "XX":
                self.kept[begins, asker, to] = question
        return ()


def put_every_question(network: Network, claire: Session, ruta: Session) -> None:
    """Let FR enter and be hit, LT write to it while it is away, hear of that while away, and the keeper lose a file."""
    batch = network.enter(claire, NUMBER).batch
    assert batch is not None
    consign(network, "19AC00001")
    network.settle(4)
    network.check(ruta, NUMBER, "FRA")
    network.nodes["LT"].asker.read(ruta, f"{batch}.0", purpose="border-control", reference="")
    desk = Desk(network, "LT")
    name = desk.send("FR", attachments=(desk.attach(bytes(500)),))
    network.settle(4)
    Desk(network, "FR").open(name)
    network.cut("FR")
    name = desk.send("FR")
    network.settle(3)
    network.mend("FR")
    network.settle(3)
    network.cut("LT")
    Desk(network, "FR").open(name)
    network.settle(3)
    network.mend("LT")
    network.settle(3)
    (network.founding.config("GS").path("data") / "batches" / batch[:2] / f"{batch}.batch").unlink()
    network.stop("GS")
    network.start("GS")
    network.turn(QUIET_S)
    for _ in range(3):
        network.turn(61)
