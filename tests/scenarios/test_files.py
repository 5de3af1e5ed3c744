"""Files of records on their way in, in a simulated network: brought in parts, read, looked at, entered as a whole."""

from collections.abc import Iterator
from functools import partial

import msgspec
import pytest

from comity.act import Session
from comity.blobs.brought_files import OffsetError
from comity.errors import InputError, RefusedError, TooLargeError, UnauthenticatedError, UnavailableError, UnknownError
from comity.limits import FILES_MAX, FILES_OFFICER_MAX
from comity.peer.brought import FileForm, FileStage, FileState
from comity.registers.consignment import ConsignmentState
from comity.testing import Network
from tests.scenarios.releasing import consigned

CAST = ("LT", "FR")
TITLES = "number,country,type,loss\n"


def line(number: int, country: str = "FRA") -> str:
    return f"19AC{number:05d},{country},passport,stolen\n"


def lines(count: int, first: int = 0) -> str:
    return TITLES + "".join(line(number) for number in range(first, first + count))


@pytest.fixture
def claire(network: Network) -> Session:
    return network.officer("FR", "claire", "registrar")


def form(text: str, *, register: str = "travel-documents", is_whole: bool = False, **more: str) -> FileForm:
    return FileForm(register=register, name="lost.csv", size=len(text.encode()), is_whole=is_whole, **more)


def bring(network: Network, by: Session, text: str, *, is_whole: bool = False, **more: str) -> FileState:
    files = network.nodes["FR"].files
    begun = files.begin(by, form(text, is_whole=is_whole, **more))
    files.append(by, begun.file.id, begun.received, iter([text.encode()[begun.received :]]))
    files.go_round()
    return files.find(by, begun.file.id)


def enter(network: Network, by: Session, text: str, *, is_whole: bool = False, **more: str) -> FileState:
    brought = bring(network, by, text, is_whole=is_whole, **more)
    going_out = brought.difference.going_out if brought.difference else 0
    outcome = network.nodes["FR"].files.enter(by, brought.file.id, is_lawful=True, going_out=going_out)
    assert outcome is not None
    consigned(network, "FR", outcome)
    network.settle(4)
    return network.nodes["FR"].files.find(by, brought.file.id)


def found(network: Network, count: int, first: int = 0) -> list[int]:
    ruta = network.officer("LT", "ruta", "inspector")
    numbers = range(first, first + count)
    return [
        number for number in numbers if network.check(ruta, f"19AC{number:05d}", "FRA").registers[0].answer == "hit"
    ]


def leftovers(network: Network) -> int:
    node = network.nodes["FR"]
    return len(list(node._files.list_batches())) + len(node.files._files.names())


def test_a_file_is_read_shown_and_entered_by_one_act(network: Network, claire: Session) -> None:
    brought = bring(network, claire, lines(5))
    assert (brought.stage, brought.records) == (FileStage.READ, 5)
    assert found(network, 5) == []
    entered = enter(network, claire, lines(5))
    assert entered.stage is FileStage.ENTERED
    assert entered.consigned is not None
    assert entered.consigned.consignment.state is ConsignmentState.ENTERED
    assert found(network, 6) == [0, 1, 2, 3, 4]
    assert network.nodes["FR"].files.list(claire) == ()


def test_a_cut_file_goes_on_where_it_ended(network: Network, claire: Session) -> None:
    files, text = network.nodes["FR"].files, lines(5)

    def cut() -> Iterator[bytes]:
        yield text.encode()[:40]
        raise ConnectionError

    begun = files.begin(claire, form(text))
    with pytest.raises(UnavailableError):
        files.append(claire, begun.file.id, 0, cut())
    again = files.begin(claire, form(text))
    assert (again.file.id, again.received, again.stage) == (begun.file.id, 40, FileStage.COMING)
    with pytest.raises(OffsetError):
        files.append(claire, begun.file.id, 0, iter([b"x"]))
    assert bring(network, claire, text).stage is FileStage.READ


def test_more_than_was_announced_is_refused(network: Network, claire: Session) -> None:
    files = network.nodes["FR"].files
    begun = files.begin(claire, form(lines(5)))
    with pytest.raises(TooLargeError):
        files.append(claire, begun.file.id, 0, iter([lines(6).encode()]))


