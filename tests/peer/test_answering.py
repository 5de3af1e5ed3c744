"""What arrives at a keeper: refused on the record, or complained about, and never in the way of what follows."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comity.exchange.receipt import Receipt
from comity.exchange.signed import parse_body
from comity.ids import MemberCode
from comity.limits import FRAME_BYTES
from comity.peer.line import NoAnswer
from comity.registers.question import DetailQuestion, Question
from comity.rules.catalogue import KINDS
from comity.signer import Ed25519Signer, parse_frame, sign_frame
from comity.testing import Network
from tests.peer.frames import (
    COMPLAINT,
    altered,
    frame_of,
    frame_of_json,
    make_detail,
    make_own_batch,
    make_question,
    open_answer,
    open_detail,
    put,
    resigned,
)

STRANGER = Ed25519Signer(b"\x77" * 32)


@pytest.fixture
def network(simulated: Network) -> Network:
    return simulated


@pytest.fixture(scope="module")
def asked(founded: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """One network for everything that may not change anything at its keeper."""
    network = Network(tmp_path_factory.mktemp("asked"), like=founded)
    network.enter(network.officer("FR", "claire", "registrar"), "19AC45678")
    yield network
    network.close()


def refusals(network: Network, kind: str = "query.answer") -> list[tuple[str, tuple[str, ...]]]:
    rows = [row.content for row in network.ledger("GS", kind)]
    return [(row.member, row.rules) for row in rows if row and row.verdict == "refused"]


def assert_still_answers(network: Network) -> None:
    answer = open_answer(put(network, "LT", frame_of(network, make_question(network))))
    assert answer.registers[0].answer == "hit"


def assert_refused(network: Network, line: str, frame: bytes, *rules: str) -> None:
    answer = open_answer(put(network, line, frame))
    assert [each.answer for each in answer.registers] == ["refused"]
    assert not answer.registers[0].hits
    assert set(rules) <= set(answer.rules)
    assert answer.rules in [rules for _, rules in refusals(network)]
    assert_still_answers(network)


def test_a_question_by_an_unknown_key_is_refused(asked: Network) -> None:
    question = make_question(asked)
    frame = sign_frame(STRANGER, "query", msgspec.json.encode(question)).encode()
    assert_refused(asked, "LT", frame, "CTY-1.1")


def test_a_question_that_names_another_asker_than_its_signer_is_refused(asked: Network) -> None:
    assert_refused(asked, "XX", frame_of(asked, make_question(asked, "LT"), signer="XX"), "CTY-1.1")


def test_a_question_under_anothers_signature_on_ones_own_line_is_refused(asked: Network) -> None:
    frame = frame_of(asked, make_question(asked, "LT"))
    assert_refused(asked, "XX", frame, "CTY-1.1")
    assert open_answer(put(asked, "LT", frame)).registers[0].answer == "hit", "the replay did not use up LT's id"


USED_UP: dict[str, Callable[[Network], Question | DetailQuestion]] = {
    "query.answer": make_question, "record.show": lambda network: make_detail(network, "a" * 64 + ".0"),
}  # fmt: skip
"""A question of each kind that is answered once, by which its id is used up."""


def test_each_kind_that_is_answered_once_is_asked_here() -> None:
    assert set(USED_UP) == {kind.name for kind in KINDS.values() if kind.is_answered_once}


@pytest.mark.parametrize("kind", USED_UP)
def test_nobody_uses_up_anothers_id(asked: Network, kind: str) -> None:
    """XX asks under an id that LT is about to use: LT's own question is still new, and only once."""
    question = USED_UP[kind](asked)
    put(asked, "XX", frame_of(asked, msgspec.structs.replace(question, asker=MemberCode("XX"))))
    before = len(refusals(asked, kind))
    put(asked, "LT", frame_of(asked, question))
    assert refusals(asked, kind)[before:] == []
    put(asked, "LT", frame_of(asked, question))
    assert refusals(asked, kind)[before:] == [("LT", ("CTY-1.3",))]


def test_a_question_for_another_keeper_is_refused(asked: Network) -> None:
    assert_refused(asked, "LT", frame_of(asked, make_question(asked, keeper=MemberCode("FR"))), "CTY-1.1")


