"""What is wrong is said, with what to do; red only where people cannot work."""

import shutil

import msgspec
import pytest

from comity.health import Vital, judge_health
from comity.members.directory import Freshness
from comity.rules.in_force import InForce
from comity.rules.model import FIRST_RULEBOOK, MODEL_RULEBOOK
from comity.rules.written import OutlinedRule
from comity.testing import Network

UNREAD = OutlinedRule("T-1", ("query.ask",))
WELL = Vital(is_locked=False, is_up=True, freshness=Freshness.FRESH, refused="", free_bytes=1, failing=(), expiring=())


def test_where_nothing_is_wrong_nothing_is_said() -> None:
    health = judge_health(WELL)
    assert health.is_ok
    assert health.problems == ()


@pytest.mark.parametrize(
    ("changed", "code", "is_red"),
    [
        ({"is_locked": True}, "keys-locked", True),
        ({"free_bytes": -1}, "disk-full", True),
        ({"is_up": False}, "line-down", True),
        ({"is_up": False, "is_turned_away": True}, "line-refused", True),
        ({"freshness": None}, "directory-none", True),
        ({"freshness": Freshness.STALE}, "directory-stale", True),
        ({"failing": ("index",)}, "failing-index", True),
        ({"freshness": Freshness.IN_GRACE}, "directory-in-grace", False),
        ({"in_force": InForce(MODEL_RULEBOOK, (UNREAD,) * 9, "Rule T-1 is new.")}, "rulebook-unread", True),
        ({"in_force": InForce(FIRST_RULEBOOK, (), "It is of another version.")}, "rulebook-unread", True),
        ({"refused": "A role was altered."}, "directory-refused", False),
        ({"expiring": ("root",)}, "directory-expiring", False),
    ],
)
def test_each_trouble_is_named_with_what_to_do(changed: dict[str, object], code: str, *, is_red: bool) -> None:
    health = judge_health(msgspec.structs.replace(WELL, **changed))
    assert [(problem.code, problem.is_red) for problem in health.problems] == [(code, is_red)]
    assert health.is_ok is not is_red
    assert health.problems[0].message
    assert health.problems[0].next_step


def test_every_trouble_at_once_is_named() -> None:
    vital = Vital(
        is_locked=True, is_up=False, freshness=Freshness.STALE, refused="Altered.", free_bytes=-1,
        failing=("index", "ledger"), expiring=("root",),
    )  # fmt: skip
    codes = [problem.code for problem in judge_health(vital).problems]
    assert codes[0] == "keys-locked"
    assert len(codes) == len(set(codes)) == 8


def test_a_running_node_names_work_that_fails(network: Network) -> None:
    """A batch file is damaged before the keeper's index has taken it."""
    network.boundaries["GS"] = _no_index
    network.enter(network.officer("FR", "claire", "registrar"), "19AC45678")
    assert [problem.code for problem in network.nodes["GS"].health().problems] == ["failing-index"]
    network.boundaries.clear()
    network.settle()
    assert network.nodes["GS"].health().is_ok


def _no_index(step: str) -> None:
    if step == "index.apply":
        raise OSError(step)


def test_a_node_that_never_had_a_line_knows_no_member(network: Network) -> None:
    folder = network.founding.folder / "BR" / "data"
    network.stop("BR")
    network.cut("BR")
    shutil.rmtree(folder)
    node = network.start("BR")
    network.settle()
    assert {problem.code for problem in node.health().problems} == {"directory-none", "line-down"}
    assert node.knowledge.title == "BR"
