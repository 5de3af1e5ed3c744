"""A folder that was founded by the program before: its nodes get their new passes by themselves, the old ones end."""

import asyncio
import contextlib
from datetime import timedelta
from pathlib import Path

import httpx
import nats.errors
import pytest
from nats.aio.client import Client

from comity import enrolment
from comity.config import read_config
from comity.demo.cast import GUEST
from comity.demo.invitation import accept, invite
from comity.demo.network import MEMBERS, DemoNetwork
from comity.ids import MemberCode
from comity.keyring import Keyring
from comity.members.keys import parse_keys
from comity.peer.connection import Access, connect, hang_up
from comity.peer.passes import parse_pass, right_permits
from comity.runtime import make_broker
from tests.peer.conftest import until
from tests.scenarios.test_passes import as_before

pytestmark = pytest.mark.processes


def is_let_in(folder: Path, passphrase: str, token: str) -> bool:
    """Whether the broker lets a client with that pass in, by the key of the node in ``folder``."""
    config = read_config(folder / "node.toml")
    keyring = Keyring(parse_keys(config.path(config.keys).read_bytes()))
    keyring.unlock(passphrase)
    access = Access(lambda: token, keyring.signer("broker").sign)

    async def try_it() -> bool:
        client = Client()
        try:
            await connect(client, make_broker(config), access, inbox=f"_INBOX.{config.code}")
        except (OSError, nats.errors.Error):
            return False
        else:
            return True
        finally:
            await hang_up(client)

    return asyncio.run(try_it())


def test_a_kept_folder_gets_new_passes_and_its_old_ones_let_nobody_in(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with DemoNetwork(folder, profile="test") as network:
        with as_before():
            network.found()
        (folder / "GS" / "data" / "broker-users.json").unlink(missing_ok=True)
        codes = ("GS", "LT", "FR")
        old = {code: (folder / code / "pass.jwt").read_text() for code in (*codes, GUEST.code)}
        network.start()

        def is_renewed(code: str) -> bool:
            held = parse_pass((folder / code / "pass.jwt").read_bytes())
            return held.permits == right_permits(MemberCode(code), is_secretariat=code == "GS")

        assert until(lambda: all(map(is_renewed, codes)), 30)
        for code in codes:
            phrase = network.passphrase(code)
            assert until(lambda at=folder / code, by=phrase, of=old[code]: not is_let_in(at, by, of), 30), code  # type: ignore[misc]
            assert is_let_in(folder / code, phrase, (folder / code / "pass.jwt").read_text())
            with contextlib.suppress(httpx.HTTPError):
                network.wait_until_well(code)
        laptop = tmp_path / "laptop"
        accept(*invite(network), laptop)
        token = (laptop / GUEST.code / "pass.jwt").read_text()
        assert token != old[GUEST.code]
        assert parse_pass(token.encode()).permits == right_permits(MemberCode(GUEST.code), is_secretariat=False)


def test_a_folder_that_lay_still_for_months_starts_with_passes_that_let_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, codes = tmp_path / "demo", [founder.code for founder in MEMBERS]

    def passes() -> dict[str, bytes]:
        return {code: (folder / code / "pass.jwt").read_bytes() for code in codes}

    with DemoNetwork(folder, profile="test") as network:
        with monkeypatch.context() as patch:
            patch.setattr(enrolment, "PASS_S", 10 * 86_400.0)
            network.found()
        before = passes()
        network.found()
        after = passes()
        network.found()
    for code in codes:
        assert parse_pass(after[code]).expires_at > parse_pass(before[code]).expires_at + timedelta(days=60)
    assert passes() == after