@pytest.mark.parametrize("seconds", [-86400.0, -121.0, 121.0, 86400.0])
def test_a_question_signed_at_another_time_is_refused(asked: Network, seconds: float) -> None:
    moved = make_question(asked, asked_at=asked.now + timedelta(seconds=seconds))
    assert_refused(asked, "LT", frame_of(asked, moved), "CTY-1.2")


def test_a_question_is_answered_once(asked: Network) -> None:
    frame = frame_of(asked, make_question(asked))
    assert open_answer(put(asked, "LT", frame)).registers[0].answer == "hit"
    assert_refused(asked, "LT", frame, "CTY-1.3")


def test_a_replay_after_the_window_is_too_old(asked: Network) -> None:
    frame = frame_of(asked, make_question(asked))
    put(asked, "LT", frame)
    asked.turn(400)
    assert_refused(asked, "LT", frame, "CTY-1.2")


def test_a_question_without_purpose_is_refused_by_the_keeper_too(asked: Network) -> None:
    """A node that lets its officers ask for nothing meets the rulebook at the keeper."""
    frame = frame_of(asked, make_question(asked, purpose="", reference=""))
    assert_refused(asked, "LT", frame, "RPD-10.1")


def test_an_altered_body_is_refused(asked: Network) -> None:
    frame = frame_of(asked, make_question(asked))
    assert_refused(asked, "LT", altered(frame, b"19AC45678", b"19AC45679"), "CTY-1.1")


def test_nobody_finds_anything_by_altering_a_frame(asked: Network) -> None:
    """XX puts its name, its signature or its key id into LT's frame."""
    frame = frame_of(asked, make_question(asked))
    for forged in (
        altered(frame, b'"asker":"LT"', b'"asker":"XX"'),
        resigned(asked, frame, "XX"),
        resigned(asked, altered(frame, b'"keeper":"GS"', b'"keeper":"XX"'), "XX"),
    ):
        answer = open_answer(put(asked, "XX", forged))
        assert answer.registers[0].answer == "refused"
        assert not answer.registers[0].hits
    assert_still_answers(asked)


COMPLAINTS = {
    b"": "malformed",
    b"\n": "malformed",
    b"garbage": "malformed",
    b"\x00" * 1000: "malformed",
    b"comity/2 query 0123456789abcdef " + b"A" * 86 + b"==\n{}": "malformed",
    b"comity/1 query 0123456789abcdef " + b"A" * 86 + b"==\n{}": "malformed",
    b"comity/1 answer 0123456789abcdef " + b"A" * 86 + b"==\n{}": "malformed",
    b"comity/1 query unsigned\n{}": "malformed",
    b"comity-batch/1\n\x00": "malformed",
    b"comity-batch/1\n\x00" + b"\xff" * 8: "too-large",
    b"comity-batch/9\n\x00" + b"\xff" * 8: "newer",
    b"comity/1 directory \xff": "malformed",
    b"x" * (FRAME_BYTES + 1): "too-large",
    b"x" * 10_000_000: "too-large",
}


@pytest.mark.parametrize(("data", "code"), COMPLAINTS.items(), ids=[repr(data[:24]) for data in COMPLAINTS])
def test_garbage_is_complained_about(asked: Network, data: bytes, code: str) -> None:
    assert put(asked, "LT", data) == COMPLAINT + code.encode()
    assert_still_answers(asked)


LONG = "A" * 10_000_000
BROKEN: dict[str, dict[str, object]] = {
    "unknown version": {"v": 2},
    "unknown field": {"member": "LT"},
    "no id": {"id": ""},
    "another's form of id": {"id": "q-1"},
    "a long id": {"id": LONG},
    "a long officer": {"officer": LONG},
    "a long purpose": {"purpose": "A" * 201},
    "a long reference": {"reference": "A" * 101},
    "a long number": {"terms": {"travel-documents": {"number": LONG, "country": "FRA"}}},
    "a number with a control character": {"terms": {"travel-documents": {"number": "19\x00AC", "country": "FRA"}}},
    "no country": {"terms": {"travel-documents": {"number": "19AC45678"}}},
    "an unknown register": {"terms": {"people": {"name": "x"}}},
    "many registers": {"terms": {f"r{n}": {} for n in range(9)}},
    "a time without zone": {"asked_at": "2026-11-23T14:32:07"},
    "no time": {"asked_at": None},
    "a member that is none": {"asker": 7},
}


