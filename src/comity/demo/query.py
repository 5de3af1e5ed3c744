"""The story's chapter about checks: what they answer, and that they stand in the ledger."""

from typing import Final

import httpx

from comity.demo.cast import AUDITOR, CLEAN, FANTASY, INSPECTOR, INSPECTOR_2, LAYOUTS, STOLEN_BLANK, mrz
from comity.demo.chapters import WITHIN_S, Story, eventually, expect, expect_refusal, the_answer
from comity.plug import StoryPart


def hit(story: Story) -> None:
    """A pasted zone hits: instruction, source and handling."""
    checked = story.check(zone=mrz(STOLEN_BLANK))
    answer = the_answer(checked)
    expect(answer["answer"] == "hit", f"the answer was {answer['answer']}")
    found = answer["hits"][0]
    expect((found["source"], found["instruction"], found["handling"]) == ("FR", "hold", "official-use"), str(found))
    story.record, story.answer = found["record"], checked.json()["record"]["counterpart"]["entry"]


def formats(story: Story) -> None:
    """Each format of zone is read."""
    for layout in LAYOUTS:
        answer = the_answer(story.check(zone=mrz(CLEAN, layout=layout)))
        expect(answer["answer"] == "nothing", f"{layout.name}: the answer was {answer['answer']}")


def no_hit(story: Story) -> None:
    """Nothing open to LT, as of a position of the register."""
    answer = the_answer(story.check(CLEAN))
    expect(answer["answer"] == "nothing" and answer["position"] >= 1, str(answer))


def wrong_digit(story: Story) -> None:
    """A wrong check digit is shown at its character, and one may go on."""
    zone = mrz(STOLEN_BLANK)
    first, second = zone.splitlines()
    wrong = f"{first}\n{second[:9]}{(int(second[9]) + 1) % 10}{second[10:]}"
    shown = story.check(zone=wrong)
    expect(shown.status_code == httpx.codes.UNPROCESSABLE_ENTITY, f"answered {shown.status_code}")
    digit = shown.json()["digits"][0]
    expect((digit["name"], digit["line"], digit["column"]) == ("number", 2, 10), str(digit))
    answer = the_answer(story.check(zone=wrong, accept_check_digits=True))
    expect(answer["answer"] == "hit", f"going on answered {answer['answer']}")


def fantasy_passport(story: Story) -> None:
    """A passport of no state: its bearer hits, and travel documents, which cannot be asked, say why."""
    response = story.check(zone=FANTASY)
    documents, persons = the_answer(response), response.json()["answers"][1]
    expect(documents["word"] == "Not asked (nobody issues documents under WSA)", documents["word"])
    expect(persons["answer"] == "hit", f"persons answered {persons['word']}")


def misread_issuer(story: Story) -> None:
    """An issuing state that cannot be read: not asked, with the field to fill; typed beside the zone, it hits."""
    misread = mrz(STOLEN_BLANK).replace("P<FRA", "P<FR4", 1)
    answer = the_answer(story.check(zone=misread))
    expect(answer["word"] == "Not asked (the issuing state cannot be read)", answer["word"])
    expect((answer["where"], "FRA" in answer["next_step"]) == ("country", True), str(answer))
    expect(the_answer(story.check(zone=misread, country="FRA"))["answer"] == "hit", "typed beside the zone: no hit")


def no_purpose(story: Story) -> None:
    """Without a purpose, or without the case that it demands, nobody is asked."""
    expect_refusal(story.check(CLEAN, purpose=""), "RPD-10.1")
    expect_refusal(story.check(CLEAN, purpose="investigation"), "RPD-10.2")


def details(story: Story) -> None:
    """The whole record by a second act, with the source's signature verified."""
    url = f"/v1/records/{story.record}/read"
    found = story.officer(INSPECTOR).post(url, json={"purpose": "border-control"}).json()
    record = found["found"] or {}
    expect(record.get("is_verified") is True, str(found)[:300])
    expect(record["fields"]["theft_date"] == "2026-03-04", str(record))


def ledger(story: Story) -> None:
    """Everything is in the ledger within a second, shown with its proof, and it verifies."""
    entry = story.check(STOLEN_BLANK).json()["entry"]
    auditor = story.officer(AUDITOR)
    eventually(lambda: auditor.get(f"/v1/ledger/{entry}").is_success, "the entry is under a checkpoint", WITHIN_S)
    kinds = {each["kind"] for each in auditor.get("/v1/ledger", params={"most": 200}).json()["entries"]}
    expect({"session.open", "query.ask", "answer.receive", "record.read"} <= kinds, f"missing kinds: {kinds}")
    report = auditor.post("/v1/ledger/verify").json()
    expect(report["findings"] == [] and report["entries"] > 0, str(report))
    expect_refusal(story.officer(INSPECTOR).get("/v1/ledger"), "RPD-21.1")


def page(story: Story) -> None:
    """The page says the same as the API: signing in, a check, a hit."""
    password = story.anonymous("LT")
    given = story.officer(AUDITOR).post(f"/v1/officers/{INSPECTOR_2.name}/reset").json()
    with httpx.Client(base_url=str(password.base_url), follow_redirects=True, timeout=15.0) as browser:
        browser.headers["Origin"] = str(password.base_url).rstrip("/")
        browser.post("/sign-in", data={"officer": INSPECTOR_2.name, "password": given["one_time_password"]})
        answered = browser.post("/check", data={"mrz": mrz(STOLEN_BLANK), "purpose": "border-control"})
        expect("Hit: hold the document" in answered.text, f"{answered.status_code} {answered.url}")


PART: Final = StoryPart(
    (
        ("a pasted zone hits", hit),
        ("every format of zone is read", formats),
        ("no hit says as of which position", no_hit),
        ("a wrong check digit is shown, and one may go on", wrong_digit),
        ("a passport of no state: its bearer hits, documents say why they were not asked", fantasy_passport),
        ("an issuing state that cannot be read is typed beside the zone", misread_issuer),
        ("without purpose or case nobody is asked", no_purpose),
        ("details verify the source's signature", details),
        ("the ledger shows and verifies everything", ledger),
        ("the page says the same", page),
    )
)
