"""The story of the demonstration, step by step, over the nodes' own API and pages."""

import random
import shutil
import string
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import httpx

from comity.config import read_config
from comity.demo.cast import (
    AUDITOR,
    CLEAN,
    CLERK,
    DUTY,
    EVERYBODY,
    FANTASY,
    GUIDE,
    INSPECTOR,
    INSPECTOR_2,
    LAYOUTS,
    REGISTRAR,
    SHOWN,
    STOLEN_BLANK,
    Person,
    mrz,
)
from comity.demo.network import DemoNetwork
from comity.errors import CorruptError
from comity.index.exact import Index
from comity.keyring import Keyring
from comity.ledger.checkpoint import VerifierKey, key_name_of
from comity.members.keys import parse_keys
from comity.plug import StoryPart
from comity.registers.register import ask_keys
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.tiles.paths import contents_path
from comity.tiles.reading import verify_ledger

WITHIN_S: Final = 1.0  # how soon a measure is in force, and a checkpoint follows
PATIENCE_S: Final = 10.0
PLAY_LETTERS: Final = 3  # 17,576 plays in one folder
_POLL_S: Final = 0.02


class RefusedError(AssertionError):
    """A node answered otherwise than the story expects."""


def expect(is_so: bool, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Fail the step unless ``is_so``."""
    if not is_so:
        raise RefusedError(what)


class SkippedError(Exception):
    """A step that cannot be played in this network, and why."""


class Story:
    """The network, and the officers signed in to it.

    A network keeps what earlier plays left in it, so each play enters numbers and references of its own: ``play`` is
    drawn anew, and stands in them.
    """

    def __init__(self, network: DemoNetwork) -> None:
        self.network = network
        self.passwords: dict[str, str] = {}
        self.play = "".join(random.choices(string.ascii_uppercase, k=PLAY_LETTERS))  # noqa: S311 - nobody is to be kept from guessing it
        self.record = ""
        self.answer = ""  # the keeper's entry about the hit on that record
        self._clients: dict[str, httpx.Client] = {}
        self._pids: list[int] = []

    def begin(self) -> None:
        """Found, start and fill the network."""
        for line in self.network.found():
            sys.stdout.write(f"     {line}\n")
        self.passwords = self.network.give_passwords(EVERYBODY)
        self.network.start()
        self.network.enter_records(self.passwords[CLERK.name])
        self._lift_measures()

    def _lift_measures(self) -> None:
        """Lift what a play left in force that was cut off, and wait until the secretariat has published it."""
        closed = [place for place, state in self._standings().items() if state != "open"]
        for member, channel in closed:
            lift(self, member, channel)
        eventually(lambda: set(self._standings().values()) == {"open"}, "every channel is open", PATIENCE_S)

    def standing(self, member: str, channel: str) -> str:
        """What the secretariat's node knows of a member on a channel."""
        return self._standings()[member, channel]

    def _standings(self) -> dict[tuple[str, str], str]:
        members = self.officer(DUTY).get("/v1/members").json()["members"]
        return {(each["code"], said["channel"]): said["state"] for each in members for said in each["standing"]}

    def end(self) -> None:
        """Hang up."""
        for client in self._clients.values():
            client.close()
        self._pids = [self.network.broker.pid, *(process.pid for process in self.network.nodes.values())]

    def verify_well(self) -> None:
        """No node says that anything is wrong, and each one's ledger, database and files agree."""
        for code in self.network.nodes:
            self.network.wait_until_well(code)
        for auditor in (AUDITOR, DUTY):
            report = self.officer(auditor).post("/v1/ledger/verify", timeout=60.0).json()
            expect(report["findings"] == [], f"{auditor.member}: {report['findings']}")

    def verify_stopped(self) -> None:
        """No process of the demonstration is left, nothing listens any more."""
        for code in self.network.nodes:
            try:
                httpx.get(f"{self.network.url(code)}/health", timeout=1.0)
            except httpx.HTTPError:
                continue
            expect(False, f"the node of {code} still answers")

    def anonymous(self, member: str) -> httpx.Client:
        """Somebody whom the node does not know."""
        return self._client("", member)

    def officer(self, person: Person) -> httpx.Client:
        """An officer's signed-in client."""
        client = self._client(person.name, person.member)
        if "Authorization" not in client.headers:
            found = client.post("/v1/sessions", json={"officer": person.name, "password": self.passwords[person.name]})
            expect(found.status_code == httpx.codes.CREATED, f"sign-in answered {found.status_code}: {found.text}")
            client.headers["Authorization"] = f"Bearer {found.json()['token']}"
        return client

    def check(self, number: str = "", *, zone: str = "", **more: Any) -> httpx.Response:
        """A check by the inspector of LT."""
        document = {"mrz": zone} if zone else {"number": number, "country": "FRA", "type": "passport"}
        return self.officer(INSPECTOR).post(
            "/v1/queries", json={"purpose": "border-control", **document, **more}, timeout=15.0
        )

    def _client(self, name: str, member: str) -> httpx.Client:
        url = self.network.url(member)
        client = self._clients.get(name)
        if client is None or str(client.base_url).rstrip("/") != url:
            headers = {"Authorization": client.headers["Authorization"]} if client and name else {}
            client = self._clients[name] = httpx.Client(base_url=url, timeout=10.0, headers=headers)
        return client


def the_answer(response: httpx.Response) -> dict[str, Any]:
    """The one register's answer to a check."""
    expect(response.status_code == httpx.codes.OK, f"the check answered {response.status_code}: {response.text[:300]}")
    found: dict[str, Any] = response.json()["answers"][0]
    return found


def expect_refusal(response: httpx.Response, *rules: str) -> None:
    """Refused, by that rule or the one before it in a network of before, on the record."""
    expect(response.status_code == httpx.codes.FORBIDDEN, f"answered {response.status_code}: {response.text[:300]}")
    problem = response.json()
    spoke = {each["number"] for each in problem["rules"]}
    expect(not spoke.isdisjoint(rules), f"{rules[0]} did not speak: {problem['rules']}")
    expect(bool(problem["entry"]), "the refusal is not on the record")


def eventually(is_so: Callable[[], bool], what: str, seconds: float) -> None:
    """Fail unless ``is_so`` within that time."""
    until = time.monotonic() + seconds
    while not is_so():
        expect(time.monotonic() < until, f"{what} within {seconds} s")
        time.sleep(_POLL_S)


def take(story: Story, member: str, channel: str) -> None:
    """The secretariat suspends a member on one channel, for thirty days."""
    until = time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() + 30 * 86_400))
    form = {
        "member": member, "channel": channel, "state": "suspended", "reason": "Demonstration.", "reference": "DEMO-1",
        "until_at": until,
    }  # fmt: skip
    taken = story.officer(DUTY).post("/v1/standing", json=form)
    expect(taken.is_success, taken.text[:300])