@pytest.mark.parametrize("changed", BROKEN.values(), ids=BROKEN)
def test_a_signed_question_that_is_none_is_complained_about(asked: Network, changed: dict[str, object]) -> None:
    body = msgspec.json.encode(msgspec.to_builtins(make_question(asked)) | changed)
    assert put(asked, "LT", frame_of_json(asked, body)).startswith(COMPLAINT)
    assert_still_answers(asked)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_question_from_the_ends_of_time_is_complained_about(asked: Network, at: str) -> None:
    body = msgspec.json.encode(msgspec.to_builtins(make_question(asked)) | {"asked_at": at, "answer_by": at})
    assert put(asked, "LT", frame_of_json(asked, body)).startswith(COMPLAINT)
    assert_still_answers(asked)


def test_a_question_about_no_register_is_refused(asked: Network) -> None:
    answer = open_answer(put(asked, "LT", frame_of(asked, make_question(asked, terms={}))))
    assert answer.rules == ("RPD-127.1",)


@pytest.mark.parametrize("changed", [{"id": "x"}, {"id": LONG[:900_000]}, {"record": "x"}, {"record": ""}, {"v": 2}])
def test_a_signed_question_for_a_record_that_is_none_is_complained_about(
    asked: Network, changed: dict[str, object]
) -> None:
    body = msgspec.json.encode(msgspec.to_builtins(make_detail(asked, "a" * 64 + ".0")) | changed)
    assert put(asked, "LT", frame_of_json(asked, body, context="detail")).startswith(COMPLAINT)
    assert_still_answers(asked)


def test_a_question_for_a_record_is_held_to_the_same_rules(asked: Network) -> None:
    before = len(refusals(asked, "record.show"))
    record = open_answer(put(asked, "LT", frame_of(asked, make_question(asked)))).registers[0].hits[0].record
    good = frame_of(asked, make_detail(asked, record))
    assert open_detail(put(asked, "LT", good)).evidence is not None
    bad = {
        "CTY-1.3": ("LT", good),
        "CTY-1.1": ("XX", frame_of(asked, make_detail(asked, record))),
        "RPD-10.1": ("LT", frame_of(asked, make_detail(asked, record, purpose=""))),
        "RPD-10.2": ("LT", frame_of(asked, make_detail(asked, record, reference=" "))),
    }
    for rule, (line, frame) in bad.items():
        detail = open_detail(put(asked, line, frame))
        assert detail.evidence is None
        assert rule in detail.rules
    assert len(refusals(asked, "record.show")) == before + len(bad)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(st.data())
def test_no_bytes_block_what_follows(asked: Network, data: st.DataObject) -> None:
    """A good frame with a piece cut out, repeated or replaced: always an answer, never a hit for what was not asked."""
    good = data.draw(
        st.sampled_from(
            [frame_of(asked, make_question(asked)), make_own_batch(asked).encode(), b"comity/1 directory x"]
        )
    )
    start = data.draw(st.integers(0, len(good)))
    stop = data.draw(st.integers(start, min(len(good), start + 40)))
    piece = data.draw(st.binary(max_size=40))
    bad = good[:start] + piece + good[stop:]
    reply = put(asked, "LT", bad)
    if bad != good and reply.startswith(b"comity/1 answer"):
        assert open_answer(reply).registers[0].answer == "refused"
    assert_still_answers(asked)


# Batches


def receipts(reply: bytes) -> Receipt:
    return parse_body(parse_frame(reply, "receipt"), Receipt)


def is_found(network: Network, number: str, country: str = "FRA") -> bool:
    network.settle()
    terms = {"travel-documents": {"number": number, "country": country}}
    answer = open_answer(put(network, "LT", frame_of(network, make_question(network, terms=terms))))
    return answer.registers[0].answer == "hit"


def test_a_batch_is_taken_once_and_its_fate_repeated(network: Network) -> None:
    data = make_own_batch(network).encode()
    first, again = receipts(put(network, "FR", data)), receipts(put(network, "FR", data))
    assert (first.step, first.position) == (again.step, again.position) == ("delivered", 1)
    assert (first.of, first.recipient, first.to, first.by) == (again.of, "GS", "FR", "GS")
    assert first.entry != again.entry
    assert is_found(network, "30AA00001")


