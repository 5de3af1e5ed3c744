"""``comity demo``: the network to try, and ``--check``: its story played without a person."""

import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import httpx

from comity.capabilities import parts
from comity.cli.folder import read_file, write_new
from comity.demo.cast import (
    CLEAN,
    CLERK,
    EVERYBODY,
    GUEST,
    GUIDE,
    INSPECTOR_2,
    SHOWN,
    STOLEN_BLANK,
    STOLEN_PLATE,
    VISITOR,
    WRITER,
    mrz,
)
from comity.demo.chapters import SkippedError, Story
from comity.demo.invitation import accept, invite, is_far_reaching
from comity.demo.network import DemoNetwork, free_folder
from comity.demo.persons import un_list
from comity.demo.wellness import in_words
from comity.errors import ComityError, InputError
from comity.plug import StoryPart
from comity.texts import _

_MS: Final = 1000


def run_demo(folder: Path | None, *, check: bool, fresh: bool, listen: str, un: Path | None = None) -> int:
    """Run the demonstration until Ctrl-C, or play its story; returns the exit code.

    ``un`` is a copy of the United Nations' consolidated list, which the story then goes through too.
    """
    if check:
        return _check(folder, un)
    _verify_own_address(listen)
    base = folder or _home()
    free = free_folder(base, fresh=fresh)
    if free != base:
        said = _("A demonstration runs in {folder} already: this is another one.").format(folder=base)
        sys.stdout.write(f"{said}\n\n")
    with DemoNetwork(free) as network:
        for line in network.found(listen):
            sys.stdout.write(f"{line}\n")
        people = SHOWN if network.has_records else EVERYBODY
        passwords = network.give_passwords(people)
        network.start()
        if not network.has_records:
            network.enter_records(passwords[CLERK.name])
        ended = _ended_by_signal()  # before it is said that Ctrl-C ends it
        _show(network, passwords)
        while not ended.wait(1.0):
            pass
    return 0


def _verify_own_address(address: str) -> None:
    """InputError, before anything is made, for an address that is not this machine's."""
    try:
        family = socket.getaddrinfo(address, 0, type=socket.SOCK_STREAM)[0][0]
        socket.create_server((address, 0), family=family).close()
    except OSError as error:
        raise InputError(
            _("This machine has no such address."),
            where="--listen",
            next_step=_("Give one that it has in the network of the second laptop, such as 192.168.1.5."),
        ) from error


def send_invitation(folder: Path | None, file: Path) -> int:
    """Write an invitation to the demonstration that runs, and say its code."""
    network = DemoNetwork(folder or _home())
    data, code = invite(network)
    write_new(file, data)
    lines = [
        _("Written: {file}. Give it to one laptop, where Comity is installed, and tell its people the code:"),
        f"  {code}",
        "  comity demo --join {file}",
    ]
    if not is_far_reaching(network):
        lines.append(
            _("This demonstration is reached from this machine only. For others: comity demo --fresh --listen ADDRESS")
        )
    sys.stdout.write("\n".join(lines).format(file=file) + "\n")
    return 0


def join_demo(folder: Path | None, file: Path, ask_code: Callable[[], str]) -> int:
    """Join a demonstration elsewhere as its guest until Ctrl-C; returns the exit code."""
    base = folder or _home().with_name("guest")
    is_joined = (base / GUEST.code).exists()
    data = b"" if is_joined else read_file(file, _("The file"))
    network = DemoNetwork(base) if is_joined else accept(data, ask_code(), base)
    with network:
        password = network.give_passwords([VISITOR])[VISITOR.name]
        network.start_node(GUEST.code)
        ended = _ended_by_signal()
        lines = (
            _("You are {title} ({code}) in the demonstration. Sign in here:").format(
                title=GUEST.title, code=GUEST.code
            ),
            f"  {network.url(GUEST.code)}  {VISITOR.name}  {password}",
            *_troubles(network),
            _("Everything lies in {folder}. Ctrl-C leaves.").format(folder=network.folder),
        )
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        while not ended.wait(1.0):
            pass
    return 0


def _home() -> Path:
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data) / "comity" / "demo"