def lift(story: Story, member: str, channel: str) -> None:
    """The secretariat opens a channel again."""
    form = {"member": member, "channel": channel, "state": "open", "reason": "The demonstration goes on."}
    lifted = story.officer(DUTY).post("/v1/standing", json=form)
    expect(lifted.is_success, lifted.text[:300])


def wrong_password(story: Story) -> None:
    """A wrong password is refused, on the record."""
    tried = story.anonymous("LT").post("/v1/sessions", json={"officer": INSPECTOR.name, "password": "not the one"})
    expect(tried.status_code == httpx.codes.UNAUTHORIZED, f"answered {tried.status_code}: {tried.text[:300]}")


def sign_in(story: Story) -> None:
    """Every officer signs in by the one-time password, which is then used up."""
    for person in SHOWN:
        story.officer(person)
    again = {"officer": INSPECTOR.name, "password": story.passwords[INSPECTOR.name]}
    used_up = story.anonymous("LT").post("/v1/sessions", json=again)
    expect(used_up.status_code == httpx.codes.UNAUTHORIZED, "a one-time password worked twice")


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


def enter(story: Story) -> None:
    """FR enters a record; the keeper's receipt comes back, and LT finds it within seconds."""
    number = f"22DF{story.play}01"
    entered = _enter(story, REGISTRAR, number, "FRA")
    expect(bool(entered["receipt"]), "no receipt of the keeper")
    eventually(lambda: the_answer(story.check(number))["answer"] == "hit", "it is found", PATIENCE_S)


