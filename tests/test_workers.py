"""Work that is spread over processes comes back in order, says what went wrong, and leaves nobody behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.errors import MalformedError, UnavailableError
from comity.workers import Workers


def double(number: int) -> tuple[int, int]:
    """Work that succeeds, and says where it was done."""
    return 2 * number, os.getpid()


def refuse(number: int) -> int:
    """Work that fails for one of the jobs."""
    if number == 3:
        raise MalformedError("It is a three.", where=f"job {number}", next_step="Leave it out.")
    return number


def die(number: int) -> int:
    """A worker that the system kills, for want of memory, say."""
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.fixture
def workers() -> Iterator[Workers]:
    held = Workers(2)
    yield held
    held.end()


def test_results_come_in_the_order_of_the_jobs_and_from_other_processes(workers: Workers) -> None:
    results = list(workers.spread(double, range(20)))
    assert [doubled for doubled, _pid in results] == [2 * number for number in range(20)]
    assert os.getpid() not in {pid for _doubled, pid in results}


def test_one_job_alone_is_done_here(workers: Workers) -> None:
    assert list(workers.spread(double, [4])) == [(8, os.getpid())]
    assert list(workers.spread(double, [])) == []


def test_without_processes_everything_is_done_here() -> None:
    assert {pid for _doubled, pid in Workers(0).spread(double, range(5))} == {os.getpid()}


def test_work_beside_the_caller_comes_in_order_one_after_another(workers: Workers) -> None:
    at_once, most = [0], [0]

    def work(number: int) -> tuple[int, int]:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        time.sleep(0.001)
        at_once[0] -= 1
        return number, threading.get_ident()

    results = list(workers.beside(work, range(20)))
    assert [number for number, _thread in results] == list(range(20))
    assert most == [1]
    assert threading.get_ident() not in {thread for _number, thread in results}
    assert {thread for _number, thread in Workers(0).beside(work, range(3))} == {threading.get_ident()}


def test_what_was_begun_beside_has_ended_before_anything_is_raised(workers: Workers) -> None:
    done: list[int] = []

    def jobs() -> Iterator[int]:
        yield 1
        yield 2
        raise MalformedError("There is no third.")

    def work(number: int) -> None:
        time.sleep(0.05)
        done.append(number)

    with pytest.raises(MalformedError):
        list(workers.beside(work, jobs()))
    assert done == [1, 2]


def test_no_more_jobs_are_taken_than_can_be_done(workers: Workers) -> None:
    taken: list[int] = []

    def jobs() -> Iterator[int]:
        for number in range(50):
            taken.append(number)
            yield number

    results = workers.spread(double, jobs())
    next(results)
    assert len(taken) <= 4


def test_an_error_of_the_work_arrives_whole(workers: Workers) -> None:
    results = workers.spread(refuse, range(6))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(MalformedError) as caught:
        next(results)
    error = caught.value
    assert (error.message, error.where, error.next_step) == ("It is a three.", "job 3", "Leave it out.")


def test_a_killed_worker_is_an_error_of_ours_and_the_next_work_is_done(workers: Workers) -> None:
    with pytest.raises(UnavailableError):
        list(workers.spread(die, range(6)))
    assert [doubled for doubled, _pid in workers.spread(double, range(3))] == [0, 2, 4]


_NODE = """
import time
from comity.workers import Workers
from tests.test_workers import double

if __name__ == "__main__":
    print(*{pid for _, pid in Workers(2).spread(double, range(20))}, flush=True)
    time.sleep(60)
"""


def test_workers_end_with_a_node_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "node.py"
    script.write_text(_NODE)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, env=environment) as node:
        assert node.stdout is not None
        pids = [int(pid) for pid in node.stdout.readline().split()]
        node.kill()
    assert pids
    deadline = time.monotonic() + 20
    while any(_is_running(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_is_running(pid) for pid in pids)


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