def test_a_batch_of_another_countrys_documents_is_refused(network: Network) -> None:
    """XX says, in its own name, that French passports are stolen."""
    receipt = receipts(put(network, "XX", make_own_batch(network, source="XX").encode()))
    assert (receipt.step, receipt.position, receipt.rules) == ("refused", 0, ("TD-1.2",))
    assert ("XX", ("TD-1.2",)) in refusals(network, "batch.accept")
    assert not is_found(network, "30AA00001")


def test_a_batch_in_another_members_name_gets_no_receipt(network: Network) -> None:
    for line, signer in (("XX", "XX"), ("FR", "XX"), ("XX", "FR")):
        data = make_own_batch(network, source="FR", signer=signer).encode()
        assert put(network, line, data) == COMPLAINT + b"untrusted"
    assert len(refusals(network, "batch.accept")) == 3
    assert not is_found(network, "30AA00001")


def test_whoever_signs_anothers_root_learns_nothing(network: Network) -> None:
    """XX learnt the name of a batch of FR and sends it as its own: no receipt says that it is here."""
    held = make_own_batch(network)
    put(network, "FR", held.encode())
    head = msgspec.structs.replace(held.head, source=MemberCode("XX"))
    signer = network.nodes["XX"].keyring.signer("signing")
    forged = msgspec.structs.replace(held, head=head, frame=sign_frame(signer, "batch", msgspec.json.encode(head)))
    receipt = receipts(put(network, "XX", forged.encode()))
    assert (receipt.step, receipt.position) == ("refused", 0)


def test_a_batch_altered_on_the_way_gets_no_receipt_and_may_come_again(network: Network) -> None:
    """The hashes and the signature stay, a record's bytes change."""
    good = make_own_batch(network).encode()
    assert put(network, "FR", altered(good, b"30AA00001", b"30AA00002")) == COMPLAINT + b"untrusted"
    assert not is_found(network, "30AA00002")
    assert receipts(put(network, "FR", good)).step == "delivered"
    assert is_found(network, "30AA00001")


def test_a_batch_over_the_bounds_of_the_line_is_complained_about(network: Network) -> None:
    good = make_own_batch(network).encode()
    assert put(network, "FR", good + b" " * FRAME_BYTES) == COMPLAINT + b"too-large"
    assert put(network, "FR", good + b" ") == COMPLAINT + b"malformed"


def test_a_suspended_source_is_refused_and_told_the_fate_of_what_was_taken_before(network: Network) -> None:
    duty = network.officer("GS", "olga", "duty")
    taken, late = make_own_batch(network, "30AA00001"), make_own_batch(network, "30AA00002")
    put(network, "FR", taken.encode())
    network.nodes["GS"].measures.set_standing(
        duty, "FR", "enter", "suspended", reason="Doubtful entries.", reference="",
        until_at=network.now.replace(month=12),
    )  # fmt: skip
    network.turn(1)
    assert receipts(put(network, "FR", late.encode())).rules == ("RPD-131.1",)
    assert receipts(put(network, "FR", taken.encode())).step == "delivered"


def test_a_record_said_to_be_entered_in_the_future_is_kept_no_longer(network: Network) -> None:
    """Ten years count from now on, not from a time of entry that lies ahead."""
    ahead = network.now.replace(year=network.now.year + 3)
    now, network.now = network.now, ahead
    batch = make_own_batch(network)
    network.now = now
    assert receipts(put(network, "FR", batch.encode())).rules == ("RPD-36.1", "RPD-49.2")


def test_only_the_published_files_of_the_directory_are_served(network: Network) -> None:
    ask = b"comity/1 directory "
    assert put(network, "XX", ask + b"metadata/timestamp.json").startswith(b"{")
    for name in (b"../keys.json", b"../../keys.json", b"metadata/../../node.db", b"/etc/passwd", b"", b"metadata/"):
        assert put(network, "XX", ask + name) == b""


def test_a_bureau_answers_nobody_from_its_own_batches(network: Network) -> None:
    network.enter(network.officer("FR", "claire", "registrar"), "19AC45678")
    frame = frame_of(network, make_question(network, keeper=MemberCode("FR")))
    answer = open_answer(put(network, "LT", frame, to="FR"))
    assert ([each.answer for each in answer.registers], answer.rules) == (["refused"], ("CTY-2.2",))
    record = open_answer(put(network, "LT", frame_of(network, make_question(network)))).registers[0].hits[0].record
    frame = frame_of(network, make_detail(network, record, keeper=MemberCode("FR")))
    detail = open_detail(put(network, "LT", frame, to="FR"))
    assert (detail.evidence, detail.answer, detail.rules) == (None, "refused", ("CTY-2.2",))


