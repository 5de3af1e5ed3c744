from datetime import date

import pytest

from comity.ids import CountryCode
from comity.registers.layouts import TD3
from comity.registers.mrz import Holder, compose_mrz
from comity.testing import DOCUMENTS
from tests.scenarios.standings import measure

from .conftest import Caller, Cast

ZONE = compose_mrz(
    TD3,
    document_code="P",
    issuing_country=CountryCode("FRA"),
    number="19AC45678",
    holder=Holder("MARTIN", "CLAIRE", date(1980, 1, 1), "F", CountryCode("FRA")),
    expiry=date(2030, 1, 1),
)
BORDER = {"number": "19ac 45678", "country": "FRA", "purpose": "border-control"}


@pytest.fixture(scope="module")
def source(cast: Cast) -> Caller:
    registrar = cast.officer("FR", "registrar")
    record = {"number": "19AC45678", "country": "FRA", "type": "passport", "loss": "stolen-blank"}
    body = {"register": "travel-documents", "records": [record], "is_lawful": True, "audience": "all but XX"}
    assert registrar.post("/v1/records", body).status_code == 201
    cast.network.settle()
    return registrar


@pytest.mark.usefixtures("source")
def test_who_may_see_gets_the_hit_with_both_sides_of_the_record(cast: Cast) -> None:
    answer = cast.officer("LT", "inspector").post("/v1/queries", BORDER).json()
    register, persons, vehicles = answer["answers"]
    assert (vehicles["answer"], vehicles["was_meant"]) == ("not-asked", False)
    assert (persons["register"], persons["answer"]) == ("persons", "nothing")
    assert (register["answer"], register["word"]) == ("hit", "Hit")
    assert register["hits"][0]["shown"]["loss"] == "stolen-blank"
    assert register["hits"][0]["instruction"] == "hold"
    assert answer["reference"] == "shift 2026-11-23/2"
    assert answer["record"]["counterpart"]["member"] == "GS"
    assert answer["record"]["counterpart"]["entry"] != answer["entry"]
    assert all(rule["sentence"] for rule in answer["record"]["rules"])
    assert answer["record"]["told"] == []


@pytest.mark.usefixtures("source")
def test_the_outsider_gets_the_same_answer_as_for_no_record(cast: Cast) -> None:
    outsider = cast.officer("XX", "inspector")
    hidden = outsider.post("/v1/queries", BORDER).json()
    missing = outsider.post("/v1/queries", BORDER | {"number": "00000000"}).json()
    assert hidden["answers"][0]["word"] == "Nothing open to you"
    assert hidden["answers"] == missing["answers"]
    assert hidden["record"]["counterpart"]["rules"] == missing["record"]["counterpart"]["rules"]


@pytest.mark.parametrize(
    ("change", "rule"),
    [({"purpose": ""}, "RPD-10.1"), ({"purpose": "fun"}, "RPD-10.1"), ({"purpose": "locate"}, "RPD-10.2")],
)
def test_a_refusal_names_its_rule_its_entry_and_the_next_step(cast: Cast, change: dict[str, str], rule: str) -> None:
    answer = cast.officer("LT", "inspector").post("/v1/queries", BORDER | change)
    assert answer.status_code == 403
    problem = answer.json()
    assert rule in [each["number"] for each in problem["rules"]]
    assert problem["next_step"]
    assert len(problem["entry"]) == 64


def test_an_officer_without_the_role_is_refused(cast: Cast) -> None:
    answer = cast.officer("LT", "auditor").post("/v1/queries", BORDER)
    assert (answer.status_code, answer.json()["rules"][0]["number"]) == (403, "RPD-21.1")