def test_refused_lines_are_named_and_nothing_is_left_of_the_file_but_the_report(
    network: Network, claire: Session
) -> None:
    text = lines(3) + "19AC00009,FRA,passport,eaten\n" + line(1)
    brought = bring(network, claire, text)
    assert brought.stage is FileStage.UNUSABLE
    assert brought.report is not None
    assert [refusal.line for refusal in brought.report.refusals] == [5, 6]
    assert "line 3" in brought.report.refusals[1].reason
    with pytest.raises(InputError):
        network.nodes["FR"].files.enter(claire, brought.file.id, is_lawful=True)
    assert list(network.nodes["FR"]._files.list_batches()) == []


def test_the_wrong_country_in_the_last_line_keeps_all_of_it_out(network: Network, claire: Session) -> None:
    brought = bring(network, claire, lines(5) + line(9, "LTU"))
    assert brought.report is not None
    assert [(refusal.line, refusal.fields) for refusal in brought.report.refusals] == [(7, "country")]
    assert found(network, 10) == []
    network.nodes["FR"].files.drop(claire, brought.file.id)
    assert leftovers(network) == 0


def test_a_file_that_the_rulebook_refuses_waits_to_be_entered_rightly(network: Network, claire: Session) -> None:
    files, brought = network.nodes["FR"].files, bring(network, claire, lines(5))
    outcome = files.enter(claire, brought.file.id, is_lawful=False)
    assert outcome is not None
    assert not outcome.verdict.is_allowed
    assert files.find(claire, brought.file.id).stage is FileStage.READ
    outcome = files.enter(claire, brought.file.id, is_lawful=True)
    assert outcome is not None
    assert outcome.verdict.is_allowed


def test_a_file_without_a_register_or_with_unknown_columns_is_not_begun(network: Network, claire: Session) -> None:
    files = network.nodes["FR"].files
    for wrong in (
        FileForm(register="cheese", name="a.csv", size=5),
        form(lines(1), columns="[columns]\nserie = 'cheese'"),
        form(lines(1), columns="[columns"),
        form(lines(1), audience="nobody knows"),
        form(lines(1), expires_on="2090-01-01"),
    ):
        with pytest.raises(InputError):
            files.begin(claire, wrong)
    assert leftovers(network) == 0


