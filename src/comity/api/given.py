"""What handlers are given by the application, by its type: the node, the session, the door."""

from typing import Any, TypeAlias

from litestar import Request
from litestar.di import NamedDependency

from comity.act import Session
from comity.api.door import Door
from comity.node import Node

Call: TypeAlias = Request[Any, Any, Any]
AtNode: TypeAlias = NamedDependency[Node]
BySession: TypeAlias = NamedDependency[Session]
AtDoor: TypeAlias = NamedDependency[Door]