@pytest.mark.usefixtures("source")
def test_a_zone_whose_check_digits_fail_is_not_asked_unless_the_officer_says_so(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    digit = ZONE.splitlines()[1][9]
    wrong = ZONE.replace(f"19AC45678{digit}", f"19AC45678{(int(digit) + 1) % 10}")
    answer = officer.post("/v1/queries", {"mrz": wrong, "purpose": "border-control"})
    assert (answer.status_code, answer.json()["code"]) == (422, "check-digits")
    first = answer.json()["digits"][0]
    assert (first["name"], first["line"], first["column"], first["expected"]) == ("number", 2, 10, digit)
    body = {"mrz": wrong, "purpose": "border-control", "accept_check_digits": True}
    assert officer.post("/v1/queries", body).json()["answers"][0]["answer"] == "hit"


@pytest.mark.parametrize(
    "body", [{}, {"mrz": "P<FRA"}, {"number": "ééé", "country": "FRA"}, {"number": "9.1E+11"}, {"name": "..."}]
)
def test_a_document_that_cannot_be_looked_for_says_where_and_what_to_do(cast: Cast, body: dict[str, str]) -> None:
    answer = cast.officer("LT", "inspector").post("/v1/queries", body | {"purpose": "border-control"})
    assert answer.status_code == 422
    assert answer.json()["where"] in ("mrz", "number", "name")
    assert answer.json()["next_step"]


TYPED = {"number": "1", "country": "FRA"}


@pytest.mark.parametrize(
    ("body", "register", "where", "word"),
    [
        ({"number": "1"}, "travel-documents", "country", "Not asked (the issuing country is missing)"),
        (TYPED | {"country": "1"}, "travel-documents", "country", "Not asked (an issuing country is one to three"),
        (TYPED | {"country": "WSA"}, "travel-documents", "country", "Not asked (nobody issues documents under WSA)"),
        (TYPED | {"type": "pasport"}, "travel-documents", "type", "Not asked (type: pasport is none of its choices)"),
        (TYPED | {"name": "..."}, "persons", "name", "Not asked (the name has no letter)"),
        (TYPED | {"birth_date": "2090"}, "persons", "birth_date", "Not asked (nobody was born in the future)"),
        ({"name": "Ona"}, "travel-documents", "number", "Not asked (the document number is missing)"),
        ({"mrz": ZONE.replace("P<FRA", "P<FR4")}, "travel-documents", "country", "Not asked (the issuing state cannot"),
    ],
)
def test_every_register_speaks_and_one_that_is_not_asked_says_why_and_which_field_to_fill(
    cast: Cast, body: dict[str, str], register: str, where: str, word: str
) -> None:
    answer = cast.officer("LT", "inspector").post("/v1/queries", body | {"purpose": "border-control"})
    answers = {each["register"]: each for each in answer.json()["answers"]}
    assert [*answers] == ["travel-documents", "persons", "vehicles"]
    assert not answers.pop("vehicles")["was_meant"]
    spoken = answers.pop(register)
    assert (spoken["answer"], spoken["where"]) == ("not-asked", where)
    assert spoken["word"].startswith(word)
    assert spoken["next_step"]
    assert [each["answer"] for each in answers.values()] == ["nothing"]


def test_a_term_that_a_register_was_not_asked_by_is_said_and_stands_in_the_ledger(cast: Cast) -> None:
    inspector = cast.officer("LT", "inspector")
    body = {"vin": "1M8GDM9AXKP042788", "plate": "AB-123-CD", "purpose": "border-control"}
    found = inspector.post("/v1/queries", body).json()
    answers = {each["register"]: each for each in found["answers"]}
    why = "number plate not asked (the country of the plate is missing)"
    assert answers["vehicles"]["answer"] == "nothing"
    assert answers["vehicles"]["word"] == f"Nothing open to you; {why}"
    (left,) = answers["vehicles"]["left_out"]
    assert (left["term"], left["where"], left["word"]) == ("plate", "plate_country", why)
    assert left["next_step"]
    assert answers["persons"]["left_out"] == []
    cast.network.settle()
    shown = cast.officer("LT", "auditor").get(f"/v1/ledger/{found['entry']}").json()
    detail = shown["found"]["content"]["detail"]
    assert detail["terms"] == {"vehicles": {"vin": "1M8GDM9AXKP042788"}}
    assert detail["left_out"] == {"vehicles": {"plate": "plate_country: The country of the plate is missing."}}


def test_what_was_not_asked_stands_in_the_ledger_and_beside_a_refusal(cast: Cast) -> None:
    inspector = cast.officer("LT", "inspector")
    body = {"mrz": ZONE.replace("P<FRA", "P<FR4"), "purpose": "border-control"}
    entry = inspector.post("/v1/queries", body).json()["entry"]
    cast.network.settle()
    shown = cast.officer("LT", "auditor").get(f"/v1/ledger/{entry}").json()
    detail = shown["found"]["content"]["detail"]
    assert detail["not_asked"] == {"travel-documents": "country: The issuing state cannot be read."}
    assert [*detail["terms"]] == ["persons"]
    assert inspector.post("/v1/queries", body | {"purpose": ""}).status_code == 403


def test_nobody_of_exactly_this_name_is_said_where_names_are_compared_whole(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    named = officer.post("/v1/queries", {"name": "Rasa Testauskaite", "purpose": "border-control"}).json()
    assert named["answers"][1]["word"] == "Nothing open to you (nobody of exactly this name)"
    born = {"name": "Rasa Testauskaite", "birth_date": "1966", "purpose": "border-control"}
    aged = officer.post("/v1/queries", born).json()["answers"][1]
    assert aged["word"] == "Nothing open to you (nobody of exactly this name who may be born then)"
    numbered = officer.post("/v1/queries", BORDER | {"number": "00000001"}).json()
    assert numbered["answers"][1]["word"] == "Nothing open to you"


def test_a_code_that_the_documents_do_not_bear_is_asked_as_the_one_that_they_do(cast: Cast) -> None:
    body = {"number": "L0FZ4T721", "country": "DEU", "purpose": "border-control"}
    answer = cast.officer("LT", "inspector").post("/v1/queries", body).json()
    assert answer["country"] == "D"
    assert answer["notes"] == ["Issuing country DEU: asked as D."]


@pytest.mark.usefixtures("source")
def test_a_misread_issuer_typed_beside_the_zone_is_a_hit(cast: Cast) -> None:
    body = {"mrz": ZONE.replace("P<FRA", "P<FR4"), "country": "FRA", "purpose": "border-control"}
    answer = cast.officer("LT", "inspector").post("/v1/queries", body).json()
    assert answer["answers"][0]["answer"] == "hit"


@pytest.fixture(scope="module")
def wanted(cast: Cast) -> None:
    registrar = cast.officer("FR", "registrar")
    persons = [("O-1", "Otto", "Linden", "1965-03-01"), ("N-1", "Nora", "Falkesen", "1924-06-15")]
    records = [
        {"reference": reference, "status": "wanted", "names": [{"given": given, "family": family}],
         "births": [{"from": born}]}
        for reference, given, family, born in persons
    ]  # fmt: skip
    assert registrar.post("/v1/records", {"register": "persons", "records": records, "is_lawful": True}).is_success
    cast.network.settle()


@pytest.mark.usefixtures("wanted")
@pytest.mark.parametrize(("mrz", "notes"), [
    ("P<UTOLINDEN<<OTTO<<<<<<<<<<<<<<<<<<<<<<<<<<<\nW7012345<4UTO6503019M3304042<<<<<<<<<<<<<<00", 0),
    ("P<UTOLINDEN<<OTTO<<<<<<<<<<<<<<<<<<<<<<<<<<<\nW7012345<4UTO6503029M3304042<<<<<<<<<<<<<<00", 1),
    ("P<UTOFALKESEN<<NORA<<<<<<<<<<<<<<<<<<<<<<<<<\nW7012345<4UTO2406156F3304042<<<<<<<<<<<<<<06", 0),
    ("P<WSALINDEN<<OTTO<<<<<<<<<<<<<<<<<<<<<<<<<<<\nW7012345<4UTO6503019M3304042<<<<<<<<<<<<<<00", 0),
])  # fmt: skip
def test_what_a_zone_says_badly_rules_out_nobody(cast: Cast, mrz: str, notes: int) -> None:
    body = {"mrz": mrz, "purpose": "border-control", "accept_check_digits": True}
    answer = cast.officer("LT", "inspector").post("/v1/queries", body).json()
    assert answer["answers"][1]["answer"] == "hit"
    assert [note.startswith("Date of birth not sure") for note in answer["notes"]] == [True] * notes


def test_where_there_may_be_more_hits_than_are_shown_the_answer_says_so(cast: Cast) -> None:
    registrar = cast.network.officer("FR", "many", "registrar")
    body = {"number": "77MB00001", "country": "FRA", "purpose": "border-control"}
    bounds = []
    for count in (7, 2):
        cast.network.enter(registrar, *["77MB00001"] * count)
        cast.network.settle()
        bounds.append(cast.officer("LT", "inspector").post("/v1/queries", body).json()["answers"][0]["bound"])
    assert bounds == ["", "At most 8 records of one key are shown: there may be more."]


def test_nobody_born_in_the_future_is_asked_about(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    person = {"name": "Dalia Vaitkute", "purpose": "border-control"}
    for born in ("2090-01-01", "2027", "2026-13", "yesterday"):
        answer = officer.post("/v1/queries", person | {"birth_date": born})
        assert (answer.status_code, answer.json()["where"]) == (422, "birth_date"), born
        assert answer.json()["next_step"]
    assert officer.post("/v1/queries", person | {"birth_date": "1979"}).status_code == 200


def test_a_line_that_is_down_is_no_answer_and_never_nothing(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    cast.network.cut("LT")
    try:
        answer = officer.post("/v1/queries", BORDER).json()
    finally:
        cast.network.mend("LT")
    assert answer["answers"][0]["answer"] == "no-answer"
    assert answer["answers"][0]["word"].startswith("No answer by 2026-11-23 ")
    assert answer["why"] == "line-down"
    assert answer["record"]["counterpart"] is None


@pytest.mark.usefixtures("source")
def test_details_are_a_second_act_and_verified_against_the_source(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    hit = officer.post("/v1/queries", BORDER).json()["answers"][0]["hits"][0]["record"]
    read = officer.post(f"/v1/records/{hit}/read", {"purpose": "border-control"}).json()
    assert (read["answer"], read["found"]["source"], read["found"]["is_verified"]) == ("shown", "FR", True)
    assert read["found"]["audience"] == "all but XX"
    assert officer.post(f"/v1/records/{hit}/read", {}).json()["rules"][0]["number"] == "RPD-10.1"
    outsider = cast.officer("XX", "inspector").post(f"/v1/records/{hit}/read", {"purpose": "border-control"}).json()
    assert (outsider["answer"], outsider["found"]) == ("nothing", None)
    assert officer.post("/v1/records/none/read", {"purpose": "locate"}).status_code == 422


def test_metrics_count_kinds_and_verdicts_and_name_nobody(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    officer.post("/v1/queries", BORDER)
    officer.post("/v1/queries", BORDER | {"purpose": ""})
    text = officer.get("/metrics").text
    assert 'comity_acts_total{kind="query.ask",verdict="allowed"}' in text
    assert 'comity_acts_total{kind="query.ask",verdict="refused"}' in text
    assert "officer-" not in text
    assert "19AC45678" not in text


@pytest.mark.usefixtures("source")
def test_a_hit_of_a_suspended_source_is_disputed_and_so_is_its_record(cast: Cast) -> None:
    measure(cast.network, "FR", "enter")
    inspector = cast.officer("LT", "inspector")
    [hit] = inspector.post("/v1/queries", BORDER).json()["answers"][0]["hits"]
    read = inspector.post(f"/v1/records/{hit['record']}/read", {"purpose": "border-control"}).json()["found"]
    measure(cast.network, "FR", "enter", "open")
    for shown in (hit, read):
        assert shown["instruction"] == "disputed"
        assert shown["caution"].startswith("Disputed: its source is suspended from entering records.")
    [hit] = inspector.post("/v1/queries", BORDER).json()["answers"][0]["hits"]
    assert (hit["instruction"], hit["caution"]) == ("hold", "")


@pytest.mark.usefixtures("source")
def test_a_keeper_that_cannot_look_has_no_answer_now_and_names_no_time_to_wait_for(cast: Cast) -> None:
    index = cast.network.nodes["GS"]._shelves._indexes[DOCUMENTS]
    index._damage = "damaged"
    try:
        found = cast.officer("LT", "inspector").post("/v1/queries", BORDER).json()
    finally:
        index._damage = ""
    assert (found["answers"][0]["answer"], found["answers"][0]["word"]) == ("no-answer", "No answer now")
    assert found["why"] == "register-unready"


def test_a_request_without_its_body_says_so(cast: Cast) -> None:
    answer = cast.officer("LT", "inspector").send("/v1/queries", b"")
    assert answer.status_code == 422
    assert (answer.json()["message"], answer.json()["where"]) == ("The request has no body.", "body")
    assert answer.json()["next_step"]
