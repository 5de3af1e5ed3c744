"""The demonstration's network in a folder: founded once, started and stopped as often as wished."""

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Self

import httpx
import msgspec

from comity.bounded import Line, Name
from comity.config import Config, read_config
from comity.demo.cast import BUREAUS, CLERK, GUEST, NETWORK, PERSONS, RECORDS, SECRETARIAT, VEHICLES, Person
from comity.demo.holding import MODEL, keep_model, take_over_rules
from comity.demo.processes import Process
from comity.demo.wellness import wait_until_up, wait_until_well
from comity.enrolment import issue_pass
from comity.errors import InputError, UnavailableError
from comity.founding import Founding, Offline, renew_roles
from comity.health import Problem  # noqa: TC001 - read when the class is made
from comity.ids import MemberCode
from comity.keyring import Keyring
from comity.limits import BODY_BYTES, MEMBERS_MAX, PASS_RENEW_S
from comity.lock import hold_folder
from comity.members.keys import Keys, open_keys, parse_keys
from comity.node import Node
from comity.parsing import decode
from comity.peer.broker import read_address
from comity.peer.line import DownLine
from comity.peer.passes import parse_pass
from comity.peer.repository import read_publication, write_durably
from comity.private import keep_private
from comity.runtime import PASSPHRASE, read_node_address
from comity.texts import _

MEMBERS: Final = (SECRETARIAT, *BUREAUS)
SIDE_BY_SIDE_MAX: Final = 9
LOOPBACK: Final = "127.0.0.1"


class _State(msgspec.Struct, frozen=True):
    """What the demonstration keeps about itself: invented keys and their passphrases, whether its records are entered.

    ``offline`` is empty in a folder that was founded before it was kept.
    """

    passphrases: Annotated[dict[Name, Line], msgspec.Meta(max_length=MEMBERS_MAX)]
    has_records: bool = False
    offline: Offline = Offline()


