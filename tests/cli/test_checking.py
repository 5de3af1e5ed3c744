import json

import pytest

from comity.limits import DIRECTORY_GRACE_S
from tests.cli.conftest import Served, Terminal
from tests.scenarios.standings import measure

NUMBER = "19AC45678"
ZONE = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<< / L898902C36UTO7408122F1204159ZE184226B<<<<<10"  # ICAO 9303-4
BORDER = ("--purpose", "border-control")


@pytest.fixture(scope="module", autouse=True)
def _stolen(served: Served) -> None:
    claire = served.network.officer("FR", "claire", "registrar")
    served.network.enter(claire, NUMBER)


def check(comity: Terminal, *words: str) -> int:
    return comity("check", *words, *BORDER)


def test_a_hit_ends_with_zero_and_the_word_hit(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ruta-1", "inspector")
    assert check(comity, "--number", NUMBER, "--country", "FRA") == 0
    assert "travel-documents: Hit" in comity.out
    assert "FR, entered" in comity.out
    assert "confirm it with the source" in comity.out
    assert comity.found(r"entry +([0-9a-f]{64})")
    assert "at GS" in comity.out


def test_nothing_open_is_an_answer_as_of_a_time(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ruta-2", "inspector")
    assert check(comity, "--number", "19AC00000", "--country", "FRA") == 0
    assert "Nothing open to you · as of position " in comity.out
    assert "Hit" not in comity.out


def test_without_a_purpose_the_rule_is_named_with_its_sentence(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ruta-3", "inspector")
    assert comity("check", "--number", NUMBER, "--country", "FRA") == 3
    assert "RPD-10.1" in comity.err
    assert "On record: entry" in comity.err
    assert comity("check", "--number", NUMBER, "--country", "FRA", "--purpose", "investigation") == 3
    assert "reference" in comity.err


def test_an_officer_without_the_role_is_refused(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "auditor-1", "auditor")
    assert check(comity, "--number", NUMBER, "--country", "FRA") == 3
    assert "Hit" not in comity.out + comity.err


def test_a_zone_with_a_wrong_check_digit_is_not_asked(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ruta-4", "inspector")
    wrong = ZONE.replace("C36UTO", "C35UTO")
    assert check(comity, wrong) == 2
    assert "check digit" in comity.err
    assert "say --accept-check-digits" in comity.err
    assert check(comity, wrong, "--accept-check-digits") == 0


def test_a_zone_is_read_from_the_argument_and_from_standard_input(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ruta-5", "inspector")
    comity.does("check", ZONE, *BORDER)
    assert "L898902C3 UTO" in comity.out
    comity.does("check", "-", *BORDER, typed=ZONE.replace(" / ", "\n"))
    assert "L898902C3 UTO" in comity.out


def test_nothing_to_check_is_an_error_of_input(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ruta-6", "inspector")
    assert check(comity) == 2
    assert check(comity, ZONE, "--number", NUMBER) == 2
    assert "these are two documents" in comity.err
    assert "leave out the zone or the number" in comity.err
    assert check(comity, "--number", "?!", "--country", "FRA") == 2
    assert "number" in comity.err


def test_with_the_line_cut_there_is_no_answer_never_nothing(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ruta-7", "inspector")
    served.network.cut("LT")
    try:
        assert check(comity, "--number", NUMBER, "--country", "FRA") == 5
    finally:
        served.network.mend("LT")
    assert "Nothing open" not in comity.out
    assert "line is down" in comity.out


def test_a_register_that_could_not_be_asked_is_said_and_ends_with_five(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ruta-11", "inspector")
    misread = ZONE.replace("P<UTO", "P<UT0")
    assert check(comity, misread) == 5
    assert "travel-documents: Not asked (the issuing state cannot be read)" in comity.out
    assert "Next: Type the issuing country beside the zone, as it stands on the document." in comity.out
    assert "By the zone, the bearer's nationality is UTO." in comity.out
    assert "persons: Nothing open to you (nobody of exactly this name who may be born then)" in comity.out
    assert check(comity, misread, "--country", "UTO") == 0
    assert check(comity, "--name", "Anna Eriksson") == 5
    assert "travel-documents: Not asked (the document number is missing)" in comity.out
    assert check(comity, "--number", NUMBER, "--country", "DEU") == 0
    assert "Issuing country DEU: asked as D." in comity.out


def test_a_number_that_the_zone_does_not_have_is_typed_beside_it(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ruta-12", "inspector")
    bare = ZONE.replace("L898902C36UTO", "<<<<<<<<<0UTO").replace("P<UTO", "P<FRA")
    assert check(comity, bare, "--accept-check-digits") == 5
    assert "Not asked (the document number is missing)" in comity.out
    assert check(comity, bare, "--number", NUMBER, "--accept-check-digits") == 0
    assert "travel-documents: Hit" in comity.out
    assert "person       ANNA MARIA ERIKSSON" in comity.out


def test_a_hit_ends_with_zero_even_where_another_register_was_not_asked(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ruta-13", "inspector")
    assert check(comity, "--number", NUMBER, "--country", "FRA", "--name", "Otto \u202eLinden") == 0
    assert "travel-documents: Hit" in comity.out
    assert "persons: Not asked (name: Character 6 is U+202E" in comity.out


def test_an_error_names_the_option_that_is_to_be_corrected(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ruta-14", "inspector")
    for option, text in (("--born", "1980-00-00"), ("--name", "..."), ("--name", "Otto\u202e")):
        words = {"--name": "Otto Linden"} | {option: text}
        assert check(comity, *(word for pair in words.items() for word in pair)) == 2
        assert f"Where: {option}" in comity.err
    assert check(comity, "--name", "Otto Linden", "--born", "1980-00-00") == 2
    assert "There is no such day. Leave out what is not known" in comity.err


def test_the_answer_as_it_came_for_programs(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ruta-8", "inspector")
    assert check(comity, "--number", NUMBER, "--country", "FRA", "--json") == 0
    assert [each["answer"] for each in json.loads(comity.out)["answers"]] == ["hit", "nothing", "not-asked"]


def test_a_hits_record_is_read_by_an_act_of_its_own(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ruta-9", "inspector")
    check(comity, "--number", NUMBER, "--country", "FRA")
    record = comity.found(r"record +(\S+)")
    assert comity("read", record) == 3
    assert "RPD-10.1" in comity.err
    comity.does("read", record, *BORDER)
    assert "the source's, verified" in comity.out
    assert comity("read", f"{'0' * 64}.0", *BORDER) == 0
    assert "Nothing open to you" in comity.out
    assert comity("read", "../../health", *BORDER) == 2


def test_a_stale_directory_refuses_and_names_its_rule(comity: Terminal, served: Served) -> None:
    network = served.network
    network.cut("LT")
    held = network.now
    try:
        network.turn(DIRECTORY_GRACE_S + 3700)
        served.officer(comity, "LT", "ruta-10", "inspector")
        assert check(comity, "--number", NUMBER, "--country", "FRA") == 3
        assert "CTY-2.1" in comity.err
        assert comity("status") == 5
        assert "stale" in comity.out
    finally:
        network.mend("LT")
        network.now = held


def test_a_hit_of_a_suspended_source_gives_no_order(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ruta-9", "inspector")
    measure(served.network, "FR", "enter")
    assert check(comity, "--number", NUMBER, "--country", "FRA") == 0
    measure(served.network, "FR", "enter", "open")
    assert "Hit, disputed: do nothing on it; confirm with the duty desk first" in comity.out
    assert "its source is suspended from entering records" in comity.out
    assert "old the document" not in comity.out
    assert "Ask the duty desk, not the source" in comity.out
    assert "confirm it with the source" not in comity.out


def test_a_name_that_is_too_long_stops_persons_only(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ruta-long", "inspector")
    assert check(comity, "--number", NUMBER, "--country", "FRA", "--name", "Ona " * 60) == 0
    assert "travel-documents: Hit" in comity.out
    assert "persons: Not asked (name: It has 239 characters, and may have 200)" in comity.out


def test_the_command_that_a_hit_prints_asks_its_source_and_the_command_printed_there_answers(
    comity: Terminal, served: Served
) -> None:
    served.officer(comity, "LT", "ruta-c", "inspector", "desk")
    check(comity, "--number", NUMBER, "--country", "FRA")
    words = comity.found(r"Next: comity (form confirm-hit FR --record .*)").split()
    served.network.settle()
    comity.does(*words, "--within", "1-hour", "--reference", "DEMO-1")
    assert "On its way to FR." in comity.out
    name = comity.found(r"message +([0-9a-f]{64})")
    served.network.turn(5)
    served.officer(comity, "FR", "claire-c", "desk")
    assert "Confirm a hit in Travel documents" in comity.does("inbox", "--most", "1")
    comity.does("open", name[:12])
    assert (
        "LT says that it has had a hit on a record of FR in Travel documents, and asks FR to confirm it." in comity.out
    )
    assert "Its reference is DEMO-1." in comity.out
    assert "Waits for its answer" in comity.out
    step = comity.found(r"Next: comity (form hit-answer [0-9a-f]{12}) --answer confirmed\|denied\|not-known")
    assert comity(*step.split(), "--answer", "denied", "--instruction", "hold") == 2
    assert "--instruction" in comity.err
    comity.does(*step.split(), "--answer", "confirmed", "--instruction", "seize", "--remark", "Stolen in March.")
    served.network.turn(5)
    served.officer(comity, "LT", "ruta-d", "desk")
    comity.does("open", name[:12])
    assert "FR says of the hit in Travel documents: Confirmed." in comity.out
    assert "Stolen in March." in comity.out
    assert "Answered in time" in comity.out


def test_an_inspector_is_offered_no_command_that_would_be_refused_and_hears_the_answer(
    comity: Terminal, served: Served
) -> None:
    served.officer(comity, "LT", "ina-c", "inspector")
    check(comity, "--number", NUMBER, "--country", "FRA")
    assert "form confirm-hit" not in comity.out
    assert "Your desk can ask FR to confirm this hit." in comity.out
    assert "instruction  Hold the document" in comity.out
    served.officer(comity, "LT", "ruta-e", "desk")
    check(comity, "--number", NUMBER, "--country", "FRA")
    words = comity.found(r"Next: comity (form confirm-hit FR --record .*)").split()
    served.network.settle()
    comity.does(*words, "--within", "1-hour")
    name = comity.found(r"message +([0-9a-f]{64})")
    served.network.turn(5)
    served.officer(comity, "FR", "claire-d", "desk")
    comity.does("open", name[:12])
    assert "Passport 19AC45678 of FRA" in comity.out, "the source sees which of its records it is"
    assert "Next: comity read" in comity.out
    comity.does("form", "hit-answer", name[:12], "--answer", "confirmed", "--instruction", "seize")
    served.network.turn(5)
    served.officer(comity, "LT", "ina-d", "inspector")
    check(comity, "--number", NUMBER, "--country", "FRA")
    assert "LT asked FR to confirm" in comity.out
    assert "Confirmed. What to do: Seize the document." in comity.out