def test_a_file_over_which_the_program_fails_is_unusable_and_health_says_it_until_it_can_be_read(
    network: Network, claire: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, node = network.nodes["FR"].files, network.nodes["FR"]

    def fail(*_args: object) -> None:
        raise ValueError("what nobody has thought of")

    with monkeypatch.context() as patched:
        patched.setattr("comity.registers.lines.LineForm.read", fail)
        brought = bring(network, claire, lines(2))
        for _round in range(4):
            files.go_round()
        shown = files.find(claire, brought.file.id)
        assert shown.stage is FileStage.UNUSABLE
        assert shown.report is not None
        assert "mistake of the program" in shown.report.message
        with pytest.raises(InputError, match="mistake of the program"):
            files.enter(claire, brought.file.id, is_lawful=True)
        assert "aside-files" in {problem.code for problem in node.health().problems}
        dropped = bring(network, claire, lines(3))
        files.drop(claire, dropped.file.id)
        assert [each.name for each in files.aside.held] == [brought.file.id]
    for _round in range(8):
        files.go_round()
    assert files.find(claire, brought.file.id).stage is FileStage.READ
    assert "aside-files" not in {problem.code for problem in node.health().problems}


def test_nobody_sees_or_enters_the_file_of_another(network: Network, claire: Session) -> None:
    files = network.nodes["FR"].files
    luc = network.officer("FR", "luc", "registrar")
    brought = bring(network, claire, lines(2))
    assert files.list(luc) == ()
    with pytest.raises(UnknownError):
        files.find(luc, brought.file.id)
    with pytest.raises(UnknownError):
        files.enter(luc, brought.file.id, is_lawful=True)
    with pytest.raises(UnknownError):
        files.drop(luc, "../../etc")
    with pytest.raises(UnauthenticatedError):
        files.begin(Session("nobody"), form(lines(1)))


def test_no_officer_fills_the_disk_with_files(network: Network, claire: Session) -> None:
    for number in range(4):
        bring(network, claire, lines(1, number), expires_on=f"2027-01-0{number + 1}")
    with pytest.raises(TooLargeError):
        bring(network, claire, lines(9))
    network.nodes["FR"].files.drop(claire, network.nodes["FR"].files.list(claire)[0].file.id)
    bring(network, claire, lines(9))


def test_files_that_nobody_enters_are_dropped_after_a_day(network: Network, claire: Session) -> None:
    bring(network, claire, lines(2))
    network.turn(25 * 3600.0)
    network.nodes["FR"].files.go_round()
    assert leftovers(network) == 0


def test_entering_again_does_nothing_twice(network: Network, claire: Session) -> None:
    files = network.nodes["FR"].files
    brought = bring(network, claire, lines(3))
    assert files.enter(claire, brought.file.id, is_lawful=True) is not None
    assert files.enter(claire, brought.file.id, is_lawful=True) is None
    network.settle(4)
    assert len(network.nodes["FR"].consignments.list(10).entered) == 1


def test_a_whole_list_shows_what_it_changes_and_takes_out_what_is_gone(network: Network, claire: Session) -> None:
    enter(network, claire, lines(5))
    text = TITLES + line(0) + line(1).replace("stolen", "lost") + line(7)
    brought = bring(network, claire, text, is_whole=True)
    difference = brought.difference
    assert difference is not None
    assert (difference.added, difference.changed, difference.removed, difference.same) == (1, 1, 3, 1)
    assert difference.added_names == ("19AC00007 FRA",)
    assert difference.removed_names == ("19AC00002 FRA", "19AC00003 FRA", "19AC00004 FRA")
    enter(network, claire, text, is_whole=True)
    assert found(network, 9) == [0, 1, 7]
    same = bring(network, claire, text, is_whole=True)
    with pytest.raises(InputError, match="Nothing has changed"):
        network.nodes["FR"].files.enter(claire, same.file.id, is_lawful=True)


def test_what_was_entered_more_than_once_is_counted_before_a_whole_list_takes_it_out(
    network: Network, claire: Session
) -> None:
    for _ in range(3):
        enter(network, claire, lines(2))
    before = bring(network, claire, lines(2), is_whole=True).difference
    assert before is not None
    assert (before.removed, before.repeated, before.same, before.is_empty) == (0, 4, 2, False)
    shown = bring(network, claire, lines(1), is_whole=True).difference
    assert shown is not None
    consigned = enter(network, claire, lines(1), is_whole=True).consigned
    assert consigned is not None
    assert shown.removed + shown.repeated == len(consigned.content.removed) == 5
    assert found(network, 2) == [0]


def test_a_whole_list_may_do_nothing_but_take_out(network: Network, claire: Session) -> None:
    enter(network, claire, lines(4))
    entered = enter(network, claire, lines(1), is_whole=True)
    assert entered.consigned is not None
    assert entered.consigned.consignment.state is ConsignmentState.ENTERED
    assert found(network, 4) == [0]


def test_a_difference_that_is_out_of_date_is_not_entered(network: Network, claire: Session) -> None:
    enter(network, claire, lines(2))
    brought = bring(network, claire, lines(3), is_whole=True)
    network.enter(claire, "19AC00002")
    files = network.nodes["FR"].files
    with pytest.raises(UnavailableError, match="has changed"):
        files.enter(claire, brought.file.id, is_lawful=True)
    files.go_round()
    again = files.find(claire, brought.file.id).difference
    assert again is not None
    assert (again.added, again.changed, again.same) == (0, 1, 2)


def test_a_kill_while_reading_or_before_entering_loses_nothing_and_leaves_nothing(
    network: Network, claire: Session
) -> None:
    brought = bring(network, claire, lines(4))
    network.stop("FR", gracefully=False)
    network.start("FR")
    files = network.nodes["FR"].files
    assert files.find(claire, brought.file.id).stage is FileStage.READING
    assert list(network.nodes["FR"]._files.list_batches()) == []
    files.go_round()
    assert files.find(claire, brought.file.id).records == 4
    assert files.enter(claire, brought.file.id, is_lawful=True) is not None
    network.settle(4)
    assert found(network, 4) == [0, 1, 2, 3]


def test_a_file_that_cannot_be_entered_makes_room_for_a_corrected_one(network: Network, claire: Session) -> None:
    wrong = []
    for count in range(1, FILES_OFFICER_MAX + 1):
        wrong.append(bring(network, claire, TITLES + count * line(1, "LTU")))
        network.turn(1)
    assert {each.stage for each in wrong} == {FileStage.UNUSABLE}
    brought = bring(network, claire, lines(9))
    assert brought.stage is FileStage.READ
    left = {each.file.id for each in network.nodes["FR"].files.list(claire)}
    assert left == {each.file.id for each in wrong[1:]} | {brought.file.id}


def test_officers_who_fill_all_places_leave_one_to_each_who_has_none(network: Network, claire: Session) -> None:
    files = network.nodes["FR"].files
    for name in range(FILES_MAX // FILES_OFFICER_MAX):
        other = network.officer("FR", f"other-{name}", "registrar")
        for number in range(FILES_OFFICER_MAX):
            files.begin(other, form(lines(1), columns=f'[constants]\ncountry = "F{number:02d}"\n'))
    brought = bring(network, claire, lines(2))
    assert brought.stage is FileStage.READ
    with pytest.raises(TooLargeError):
        files.begin(claire, form(lines(3)))


def test_whoever_may_not_enter_a_file_brings_none_and_is_on_the_record(network: Network) -> None:
    files = network.nodes["FR"].files
    for role in ("inspector", "desk", "auditor", "administrator", "duty"):
        by = network.officer("FR", role, role)
        acts = (
            partial(files.begin, by, form(lines(1))), partial(files.list, by), partial(files.find, by, "0" * 32),
        )  # fmt: skip
        for act in acts:
            with pytest.raises(RefusedError) as refused:
                act()
            assert refused.value.rules == ("RPD-21.1",)
            assert refused.value.entry
    network.settle()
    assert len(network.ledger("FR", "record.consign")) == 15
    assert list((network.founding.folder / "FR" / "data" / "files").glob("*")) == []


def test_a_corrected_file_of_the_same_name_and_size_is_read_anew(network: Network, claire: Session) -> None:
    assert bring(network, claire, TITLES + line(1, "LTU")).stage is FileStage.UNUSABLE
    assert bring(network, claire, TITLES + line(1)).stage is FileStage.READ


def test_a_file_that_was_changed_since_is_another_file(network: Network, claire: Session) -> None:
    """Of the same name and size: what is entered is what lies on the officer's disk now."""
    files, text = network.nodes["FR"].files, TITLES + line(1)
    first = files.begin(claire, form(text))
    files.append(claire, first.file.id, 0, iter([text.encode()]))
    same = files.begin(claire, form(text))
    assert (same.file.id, same.received) == (first.file.id, len(text))
    changed = files.begin(claire, msgspec.structs.replace(form(text), changed_ms=1))
    assert (changed.file.id != first.file.id, changed.received) == (True, 0)


def test_a_list_that_takes_much_out_is_entered_by_who_says_how_much(network: Network, claire: Session) -> None:
    enter(network, claire, lines(20))
    files = network.nodes["FR"].files
    cut = bring(network, claire, lines(15), is_whole=True)
    for said in (0, 4, 20):
        with pytest.raises(InputError, match="5 records would go out, of 20"):
            files.enter(claire, cut.file.id, is_lawful=True, going_out=said)
    assert found(network, 20) == list(range(20))
    outcome = files.enter(claire, cut.file.id, is_lawful=True, going_out=5)
    assert outcome is not None
    consigned(network, "FR", outcome)
    network.settle(4)
    assert found(network, 20) == list(range(15))
    small = bring(network, claire, lines(14), is_whole=True)
    assert small.difference is not None
    assert not small.difference.is_drastic


def test_a_file_that_was_entered_before_is_said_to_have_been(network: Network, claire: Session) -> None:
    assert bring(network, claire, lines(3)).notes == ()
    enter(network, claire, lines(3))
    again, doubles = bring(network, claire, lines(3)).notes
    assert again.startswith("This very file was entered on 2026-11-23 14:32 UTC")
    assert doubles.startswith("You have records of the same already: ")
    named, more = bring(network, claire, lines(5)).notes
    assert named.startswith("A file of this name was entered on")
    assert more == doubles
    assert bring(network, claire, lines(6), is_whole=True).notes == ()
