"""What the pages' handlers are given: the front office, who sits there, and the form that was sent."""

from typing import TypeAlias

from litestar.di import NamedDependency

from comity.web.desk import Seat
from comity.web.forms import Form
from comity.web.front import Front

AtFront: TypeAlias = NamedDependency[Front]
BySeat: TypeAlias = NamedDependency[Seat]
SentForm: TypeAlias = NamedDependency[Form]
