"""A network of two versions of the program: some nodes know a version more of two formats, made for this test."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import msgspec

from comity.bounded import Name
from comity.exchange.envelope import HEAD, Head
from comity.exchange.signed import Signed
from comity.formats import Format
from comity.ids import MemberCode
from comity.node import Node
from comity.registers.question import Question
from comity.testing import Network
from tests.exchange.envelopes import unpack

Result = TypeVar("Result")
_V = re.compile(rb'"v":([0-9]+)')


def _grown(name: str, form: type[msgspec.Struct], v: int) -> type[Any]:
    """``form`` in version ``v``, with one member more."""
    hints = {field.name: field.type for field in msgspec.structs.fields(form) if field.name != "v"}
    bases: tuple[type[Signed], ...] = ()
    about: dict[str, Any] = {}
    if issubclass(form, Signed):
        bases, about = (Signed,), {"context": form.context, "__annotations__": {"context": ClassVar[str]}}
    return msgspec.defstruct(
        name, [("v", Literal[v]), *hints.items(), ("mood", Annotated[Name, msgspec.Meta(min_length=1)])],
        bases=bases or None, namespace=about, frozen=True, forbid_unknown_fields=True, kw_only=True,
    )  # fmt: skip


NEXT: dict[str, tuple[Format[Any], int, type[Any]]] = {
    "envelope": (HEAD, 3, _grown("Head3", Head, 3)),
    "query": (Question.format, 2, _grown("Question2", Question, 2)),
}
"""By name a format, the version that only some of the programs know, and its type."""


class TwoVersions(Network):
    """The nodes of ``newer`` run a program that knows each version of NEXT, all others this one.

    ``written`` has of every envelope and question on a line: from whom, to whom, of which kind and version.
    """

    def __init__(self, folder: Path, newer: Iterable[str], **more: Any) -> None:
        self.newer = set(newer)
        self.written: list[tuple[str, str, str, int]] = []
        super().__init__(folder, **more)
        self.meddle = self._note

    @contextmanager
    def at(self, code: str) -> Iterator[Node]:
        """The program of that member's node runs."""
        before = {name: dict(form.versions) for name, (form, _v, _type) in NEXT.items()}
        for form, version, type_ in NEXT.values():
            self._set(form, version, type_, is_known=code in self.newer)
        try:
            yield self.nodes.get(code)  # type: ignore[misc] # None while it is being started
        finally:
            for name, (form, version, type_) in NEXT.items():
                self._set(form, version, type_, is_known=version in before[name])

    def start(self, code: str, *, locked: bool = False, **changed: object) -> Node:
        with self.at(code):
            node = super().start(code, locked=locked, **changed)
        line = self._lines[code]
        answer = line._answer
        assert answer is not None

        def answer_there(asker: MemberCode, data: bytes) -> bytes:
            with self.at(code):
                return answer(asker, data)

        line.serve(answer_there)
        return node

    def survive(self, code: str, do: Callable[[Node], Result]) -> Result | None:
        with self.at(code):
            return super().survive(code, do)

    def update(self, code: str, *, to_newer: bool = True) -> None:
        """Stop a node and start it again with the other program."""
        self.stop(code)
        (self.newer.add if to_newer else self.newer.discard)(code)
        self.start(code)
        self.settle()
        self.settle()

    def versions(self, kind: str) -> list[tuple[str, str, int]]:
        """What went over the lines of one kind since the last time: from whom, to whom, in which version."""
        found = [(at, to, version) for at, to, each, version in self.written if each == kind]
        self.written = [each for each in self.written if each[2] != kind]
        return found

    @staticmethod
    def _set(form: Format[Any], version: int, type_: type[Any], *, is_known: bool) -> None:
        if is_known:
            form.versions[version] = type_
            form.raised[version - 1] = lambda value: type_(  # type: ignore[index]
                **(msgspec.structs.asdict(value) | {"v": version, "mood": "plain"})
            )
            form.lowered[version] = lambda value: form.versions[version - 1](  # type: ignore[index]
                **{name: each for name, each in msgspec.structs.asdict(value).items() if name not in ("v", "mood")},
                v=version - 1,
            )
        else:
            form.versions.pop(version, None)

    def _note(self, at: str, to: str, data: bytes) -> bytes:
        kind = data[len(b"comity/1 ") :].partition(b" ")[0].decode("ascii", errors="replace")
        if data.startswith(b"comity/1 envelope "):
            self._count(at, to, kind, unpack(data)[2][0])
        elif data.startswith(b"comity/1 query "):
            self._count(at, to, kind, data.partition(b"\n")[2])
        return data

    def _count(self, at: str, to: str, kind: str, body: bytes) -> None:
        found = _V.search(body)
        assert found is not None
        self.written.append((at, to, kind, int(found[1])))
