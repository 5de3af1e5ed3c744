"""A second laptop joins a running demonstration, as its people do it at two terminals."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from comity.demo.cast import GUEST
from comity.demo.invitation import accept
from comity.demo.network import DemoNetwork
from comity.errors import InputError, MalformedError, UntrustedError

pytestmark = pytest.mark.processes


def comity(*arguments: str, **env: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "comity", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | env, start_new_session=True,
    )  # fmt: skip


def test_a_guest_joins_by_one_file_and_one_code(tmp_path: Path) -> None:
    file = tmp_path / "seat.invitation"
    with DemoNetwork(tmp_path / "demo", profile="test") as network:
        network.found()
        network.start()
        said, _ = comity("demo", "--folder", str(tmp_path / "demo"), "--invite", str(file)).communicate(timeout=30)
        code = re.search(r"([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})", said)
        assert code is not None, said
        assert "reached from this machine only" in said
        _refuse(file.read_bytes(), code[1], tmp_path)
        guest = comity("demo", "--join", str(file), "--folder", str(tmp_path / "guest"), COMITY_CODE=code[1].lower())
        try:
            assert guest.stdout is not None
            lines = [guest.stdout.readline() for _ in range(2)]
            url = re.search(r"http://\S+", lines[1])
            assert url is not None, lines
            assert httpx.get(f"{url[0]}/health", timeout=5.0).status_code == httpx.codes.OK
        finally:
            guest.send_signal(signal.SIGINT)
            guest.communicate(timeout=20)
        assert guest.returncode == 0


def _refuse(data: bytes, code: str, folder: Path) -> None:
    """Another code, another file and a second guest in one folder get nowhere."""
    with pytest.raises(UntrustedError):
        accept(data, "AAAA-BBBB-CCCC-DDDD", folder / "a")
    with pytest.raises(UntrustedError):
        accept(data[:-20] + (b"B" if data[-20:-19] == b"A" else b"A") + data[-19:], code, folder / "a")
    for other in (b"", b"{}", b"x" * 2_000_000, data[:-30]):
        with pytest.raises(MalformedError):
            accept(other, code, folder / "a")
    assert not (folder / "a" / GUEST.code).exists()
    accept(data, code, folder / "b")
    with pytest.raises(InputError):
        accept(data, code, folder / "b")