def enter_elsewhere(story: Story) -> None:
    """LT enters one of its own into the same register, and FR finds it."""
    number = f"22LT{story.play}01"
    _enter(story, GUIDE, number, "LTU")
    eventually(lambda: _is_found(story, REGISTRAR, number, "LTU"), "FR finds it", PATIENCE_S)


def _enter(story: Story, by: Person, number: str, country: str, **more: str) -> dict[str, Any]:
    fields = {"number": number, "country": country, "type": "passport", "loss": "stolen"}
    form = {"register": TRAVEL_DOCUMENTS.name, "records": [fields], "is_lawful": True} | more
    entered = story.officer(by).post("/v1/records", json=form)
    expect(entered.status_code == httpx.codes.CREATED, f"answered {entered.status_code}: {entered.text[:300]}")
    found: dict[str, Any] = entered.json()
    return found


def _is_found(story: Story, by: Person, number: str, country: str) -> bool:
    time.sleep(10 * _POLL_S)  # the rulebook counts how often an officer asks
    asked = {"number": number, "country": country, "purpose": "investigation", "reference": "DEMO-7"}
    return str(the_answer(story.officer(by).post("/v1/queries", json=asked))["answer"]) == "hit"


def foreign(story: Story) -> None:
    """A record of another country is refused, and an inspector enters nothing."""
    fields = {"number": "LT1234567", "country": "LTU", "type": "passport", "loss": "lost"}
    form = {"register": "travel-documents", "records": [fields], "is_lawful": True}
    expect_refusal(story.officer(REGISTRAR).post("/v1/records", json=form), "TD-1.2", "TD-1.1")
    expect_refusal(story.officer(INSPECTOR).post("/v1/records", json=form), "RPD-21.1")


def excluded(story: Story) -> None:
    """A record that is not open to LT looks to LT like no record."""
    number = f"21CE{story.play}01"
    _enter(story, REGISTRAR, number, "FRA", audience="all but LT")
    eventually(lambda: _is_found(story, REGISTRAR, number, "FRA"), "the source finds its own record", PATIENCE_S)
    hidden, none = the_answer(story.check(number)), the_answer(story.check(CLEAN))
    for answer in (hidden, none):
        answer.pop("as_of")
    expect(hidden == none, "the two answers differ")


def measure(story: Story) -> None:
    """The secretariat suspends LT's queries: in force within a second, and lifted as fast; entering stays open."""
    form = {"member": "LT", "channel": "query", "state": "suspended", "reason": "Demonstration.", "reference": "DEMO-1"}
    expect_refusal(story.officer(DUTY).post("/v1/standing", json=form), "RPD-131.4")
    take(story, "LT", "query")
    eventually(lambda: story.check(CLEAN).status_code == httpx.codes.FORBIDDEN, "the measure is in force", WITHIN_S)
    expect_refusal(story.check(CLEAN), "RPD-131.1")
    lift(story, "LT", "query")
    eventually(lambda: story.check(CLEAN).is_success, "the measure is lifted", WITHIN_S)


def line_down(story: Story) -> None:
    """The broker goes: no answer, said as such, and health is red. It comes back: so does the answer, by itself."""
    story.network.broker.stop()
    eventually(lambda: story.anonymous("LT").get("/health").status_code != httpx.codes.OK, "health is red", PATIENCE_S)
    answer = the_answer(story.check(STOLEN_BLANK))
    expect(answer["answer"] == "no-answer", f"the answer was {answer['answer']}")
    story.network.start_broker()
    for code in story.network.nodes:
        story.network.wait_until_well(code)
    expect(the_answer(story.check(STOLEN_BLANK))["answer"] == "hit", "no hit after the broker came back")


def power_cut(story: Story) -> None:
    """LT's node loses power and comes back: the session goes on, nothing that was acknowledged is lost."""
    before = story.check(STOLEN_BLANK).json()["entry"]
    story.network.nodes["LT"].kill()
    story.network.start_node("LT")
    expect(the_answer(story.check(STOLEN_BLANK))["answer"] == "hit", "no hit after the power came back")
    eventually(
        lambda: story.officer(AUDITOR).get(f"/v1/ledger/{before}").is_success, "the entry is in the ledger", PATIENCE_S
    )