class DemoNetwork:
    """A secretariat with its duty desk, two bureaus, a broker. As a context manager: leaving it stops everything.

    ``profile`` is what a passphrase of a network that it founds costs to guess, as for ``Founding``.
    """

    def __init__(self, folder: Path, *, profile: str = "standard") -> None:
        self.folder = folder
        self._profile = profile
        self._stack = contextlib.ExitStack()
        self.broker = Process(("broker", "run", str(folder / "broker"), "--until-stdin-closes"), folder / "broker.log")
        self.nodes: dict[str, Process] = {}
        self.troubles: dict[str, tuple[Problem, ...]] = {}

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._stack.enter_context(hold_folder(self.folder))
        return self

    def __exit__(self, *_: object) -> None:
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda process: process.stop(), [*self.nodes.values()]))
        self.broker.stop()
        self._stack.close()

    def found(self, listen: str = LOOPBACK) -> list[str]:
        """Found the network, unless this folder has it; a line for each thing that was brought up to date in it.

        Its broker listens at ``listen``.
        InputError where the folder's network listens elsewhere: that is decided when it is founded.
        """
        keep_private(self.folder)
        if self._state_path.exists():
            held = read_address(self.folder / "broker")
            if listen != LOOPBACK and held is not None and held.host != listen:
                raise InputError(
                    _("This demonstration listens elsewhere already: {host}.").format(host=held.host),
                    where="--listen",
                    next_step=_("Begin a new one: comity demo --fresh --listen {listen}").format(listen=listen),
                )
            return self._bring_up_to_date()
        founding = Founding(self.folder, NETWORK, SECRETARIAT, now=datetime.now(UTC), profile=self._profile)
        for bureau in (*BUREAUS, GUEST):
            founding.join(bureau)
        founding.publish()
        founding.write_broker(host=listen)
        keep_model(self.folder)
        self._write(_State(founding.passphrases, offline=founding.offline))
        return []

    def remember(self, passphrases: dict[str, str]) -> None:
        """What opens the keys of nodes that were founded elsewhere."""
        self._write(_State(passphrases, has_records=True))

    def give_passwords(self, people: Sequence[Person]) -> dict[str, str]:
        """A new one-time password for each of these people, as whoever holds a stopped node's folder may give."""
        given: dict[str, str] = {}
        for member in {person.member for person in people}:
            with self._stopped_node(member) as node:
                given |= {
                    person.name: node.officers.give(person.name, person.title, person.roles)
                    for person in people
                    if person.member == member
                }
        return given

    def give_named_passwords(self, member: str, names: Sequence[str], roles: tuple[str, ...]) -> dict[str, str]:
        """One-time passwords for officers of one stopped node, all in the same roles."""
        return self.give_passwords([Person(member, name, name, roles, "") for name in names])

    def issue_pass(self, code: str) -> bytes:
        """A new pass for a member's node, by the secretariat's key."""
        config, keys = self._secretariat()
        held = read_publication(config.path("data") / "repository")
        token, _end = issue_pass(
            keys.signer("account"), held, MemberCode(code), datetime.now(UTC), is_secretariat=config.member == code
        )
        return token.encode()

    def passphrase(self, code: str) -> str:
        """What opens a node's keys."""
        return self._read().passphrases[code]

    def start(self) -> None:
        """Start the broker and the nodes, and wait until each is up. ``troubles`` says what is wrong with them."""
        self.start_broker()
        codes = [founder.code for founder in MEMBERS]
        for code in codes:
            self._start(code)
        with ThreadPoolExecutor(len(codes)) as pool:  # side by side, since one that is not well takes its patience
            list(pool.map(self._wait_until_up, codes))

    def start_broker(self) -> None:
        """Start the broker, and wait until it listens."""
        (self.folder / "broker" / "broker.json").unlink(missing_ok=True)
        self.broker.start()
        self.broker.wait_for(lambda: read_address(self.folder / "broker"), "The broker")

    def start_node(self, code: str) -> None:
        """Start one node again, and wait until it is up. ``troubles`` says what is wrong with it."""
        self._start(code)
        self._wait_until_up(code)

    def url(self, code: str) -> str:
        """Where a node serves its pages."""
        found = read_node_address(self.folder / code)
        if found is None:
            raise UnavailableError(_("The node of {code} has not said where it listens.").format(code=code))
        return found.url

    def wait_until_well(self, code: str) -> None:
        """Wait until nothing is wrong with a node but what was when it started.

        UnavailableError, with each problem and what to do about it, after 20 seconds.
        """
        wait_until_well(self.nodes[code], self.folder / code, code, self._known(code))

    def verify_well(self, code: str) -> None:
        """Wait until nothing at all is wrong with a node; UnavailableError as above after 20 seconds."""
        wait_until_well(self.nodes[code], self.folder / code, code)

    def _wait_until_up(self, code: str) -> None:
        self.troubles[code] = wait_until_up(self.nodes[code], self.folder / code, code, self._known(code))

    def _known(self, code: str) -> set[str]:
        return {each.code for each in self.troubles.get(code, ())}

    def enter_records(self, password: str) -> None:
        """Enter the demonstration's records once, as the clerk does."""
        state = self._read()
        if state.has_records:
            return
        with httpx.Client(base_url=self.url("FR"), timeout=20.0) as client:
            token = _json(client.post("/v1/sessions", json={"officer": CLERK.name, "password": password}))["token"]
            client.headers["Authorization"] = f"Bearer {token}"
            form = {"register": "travel-documents", "records": RECORDS, "is_lawful": True}
            _json(client.post("/v1/records", json=form))
            _json(client.post("/v1/records", json=form | {"register": "persons", "records": PERSONS}))
            _json(client.post("/v1/records", json=form | {"register": "vehicles", "records": VEHICLES}))
            client.delete("/v1/sessions")
        self._write(msgspec.structs.replace(state, has_records=True))

    @property
    def has_records(self) -> bool:
        """Whether its records are entered already."""
        return self._read().has_records

    def _secretariat(self) -> tuple[Config, Keys]:
        config = read_config(self.folder / SECRETARIAT.code / "node.toml")
        return config, open_keys(parse_keys(config.path(config.keys).read_bytes()), self.passphrase(SECRETARIAT.code))

    @property
    def offline(self) -> Offline:
        """What holders and bureaus sign with; empty where a guest has joined, and in folders of before."""
        return self._read().offline

    @property
    def repository(self) -> Path:
        """Where the secretariat has what it publishes."""
        return read_config(self.folder / SECRETARIAT.code / "node.toml").path("data") / "repository"

    def _bring_up_to_date(self) -> list[str]:
        """What people would do in a network that lay still for a while, or is of an older program; a line for each."""
        said: list[str] = []
        if self.offline.holders:
            _config, keys = self._secretariat()
            renew_roles(self.repository, keys, self.offline, datetime.now(UTC))
            said += take_over_rules(self.folder, self.repository, keys, self.offline)
            said += self._admit_new()
        self._renew_passes()
        return said

    def _admit_new(self) -> list[str]:
        """Admit members of this program's cast whom an older folder does not have."""
        listed = {each.code for each in read_publication(self.repository).members().members}
        new = [each for each in (*BUREAUS, GUEST) if each.code not in listed]
        if not new:
            return []
        state = self._read()
        kept = (state.offline, state.passphrases)
        founding = Founding(self.folder, NETWORK, SECRETARIAT, now=datetime.now(UTC), profile=self._profile, kept=kept)
        for founder in new:
            founding.join(founder)
        founding.publish()
        passphrases, offline = founding.passphrases, founding.offline
        self._write(msgspec.structs.replace(state, passphrases=passphrases, offline=offline))
        return [_("{title} ({code}) was admitted.").format(title=each.title, code=each.code) for each in new]

    def _renew_passes(self) -> None:
        """Give new passes where those of a folder that lay still for months have ended: running nodes do it in time."""
        for founder in MEMBERS:
            place = self.folder / founder.code / "pass.jwt"
            left = parse_pass(place.read_bytes()).expires_at - datetime.now(UTC)
            if left.total_seconds() < PASS_RENEW_S:
                write_durably(place, self.issue_pass(founder.code))

    @contextlib.contextmanager
    def _stopped_node(self, code: str) -> Iterator[Node]:
        config = read_config(self.folder / code / "node.toml")
        with hold_folder(config.root_folder):
            keyring = Keyring(parse_keys(config.path(config.keys).read_bytes()))
            keyring.unlock(self.passphrase(code))
            node = Node(config, keyring, DownLine(), own_threads=False)
            try:
                yield node
            finally:
                node.close()

    def _start(self, code: str) -> None:
        process = Process(
            ("node", "run", str(self.folder / code / "node.toml"), "--until-stdin-closes"),
            self.folder / f"{code}.log",
            {PASSPHRASE: self.passphrase(code)},
        )
        process.start()
        self.nodes[code] = process

    @property
    def _state_path(self) -> Path:
        return self.folder / "demo.json"

    def _read(self) -> _State:
        return decode(self._state_path.read_bytes(), _State, where=self._state_path.name, most=BODY_BYTES)

    def _write(self, state: _State) -> None:
        write_durably(self._state_path, msgspec.json.encode(state))


def free_folder(base: Path, *, fresh: bool) -> Path:
    """The first demonstration folder beside ``base`` that no other demonstration holds, emptied if ``fresh``."""
    for number in range(1, SIDE_BY_SIDE_MAX + 1):
        folder = base if number == 1 else base.with_name(f"{base.name}-{number}")
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with hold_folder(folder):
                if fresh:
                    _forget(folder)
        except UnavailableError:
            continue
        return folder
    raise UnavailableError(_("{most} demonstrations run already.").format(most=SIDE_BY_SIDE_MAX), where=str(base))


def _forget(folder: Path) -> None:
    """Remove what a demonstration made, and nothing else that may lie there."""
    for name in ("broker", GUEST.code, *(founder.code for founder in MEMBERS)):
        shutil.rmtree(folder / name, ignore_errors=True)
    for pattern in ("*.log", "demo.json", MODEL):
        for path in folder.glob(pattern):
            path.unlink()


def _json(response: httpx.Response) -> dict[str, str]:
    if response.is_error:
        raise UnavailableError(
            _("The node answered {status_code}: {text}").format(
                status_code=response.status_code, text=response.text[:300]
            )
        )
    found: dict[str, str] = response.json()
    return found
