"""What a capability plugs in: a part on each floor that it needs, a plain value called ``PART`` at a file's end.

``capabilities.py`` says where the parts lie; a floor asks for all of its own. Nothing registers itself. The
rules' floor sees no other, so the type of its parts stands there, in ``rules/part.py``.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from comity.formats import Format
from comity.kind import Kind


class RoomPart(NamedTuple):
    """Of a room: its ``kinds`` of acts, and the ``Done`` of each as ``acts`` makes them with the node's partners.

    ``travelling`` are formats that others read, ``kept`` those that a node keeps for itself.
    """

    kinds: tuple[Kind[Any, Any], ...] = ()
    acts: Callable[[Any], Iterable[Any]] = lambda _partners: ()
    travelling: tuple[Format[Any], ...] = ()
    kept: tuple[Format[Any], ...] = ()


class StorePart(NamedTuple):
    """Of the store: a noun's ``tables``, and how each change that acts decide on reaches them, by its type.

    ``view`` is what acts read of it, a class; ``store/unit.py`` makes one of all nouns' views.
    """

    tables: tuple[Any, ...]
    changes: Mapping[type, Callable[[Any, Any], None]] = MappingProxyType({})
    view: type[Any] | None = None


class PeerPart(NamedTuple):
    """Of the line: who answers a request, by how its bytes begin. It is given the answering node, line and bytes.

    What is ``keyless`` is answered while the keys are locked too.
    """

    requests: Mapping[bytes, Callable[[Any, Any, bytes], bytes]]
    keyless: Mapping[bytes, Callable[[Any, Any, bytes], bytes]] = MappingProxyType({})


class ShownPart(NamedTuple):
    """Of what a person sees: by kind, the ``points`` of such an act that waits, made of its body (``shown/points.py``).

    The second argument makes a person's name of a record's. Of a kind that is not here nothing is shown. ``gists`` say
    the same in one line, for lists and before it is done.
    """

    points: Mapping[Kind[Any, Any], Callable[[Any, Callable[[Any], str]], Iterable[Any]]]
    gists: Mapping[Kind[Any, Any], Callable[[Any], str]] = MappingProxyType({})


class OfferedPage(NamedTuple):
    """A page that the navigation offers to those who may do acts of ``kind`` by the rulebook; empty for everybody.

    Pages stand by their ``place``, which is a number between those before and behind it.
    """

    place: int
    path: str
    title: str
    kind: str = ""
    is_secretariats: bool = False


class FacePart(NamedTuple):
    """Of the API, or of the pages: the handlers of its routes, and what makes those that follow from declarations.

    ``offers`` are those of its pages that stand in the navigation.
    """

    routes: tuple[Any, ...]
    declared: Callable[[], tuple[Any, ...]] = tuple
    offers: tuple[OfferedPage, ...] = ()

    def all(self) -> tuple[Any, ...]:
        """Both, as the declarations are now."""
        return (*self.routes, *self.declared())


class StoryPart(NamedTuple):
    """Of the demonstration: its chapter of the story, each step with the name under which it is printed."""

    steps: tuple[tuple[str, Callable[[Any], None]], ...]