def _show(network: DemoNetwork, passwords: dict[str, str]) -> None:
    rows = [
        (_("Node"), _("Address"), _("Officer"), _("One-time password"), _("For")),
        *((each.member, network.url(each.member), each.name, passwords[each.name], each.does) for each in SHOWN),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    command = _command()
    lines = (
        _("The Comity demonstration: invented people, invented data."),
        "",
        *("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows),
        *_troubles(network),
        "",
        _("Sign in at the first address as {guide}: a tour of five minutes begins there.").format(guide=GUIDE.name),
        _("Each password opens one session, in which you choose your own; starting this again gives new ones."),
        "",
        _("Or sign in as somebody else and paste into the check page, or at the command line:"),
        f"  {command} sign-in {INSPECTOR_2.name} --node {network.url('LT')}",
        "",
        _("1. One that hits:"),
        *_pasted(STOLEN_BLANK),
        f"  {command} check '{_one_line(STOLEN_BLANK)}' --purpose border-control",
        "",
        _("2. One that does not:"),
        *_pasted(CLEAN),
        f"  {command} check '{_one_line(CLEAN)}' --purpose border-control",
        "",
        _("3. One that is refused: either of these with the purpose Investigation and no reference:"),
        f"  {command} check '{_one_line(STOLEN_BLANK)}' --purpose investigation",
        "",
        _("4. A car that hits, by its plate:"),
        f"  {command} check --plate {STOLEN_PLATE} --plate-country FRA --purpose border-control",
        "",
        _("And a message to France and the secretariat's duty desk, signed in as {officer}:").format(
            officer=WRITER.name
        ),
        f"  {command} send FR DESK --subject 'Passport {STOLEN_BLANK}' --text 'Who reported it, and when?'",
        "",
        _("Everything lies in {folder}. Ctrl-C ends it; --fresh forgets it.").format(folder=network.folder),
    )
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _troubles(network: DemoNetwork) -> list[str]:
    """What is wrong with nodes that are up, a block for each: what it is, and what to do."""
    lines = []
    for code, problems in network.troubles.items():
        if problems:
            up = _("{code} is up at {url}, and something is wrong there:").format(code=code, url=network.url(code))
            lines += ["", up, *in_words(problems)]
    return lines


def _command() -> str:
    """How this very program is called from here."""
    path = Path(sys.executable).parent / "comity"
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _pasted(number: str) -> list[str]:
    return [f"  {line}" for line in mrz(number).splitlines()]


def _one_line(number: str) -> str:
    return " / ".join(mrz(number).splitlines())


def _ended_by_signal() -> threading.Event:
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    return ended


def _check(folder: Path | None, un: Path | None) -> int:
    """Play every chapter; one line a step, then the sum alone on the last line."""
    base = folder or Path(tempfile.mkdtemp(prefix="comity-demo-"))
    chapters = [step for part in parts("demo", StoryPart) for step in part.steps]
    if un is not None:
        chapters.append(("every individual of the United Nations' list is found", partial(un_list, path=un)))
    passed = failed = skipped = 0

    def step(name: str, act: Callable[[], object]) -> bool:
        nonlocal passed, failed, skipped
        begun = time.perf_counter()
        try:
            act()
        except SkippedError as reason:
            skipped += 1
            print(f"skip {name}: {reason}", flush=True)  # noqa: T201
            return True
        except (ComityError, AssertionError, OSError, LookupError, ValueError, httpx.HTTPError) as error:
            failed += 1
            said = str(error) or type(error).__name__
            print(f"FAIL {name} {(time.perf_counter() - begun) * _MS:.0f} ms: {said}", flush=True)  # noqa: T201
            return False
        passed += 1
        print(f"ok   {name} {(time.perf_counter() - begun) * _MS:.0f} ms", flush=True)  # noqa: T201
        return True

    try:
        with DemoNetwork(base) as network:
            story = Story(network)
            if step("the network is up", story.begin):
                for name, act in chapters:
                    step(name, partial(act, story))
                step("every node is well, and its ledger agrees with what it keeps", story.verify_well)
            story.end()
        step("everything has stopped", story.verify_stopped)
    finally:
        if folder is None:
            shutil.rmtree(base, ignore_errors=True)
    if skipped:
        print(f"{skipped} skipped", flush=True)  # noqa: T201
    print(f"{passed} passed, {failed} failed", flush=True)  # noqa: T201
    return 1 if failed else 0
