"""A machine that is out of files or memory says nothing of what lies on it: nothing of it is called damaged."""

import errno
import io
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from comity.damage import Damage
from comity.testing import Network
from tests.scenarios.desks import Desk
from tests.scenarios.test_consignments import consign

CAST = ("LT", "FR")


class Machine:
    """It gives ``left`` more files, and then none."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
        self.left = -1
        self._code = code
        monkeypatch.setattr(io, "open", self._wrap(io.open))

    def _wrap(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def opening(*args: Any, **named: Any) -> Any:
            if self.left == 0:
                raise OSError(self._code, "out of it")
            self.left -= self.left > 0
            return call(*args, **named)

        return opening


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
@pytest.mark.parametrize("member", ["GS", "LT"])
def test_who_is_out_of_files_calls_nothing_damaged(
    network: Network, monkeypatch: pytest.MonkeyPatch, code: int, member: str
) -> None:
    desk = Desk(network, "FR")
    desk.send("LT", text="With a photo", attachments=(desk.attach(bytes(300_000)),))
    consign(network, "19AC00006")
    network.check(network.officer("LT", "ruta", "inspector"), "19AC00006", "FRA")
    network.settle(4)
    node, machine = network.nodes[member], Machine(monkeypatch, code)
    for left in (0, 1, 2, 5, 9, 14, 20):
        machine.left = left
        node.tick()
        machine.left = left
        found = node.caretaker.check_all()
        machine.left = -1
        assert found == tuple[Damage, ...]()
        node.tick()
        assert node.damages.all() == ()
        assert not any(each.code.startswith("damaged") for each in node.health().problems)


def test_an_end_while_standard_input_is_waited_for_is_no_crash() -> None:
    """As with a full disk at the start: the program ends with its own code."""
    start = "import time; from comity.runtime import _watch_stdin; _watch_stdin(print)"
    program = f"{start}; time.sleep(0.5); raise SystemExit(5)"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.wait(30) == 5
        assert process.stdin is not None
        process.stdin.close()