def damaged_index(story: Story) -> None:
    """One byte of a key in the secretariat's index is changed: never "nothing". It is found out, and mends itself."""
    gs = story.network.nodes["GS"]
    gs.stop()
    _change_key(story.network.folder / "GS")
    said_before = gs.log.stat().st_size
    gs.start()
    answers: list[str] = []

    def is_found_again() -> bool:
        time.sleep(10 * _POLL_S)  # the rulebook counts how often an officer asks
        answers.append(str(the_answer(story.check(STOLEN_BLANK))["answer"]))
        return answers[-1] == "hit"

    eventually(is_found_again, "the record is found again", PATIENCE_S)
    expect(set(answers) <= {"no-answer", "hit"}, f"the answers were {answers}")
    expect(b"index.damaged" in gs.log.read_bytes()[said_before:], "the secretariat's node did not find it out")
    story.network.wait_until_well("GS")


def _change_key(folder: Path) -> None:
    """Change one byte of the stolen blank's key in a page of the index that is in use."""
    path = read_config(folder / "node.toml").path("data") / "index" / f"{TRAVEL_DOCUMENTS.name}.lmdb"
    key = ask_keys(TRAVEL_DOCUMENTS, {"number": STOLEN_BLANK, "country": "FRA"})[0]
    kept, place = path.read_bytes(), -1
    while (place := kept.find(key, place + 1)) >= 0:
        path.write_bytes(kept[:place] + bytes([key[0] ^ 1]) + kept[place + 1 :])
        if _is_damaged(path, key):
            return
    expect(is_so=False, what="the index does not have the record")


def _is_damaged(path: Path, key: bytes) -> bool:
    with closing(Index(path, TRAVEL_DOCUMENTS.name, readonly=True)) as index:
        try:
            index.look_up(key)
        except CorruptError:
            return True
    return False


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


def one_byte(story: Story) -> None:
    """One changed byte in an entry of a copy of the ledger is found, and the entry named."""
    config = read_config(story.network.folder / "LT" / "node.toml")
    copy = story.network.folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(config.path("data") / "ledger", copy)
    key = Keyring(parse_keys(config.path(config.keys).read_bytes())).signer("ledger").public
    verifier = VerifierKey(key_name_of(config.network, config.code), key)
    expect(not verify_ledger(copy, config.network, config.code, verifier).findings, "the copy does not verify")
    period = next(path for path in copy.iterdir() if path.is_dir())
    changed = period / contents_path(0)
    data = bytearray(changed.read_bytes())
    data[len(data) // 2] ^= 1
    changed.write_bytes(data)
    findings = verify_ledger(copy, config.network, config.code, verifier).findings
    expect(len(findings) == 1 and "entry" in findings[0], f"found: {findings}")


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
        ("a wrong password is refused", wrong_password),
        ("every officer signs in, once by each one-time password", sign_in),
        ("a pasted zone hits", hit),
        ("every format of zone is read", formats),
        ("no hit says as of which position", no_hit),
        ("a wrong check digit is shown, and one may go on", wrong_digit),
        ("a passport of no state: its bearer hits, documents say why they were not asked", fantasy_passport),
        ("an issuing state that cannot be read is typed beside the zone", misread_issuer),
        ("without purpose or case nobody is asked", no_purpose),
        ("details verify the source's signature", details),
        ("FR enters a record and LT finds it", enter),
        ("LT enters into the same register and FR finds it", enter_elsewhere),
        ("another country's record is refused", foreign),
        ("to an excluded member a record looks like none", excluded),
        ("a measure is in force within a second", measure),
        ("without a line: no answer, never no hit", line_down),
        ("a power cut loses nothing", power_cut),
        ("a damaged index is found out: no answer, never no hit, and it mends itself", damaged_index),
        ("the ledger shows and verifies everything", ledger),
        ("one changed byte is found and named", one_byte),
        ("the page says the same", page),
    )
)
