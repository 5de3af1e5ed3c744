"""What every chapter of the story is told with: the network, its officers, and what is expected of an answer."""

import random
import string
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import httpx

from comity.demo.cast import (
    AUDITOR,
    CLERK,
    DUTY,
    EVERYBODY,
    INSPECTOR,
    Person,
)
from comity.demo.network import DemoNetwork
from comity.errors import UnavailableError

WITHIN_S: Final = 1.0  # how soon a measure is in force, and a checkpoint follows
PATIENCE_S: Final = 10.0
PLAY_LETTERS: Final = 3  # 17,576 plays in one folder
POLL_S: Final = 0.02


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
        wrong = []
        for code in self.network.nodes:
            try:
                self.network.verify_well(code)
            except UnavailableError as error:  # one node that is not well hides no other
                wrong.append(str(error))
        expect(not wrong, " ".join(wrong))
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
        time.sleep(POLL_S)


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
