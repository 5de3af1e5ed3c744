"""A further register costs its own file and a line in the list: it is then entered and asked on every face."""

import subprocess
import sys
from pathlib import Path

BOATS = """
from comity.ids import RegisterName
from comity.registers import declared
from comity.registers.fields import Field
from comity.registers.numbers import normalise_number
from comity.registers.register import Key, Order, Register
from comity.registers.terms import Subject, Term

BOAT = Subject(name="boat", title="Boat", legend="or a boat")
HULL = Term(
    name="hull", title="Hull number", about=BOAT, missing="The hull number is missing.", step="Type it.",
    help="A boat's hull number.",
)
SORT = Term(
    name="sort", title="Sort of boat", about=BOAT, choices={"rowing-boat": "Boat for rowing", "barge": "Barge"},
    help="What it is.",
)
BOATS = Register(
    name=RegisterName("boats"),
    title="Boats",
    fields=(
        Field(name="hull", title="Hull number", normalise=normalise_number, required=True),
        Field(name="fate", title="Fate", required=True, choices={"sunk": "Sunk on purpose"}),
    ),
    keys=(
        Key(
            name="hull",
            terms=("hull",),
            of_terms=lambda terms: (normalise_number(terms["hull"]),),
            of_record=lambda fields, _groups: (fields["hull"],),
        ),
    ),
    asked_by=(HULL, SORT),
    named_by=(("hull",),),
    entered_by="any-member",
    retention_years=5,
    postings_max=8,
    instructions={"seize": Order(title="Seize the boat", headline="Hit: seize the boat")},
    shown_on_hit=("hull", "fate"),
    hit_line="{hull}: {fate}",
)
declared.DECLARED = (*declared.DECLARED, BOATS)
"""

PLAY = """
import sys
from pathlib import Path

from litestar.testing import TestClient
from typer.testing import CliRunner

from comity.api.app import create_app
from comity.cli import app as program
from comity.registers.about import keys_about
from comity.testing import Network

network = Network(Path(sys.argv[1]), members=("LT", "FR"))
claire = network.officer("FR", "claire", "registrar")
rasa = network.officer("LT", "rasa", "inspector")
with TestClient(create_app(network.nodes["FR"])) as fr, TestClient(create_app(network.nodes["LT"])) as lt:
    record = {"hull": "LT-ABC 12", "fate": "sunk"}
    form = {"register": "boats", "records": [record], "is_lawful": True}
    made = fr.post("/v1/records", json=form, headers={"Authorization": f"Bearer {claire.token}"})
    assert made.status_code == 201, made.text
    network.turn(1)
    network.turn(1)

    asked = {"hull": "ltabc12", "purpose": "border-control"}
    found = lt.post("/v1/queries", json=asked, headers={"Authorization": f"Bearer {rasa.token}"}).json()
    answers = {each["register"]: each for each in found["answers"]}
    assert answers["boats"]["answer"] == "hit", found
    assert answers["boats"]["hits"][0]["shown"]["fate"] == "sunk"
    assert found["hull"] == "ltabc12"
    assert not any(each["was_meant"] for name, each in answers.items() if name != "boats")
    for sort in ("barge", "Boat for rowing", "BARGE"):
        again = lt.post("/v1/queries", json=asked | {"sort": sort}, headers={"Authorization": f"Bearer {rasa.token}"})
        assert again.json()["sort"] in ("barge", "rowing-boat"), again.text
    wrong = lt.post("/v1/queries", json=asked | {"sort": "ark"}, headers={"Authorization": f"Bearer {rasa.token}"})
    assert (wrong.status_code, wrong.json()["where"]) == (422, "sort"), wrong.text
    assert "Boat for rowing" in wrong.json()["next_step"], wrong.text
    assert "hull" in lt.get("/v1/openapi.json").text

    password = network.nodes["LT"].officers.give("tomas", "Tomas", ("inspector",))
    page = lt.post("/sign-in", data={"officer": "tomas", "password": password}, headers={"Origin": "http://testserver.local"})
    page = lt.get("/check")
    assert 'name="hull"' in page.text and "or a boat" in page.text, page.text
    page = lt.post("/check", data=asked, headers={"Origin": "http://testserver.local"})
    assert "Hit: seize the boat" in page.text, page.text
    assert "sunk on purpose" in page.text.lower()

for words in (("check", "--help"), ("enter", "boats", "--help")):
    said = CliRunner().invoke(program, words, env={"COLUMNS": "200"})
    assert said.exit_code == 0 and "--hull" in said.stdout, said.stdout
assert "--fate" in said.stdout
assert keys_about("LT-ABC 12")
network.close()
"""


def test_a_further_register_is_entered_and_asked_on_page_api_and_command(tmp_path: Path) -> None:
    """In a process of its own, where the list has one line more from the start; nothing else knows of it."""
    done = subprocess.run(
        [sys.executable, "-c", BOATS + PLAY, str(tmp_path / "network")],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
