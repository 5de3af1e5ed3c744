"""A real network for the tests: keys, accounts, a CA, and brokers in processes of their own."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from comity.ids import MemberCode
from comity.members.nkey import account_name
from comity.peer.broker import ANY_PORT, BrokerPlan, push_account, read_address, write_broker
from comity.peer.certificates import make_ca, make_server_certificate, new_key
from comity.peer.connection import Access, Broker
from comity.peer.credentials import Holder, account_claims, member_pass, operator_claims, system_pass
from comity.peer.nats_line import NatsLine
from comity.signer import Ed25519Signer

LT, FR, BR, XX, GS = (MemberCode(code) for code in ("LT", "FR", "BR", "XX", "GS"))
RUN = (
    "import sys; from pathlib import Path; from comity.peer.broker import run_broker; "
    "run_broker(Path(sys.argv[1]), until_stdin_closes=True)"
)


def until(is_so: Callable[[], bool], within_s: float = 5.0) -> bool:
    end = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def key_of(name: str) -> Ed25519Signer:
    return Ed25519Signer(name.encode().ljust(32, b"."))


class Network:
    """One network: its keys, and its broker's folder and process."""

    def __init__(self, folder: Path, name: str = "test", port: int = ANY_PORT) -> None:
        self.folder, self.name = folder, name
        self.now = datetime.now(UTC)
        self.operator, self.system, self.account = (key_of(f"{name} {part}") for part in ("op", "sys", "acc"))
        self.ca = make_ca(name, new_key(), self.now)
        key = new_key()
        accounts = {
            account_name(self.system.public): account_claims(self.operator, self.system.public, "SYS", self.now),
            account_name(self.account.public): account_claims(self.operator, self.account.public, name, self.now),
        }
        plan = BrokerPlan(
            operator=operator_claims(self.operator, self.system.public, name, self.now),
            system_account=account_name(self.system.public),
            accounts=accounts,
            certificate=make_server_certificate(self.ca, key, [], self.now),
            key=key,
            port=port,
        )
        write_broker(folder, plan)
        self.broker = Broker(self.addresses, self.ca.certificate)
        self.process: subprocess.Popen[bytes] | None = None
        self.ended: int | None = None

    def addresses(self) -> list[str]:
        address = read_address(self.folder)
        return [address.url] if address else []

    def start(self) -> None:
        before = read_address(self.folder)
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, str(self.folder)], stdin=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert until(lambda: read_address(self.folder) not in {None, before}, 10.0)

    def stop(self) -> None:
        if self.process is not None:
            self.process.communicate(timeout=10)
            self.ended = self.process.returncode
            self.process = None

    def access(self, member: MemberCode, account: Ed25519Signer | None = None) -> Access:
        key = key_of(f"{self.name} node {member}")
        holder = Holder(member, key.public, is_secretariat=member == GS)

        def token() -> str:
            return member_pass(account or self.account, holder, self.now, self.now + timedelta(days=1))

        return Access(token, key.sign)

    def push(self, revocations: dict[str, datetime], at: datetime, system: Ed25519Signer | None = None) -> None:
        token = account_claims(self.operator, self.account.public, self.name, at, revocations)
        key = key_of("push")
        access = Access(lambda: system_pass(system or self.system, key.public, at, at + timedelta(hours=1)), key.sign)
        push_account(self.broker, access, account_name(self.account.public), token)

    @contextmanager
    def line(self, member: MemberCode) -> Iterator[NatsLine]:
        with NatsLine(member, self.broker, self.access(member)) as line:
            assert until(lambda: line.is_up)
            yield line


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    network = Network(tmp_path_factory.mktemp("broker"))
    network.start()
    yield network
    network.stop()


@pytest.fixture
def nothing_left_running() -> Iterator[None]:
    yield
    assert until(lambda: not [t for t in threading.enumerate() if t.name.startswith("line-")])
