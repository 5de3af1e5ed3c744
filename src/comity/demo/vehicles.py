"""The story's chapter about vehicles: one entered, found by each of its numbers, and quiet where it is not asked."""

from typing import Any, Final

import httpx

from comity.demo.cast import CLEAN, INSPECTOR, REGISTRAR
from comity.demo.chapters import PATIENCE_S, Story, eventually, expect
from comity.plug import StoryPart

REFUSED_VIN: Final = "1DEMZZZ59TA000001"  # invented, and its check digit does not hold


def vin_of(story: Story) -> str:
    """An invented number of this play's own; no VIN has I, O or Q, which a play's letters may."""
    own = "".join(f"{ord(letter) - ord('A'):02}" for letter in story.play)
    return f"UU9DEMXZZT{own}1"


def found_by_each_number(story: Story) -> None:
    """FR enters a stolen car; LT finds it by its VIN with O for 0, by plate and country, and by its engine."""
    vin, plate, engine = vin_of(story), f"DE-{story.play}-11", f"ENG {story.play} 0042"
    record = {
        "vin": vin, "plate": plate, "plate_country": "FRA", "engine": engine, "status": "stolen", "kind": "car",
        "make": "Invented", "colour": "grey",
    }  # fmt: skip
    entered = _enter(story, record)
    expect(entered.status_code == httpx.codes.CREATED, f"answered {entered.status_code}: {entered.text[:300]}")
    eventually(lambda: _answers(story, vin=vin)["vehicles"]["answer"] == "hit", "it is found", PATIENCE_S)
    for asked in (
        {"vin": vin.replace("0", "O").lower()},
        {"plate": plate.lower(), "plate_country": "FRA"},
        {"engine": engine.replace(" ", "")},
    ):
        answers = _answers(story, **asked)
        expect(answers["vehicles"]["answer"] == "hit", f"{asked}: {answers['vehicles']['word']}")
        hit = answers["vehicles"]["hits"][0]
        expect((hit["instruction"], hit["shown"]["vin"]) == ("seize", vin), str(hit))
        quiet = [name for name, each in answers.items() if each["answer"] == "not-asked" and not each["was_meant"]]
        expect(quiet == ["travel-documents", "persons"], f"not asked: {quiet}")


def quiet_beside_a_passport(story: Story) -> None:
    """Where a passport is asked about, the register of vehicles says that it was not asked, and why."""
    vehicles = _answers(story, number=CLEAN, country="FRA")["vehicles"]
    expect(vehicles["word"] == "Not asked (the VIN is missing)", vehicles["word"])
    expect((vehicles["was_meant"], vehicles["where"]) == (False, "vin"), str(vehicles))


def wrong_check_digit(story: Story) -> None:
    """A VIN of North America whose check digit does not hold is not entered and not asked, and the place is named."""
    refused = _enter(story, {"vin": REFUSED_VIN, "status": "stolen"})
    asked = story.officer(INSPECTOR).post("/v1/queries", json={"vin": REFUSED_VIN, "purpose": "border-control"})
    for answered in (refused, asked):
        expect(answered.status_code == httpx.codes.UNPROCESSABLE_ENTITY, f"answered {answered.status_code}")
        expect("check digit in place 9 of the VIN" in answered.json()["message"], answered.text[:300])


def _enter(story: Story, record: dict[str, str]) -> httpx.Response:
    form = {"register": "vehicles", "records": [record], "is_lawful": True}
    return story.officer(REGISTRAR).post("/v1/records", json=form)


def _answers(story: Story, **asked: str) -> dict[str, dict[str, Any]]:
    answered = story.officer(INSPECTOR).post("/v1/queries", json={"purpose": "border-control", **asked}, timeout=15.0)
    expect(answered.status_code == httpx.codes.OK, f"answered {answered.status_code}: {answered.text[:300]}")
    return {each["register"]: each for each in answered.json()["answers"]}


PART: Final = StoryPart(
    (
        ("a stolen car is found by VIN, plate and engine", found_by_each_number),
        ("beside a passport the register of vehicles is quiet", quiet_beside_a_passport),
        ("a VIN whose check digit does not hold is refused at its place", wrong_check_digit),
    )
)