def test_a_bureau_takes_no_batches(network: Network) -> None:
    batch = make_own_batch(network, "LT0000001", source="LT", country="LTU")
    receipt = receipts(put(network, "LT", batch.encode(), to="FR"))
    assert (receipt.step, receipt.rules) == ("refused", ("CTY-2.2",))
    assert not network.nodes["FR"]._files.has(batch.id)


def test_a_keeper_that_does_not_know_the_members_in_force_puts_a_batch_off(network: Network) -> None:
    """The secretariat's own directory is stale: that passes, so the batch is not refused for good."""
    for code in ("LT", "BR", "XX"):
        network.stop(code)
    claire = network.officer("FR", "claire", "registrar")
    network.cut("FR")
    entered = network.enter(claire, "19AC45678")
    network.stop("GS")
    network.start("GS", locked=True)  # it publishes nothing
    batch = make_own_batch(network, "30AA00001")
    network.turn(3 * 86_400)
    network.nodes["GS"].keyring.unlock(network.founding.passphrases["GS"])
    receipt = receipts(put(network, "FR", batch.encode()))
    assert (receipt.step, receipt.rules) == ("later", ("CTY-2.1",))
    network.mend("FR")
    network.settle(4)
    assert receipts(put(network, "FR", batch.encode())).step == "delivered"
    assert entered.batch is not None


def test_an_asker_tells_a_complaint_from_an_answer(asked: Network) -> None:
    """Whatever stands in the place of the answer, the officer sees no answer, never "nothing"."""
    ruta = asked.officer("LT", "ruta", "inspector")
    for reply in (COMPLAINT + b"malformed", b"", b"garbage", b"comity/1 answer x\n{}"):
        asked.meddle = lambda sender, _to, data, reply=reply: reply if sender == "GS" else data
        checked = asked.check(ruta, "19AC45678", "FRA")
        assert [each.answer for each in checked.registers] == ["no-answer"]
        assert checked.answer is None
        assert checked.why
    asked.meddle = lambda _from, _to, data: data
    assert not isinstance(asked.carry(MemberCode("LT"), MemberCode("GS"), b"", 1.0), NoAnswer)


@pytest.mark.parametrize("offset", ["00", "01", "000000000", "0\n", "-0", "+0", " 0", "1_0"])
def test_a_record_has_one_name(asked: Network, offset: str) -> None:
    record = record_of(asked)
    question = frame_of(asked, make_detail(asked, record.removesuffix("0") + offset))
    assert put(asked, "LT", question) == COMPLAINT + b"malformed"


def record_of(network: Network) -> str:
    answer = open_answer(put(network, "LT", frame_of(network, make_question(network))))
    record: str = answer.registers[0].hits[0].record
    return record


def test_only_a_proven_question_to_the_keeper_is_looked_up_and_finds_damage(network: Network) -> None:
    """A question that somebody else signed, or that a bureau is asked, reads no file: nobody paints health red."""
    batch = network.enter(network.officer("FR", "claire", "registrar"), "19AC45678").batch
    damaged = [network.nodes[code] for code in ("GS", "FR")]
    for node in damaged:
        node._files._path(batch).write_bytes(b"damaged")
    detail, question = make_detail(network, f"{batch}.0"), make_question(network)
    before = [node._shelves.reads for node in damaged]
    for body in (detail, question):
        for signer in ("XX", "LT"):
            to_fr = msgspec.structs.replace(body, keeper=MemberCode("FR"))
            answers = [put(network, "LT", frame_of(network, to_fr, signer), to="FR")]
            if signer != "LT":
                answers += [put(network, line, frame_of(network, body, signer)) for line in ("XX", "LT")]
            assert all(b'"refused"' in each for each in answers)
    assert [node._shelves.reads for node in damaged] == before
    assert [node.damages.all() for node in damaged] == [(), ()]
    assert put(network, "LT", frame_of(network, detail)).startswith(COMPLAINT)
    assert [each.kind for each in network.nodes["GS"].damages.all()] == ["batch"], "who may ask finds it"
