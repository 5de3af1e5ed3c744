"""The whole of one record: shown with its source's signature, or not at all."""

from collections.abc import Callable, Iterator

import msgspec
import pytest

from comity.act import Session
from comity.exchange.signed import parse_body, sign_body
from comity.peer.asking import Read
from comity.peer.entering import EntryForm
from comity.registers.detail import Shown
from comity.registers.question import Detail
from comity.signer import parse_frame
from comity.testing import DOCUMENTS, Network
from tests.peer.frames import signer_of


@pytest.fixture(scope="module")
def network(founded: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    found = Network(tmp_path_factory.mktemp("detail"), like=founded)
    yield found
    found.close()


@pytest.fixture(scope="module")
def ruta(network: Network) -> Session:
    return network.officer("LT", "ruta", "inspector")


@pytest.fixture(scope="module")
def records(network: Network, ruta: Session) -> dict[str, str]:
    """One record a confidentiality level, by level."""
    claire = network.officer("FR", "claire", "registrar")
    found = {}
    for index, level in enumerate(("official-use", "confidential")):
        number = f"19AC4567{index}"
        fields = {"number": number, "country": "FRA", "type": "passport", "loss": "stolen"}
        form = EntryForm(register=DOCUMENTS, records=[fields], is_lawful=True, handling=level)
        network.nodes["FR"].records.enter(claire, form)
        network.settle()
        found[level] = network.check(ruta, number, "FRA").registers[0].hits[0].record
    return found


def read(network: Network, session: Session, record: str) -> Read:
    return network.nodes["LT"].asker.read(session, record, purpose="border-control", reference="")


def read_past(network: Network, session: Session, record: str, forge: Callable[[Detail], Detail]) -> Shown:
    """What comes of reading when the keeper signs something else than what its node said."""

    def meddle(sender: str, _to: str, data: bytes) -> bytes:
        if sender != "GS":
            return data
        forged = forge(parse_body(parse_frame(data, "shown"), Detail))
        return sign_body(forged, signer_of(network, "GS")).encode()

    network.meddle = meddle
    shown = read(network, session, record).shown
    network.meddle = lambda _from, _to, data: data
    assert shown is not None
    return shown


def test_an_officer_reads_the_record_that_the_source_signed(
    network: Network, ruta: Session, records: dict[str, str]
) -> None:
    shown = read(network, ruta, records["official-use"]).shown
    assert shown is not None
    assert shown.record is not None
    assert (shown.record.source, shown.record.fields["number"]) == ("FR", "19AC45670")


def test_an_officer_without_the_level_does_not_see_the_record(
    network: Network, ruta: Session, records: dict[str, str]
) -> None:
    got = read(network, ruta, records["confidential"])
    assert (got.verdict.outcome, got.verdict.rules) == ("refused", ("RPD-107.2",))
    assert got.shown is None
    registrar = network.officer("LT", "jonas", "registrar")
    got = read(network, registrar, records["confidential"])
    assert got.shown is not None


def test_an_auditor_reads_no_records(network: Network, records: dict[str, str]) -> None:
    auditor = network.officer("LT", "ona", "auditor")
    got = read(network, auditor, records["official-use"])
    assert (got.verdict.outcome, got.verdict.rules) == ("refused", ("RPD-21.1",))
    assert got.shown is None


@pytest.mark.parametrize("part", ["record", "salt", "offset", "head"])
def test_a_record_that_the_keeper_altered_is_not_shown(
    network: Network, ruta: Session, records: dict[str, str], part: str
) -> None:
    """The keeper signs its answer properly, and the source's statement in it is not the source's."""

    def forge(detail: Detail) -> Detail:
        assert detail.evidence is not None
        value = getattr(detail.evidence, part)
        changes: dict[str, Callable[[], object]] = {
            "record": lambda: value.replace(b'"hold"', b'"seize"'),
            "salt": lambda: bytes(32),
            "offset": lambda: value + 1,
            "head": lambda: value.replace(b'"source":"FR"', b'"source":"LT"'),
        }
        evidence = msgspec.structs.replace(detail.evidence, **{part: changes[part]()})
        return msgspec.structs.replace(detail, evidence=evidence)

    shown = read_past(network, ruta, records["official-use"], forge)
    assert (shown.record, shown.detail, shown.why) == (None, None, "source-untrusted")


def test_another_record_than_the_one_asked_for_is_not_shown(
    network: Network, ruta: Session, records: dict[str, str]
) -> None:
    other = network.nodes["GS"]._shelves.get_evidence(records["confidential"])  # type: ignore[arg-type]
    shown = read_past(
        network, ruta, records["official-use"], lambda detail: msgspec.structs.replace(detail, evidence=other)
    )
    assert (shown.record, shown.why) == (None, "source-untrusted")


def test_a_record_that_has_expired_is_not_there(network: Network, ruta: Session) -> None:
    claire = network.officer("FR", "aude", "registrar")
    fields = {"number": "19AC40009", "country": "FRA", "type": "passport", "loss": "stolen"}
    form = EntryForm(register=DOCUMENTS, records=[fields], is_lawful=True, expires_on="2026-11-24")
    network.nodes["FR"].records.enter(claire, form)
    network.settle()
    record = network.check(ruta, "19AC40009", "FRA").registers[0].hits[0].record
    now, network.now = network.now, network.now.replace(day=25)
    ruta = network.officer("LT", "rasa", "inspector")
    network.settle()
    assert network.check(ruta, "19AC40009", "FRA").registers[0].answer == "nothing"
    shown = read(network, ruta, record).shown
    assert shown is not None
    assert (shown.record, shown.why) == (None, "")
    network.now = now


@pytest.mark.parametrize("is_gone", [True, False], ids=["gone", "changed"])
def test_whoever_a_record_is_hidden_from_hears_the_same_of_it_and_of_none_while_its_file_is_damaged(
    simulated: Network, *, is_gone: bool
) -> None:
    """The others hear that there is no answer: it is no "nothing" for them."""
    network = simulated
    claire, ruta = network.officer("FR", "aude", "registrar"), network.officer("LT", "ruta", "inspector")
    batch = network.enter(claire, "19AC40077", audience="all but XX").batch
    assert batch is not None
    xena = network.officer("XX", "xena", "inspector")

    def said(session: Session, record: str, at: str = "XX") -> tuple[str, str]:
        shown = network.nodes[at].asker.read(session, record, purpose="warn", reference="").shown
        assert shown is not None
        return shown.why, shown.detail.answer if shown.detail else ""

    names = [f"{batch}.0", f"{batch}.1", "1" * 64 + ".0"]
    before = [said(xena, name) for name in names]
    path = network.founding.folder / "GS/data/batches" / batch[:2] / f"{batch}.batch"
    data = path.read_bytes()
    path.unlink()
    if not is_gone:
        place = data.index(b"19AC40077")
        path.write_bytes(data[:place] + b"X" + data[place + 1 :])
    assert [said(xena, name) for name in names] == before == [("", "nothing")] * 3
    why, answer = said(ruta, names[0], "LT")
    assert (why != "", answer) == (True, "")
    assert [said(xena, name) for name in names] == before
