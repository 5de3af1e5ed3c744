"""The front office: templates, and what every page has: who and where, the state line, the navigation."""

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import anyio
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from markupsafe import Markup

from comity.act import Actor, Session
from comity.api.act_words import act_title
from comity.api.message_words import URGENCY_TITLES, register_title, size_word
from comity.api.words import (
    CHANNEL_TITLES,
    DELIVERY_TITLES,
    STATE_TITLES,
    caution_word,
    instruction_title,
    value_title,
)
from comity.characters import show_line, show_lines, show_word
from comity.errors import UnauthenticatedError
from comity.exchange.message import Message
from comity.health import StateLine
from comity.limits import COUNT_MAX, FIELD_CHARS, UPLOADS_MAX, UPLOADS_UNKNOWN_MAX
from comity.members.held import HeldShown
from comity.node import Node
from comity.office.faces import covers
from comity.registers.mrz import DOCUMENT_KINDS
from comity.registers.registry import instructions_of
from comity.rules.in_force import InForce
from comity.rules.offered import purposes_of
from comity.rules.wording import Wording
from comity.shown.forms import chosen_words
from comity.shown.wording import level_title, purpose_title, role_title, saying
from comity.texts import _
from comity.web.desk import Desks, Seat
from comity.web.letters import URGENCY_ASKS, URGENCY_TONES
from comity.web.navigation import offered_pages
from comity.web.speech import direction_of, language_of

_HERE = Path(__file__).parent
_PULSE_S = 1.0
TOURED = ("query.ask", "record.enter", "message.send", "ledger.list")
"""What whoever is shown around may do."""
READING = "message.list"
WAITING = "held.list"
RELEASING = "held.release"


class Pulse:
    """The state line, asked of the node once a second however many pages show it; what is unopened, and what waits."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lock = threading.Lock()
        self._held: tuple[float, StateLine] | None = None
        self._unopened: tuple[int, tuple[Message, ...]] | None = None
        self._waiting: tuple[float, tuple[HeldShown, ...]] | None = None

    def state(self) -> StateLine:
        """The state, at most a second old."""
        with self._lock:
            now = time.monotonic()
            if self._held is None or now - self._held[0] >= _PULSE_S:
                self._held = (now, self._node.condition.state())
            return self._held[1]

    def unopened(self) -> tuple[Message, ...]:
        """The messages that nobody has opened, the newest first."""
        with self._lock:
            revision = self._node.revision
            if self._unopened is None or self._unopened[0] != revision:
                self._unopened = (revision, self._node.messages.unopened())
            return self._unopened[1]

    def waiting(self) -> tuple[HeldShown, ...]:
        """The acts that wait to be released, the longest first; at most a second old."""
        with self._lock:
            now = time.monotonic()
            if self._waiting is None or now - self._waiting[0] >= _PULSE_S:
                self._waiting = (now, self._node.held.waiting())
            return self._waiting[1]


class Lines(str):
    """A text of several lines, which a page shows as it was written but for what turns or obeys."""

    __slots__ = ()


def _lines(text: str) -> Lines:
    return Lines(show_lines(text))


def _show(value: Any) -> Any:
    """What a page writes of a text, wherever it came from: nothing in it turns the page's words round, or is not seen.

    A sentence that a text was put into is markup already.
    """
    if type(value) is Markup:
        return Markup(show_word(value, is_markup=True))  # noqa: S704 - it was escaped, and numbers are harmless
    return show_word(value) if type(value) is str else value


def filled_word(wording: Wording, detail: Mapping[str, Any]) -> str:
    """What an entry says of a form that was sent or came in; empty where it was none."""
    name, chosen, version = detail.get("form"), detail.get("chosen"), detail.get("v", 1)
    said = chosen if isinstance(chosen, Mapping) else {}
    return chosen_words(str(name), version, said, wording) if name else ""


class Front:
    """Renders pages for one node."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.desks = Desks()
        self.pulse = Pulse(node)
        self.streams = 0
        self.uploads = anyio.CapacityLimiter(UPLOADS_MAX)
        self.strangers = anyio.CapacityLimiter(UPLOADS_UNKNOWN_MAX)  # nobody waits behind them who is signed in
        self._zone = ZoneInfo(node.config.time_zone)
        # The name carries the member: cookies do not tell the ports of one machine apart.
        self._is_secure = bool(node.config.tls_certificate)
        self._cookie = f"{'__Host-' if self._is_secure else ''}comity-{node.config.member.lower()}"
        self._environment = self._make_environment()

    def _make_environment(self) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            extensions=["jinja2.ext.i18n"],
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_show,
        )
        environment.install_gettext_callables(  # type: ignore[attr-defined]
            _, lambda one, many, count: _(one if count == 1 else many), newstyle=True
        )
        environment.filters |= {
            "brief": self.brief,
            "until": self.until,
            "clock": self.clock,
            "day": self.day,
            "size": size_word,
            "caution": caution_word,
            "instruction": instruction_title,
            "purpose": lambda code: purpose_title(self.wording, code),
            "level": lambda code: level_title(self.wording, code),
            "role": lambda code: role_title(self.wording, code),
            "saying": lambda code: saying(self.wording, code),
            "act": act_title,
            "line": show_line,
            "lines": _lines,
            "moment": self.moment,
            "register": register_title,
            "filled": lambda detail: filled_word(self.wording, detail),
        }
        environment.globals |= {
            "DOCUMENT_KINDS": DOCUMENT_KINDS,
            "instructions_of": instructions_of,
            "value_title": value_title,
            "may": self.may,
            "numbers_asking": self.numbers_asking,
            "lowest_level": lambda: next((each.code for each in self.wording.levels), ""),
            "CHANNEL_TITLES": CHANNEL_TITLES,
            "STATE_TITLES": STATE_TITLES,
            "DELIVERY_TITLES": DELIVERY_TITLES,
            "URGENCY_TITLES": URGENCY_TITLES,
            "URGENCY_ASKS": URGENCY_ASKS,
            "URGENCY_TONES": URGENCY_TONES,
        }
        return environment

    def clock(self, at: datetime | None) -> Markup:
        """A time as people here read it; on hover, in UTC. The day is said where it is not today."""
        if at is None:
            return Markup("")
        here = at.astimezone(self._zone)
        is_today = here.date() == datetime.now(self._zone).date()
        text = f"{here:%H:%M:%S}" if is_today else f"{here:%Y-%m-%d %H:%M:%S}"
        exact = at.astimezone(UTC).isoformat(timespec="milliseconds")
        return Markup('<time datetime="{}" title="{} ({:%Z} {:%z})">{}</time>').format(exact, exact, here, here, text)

    def moment(self, text: str) -> Markup | str:
        """A time that others wrote, as ``clock``; as it stands where it is none."""
        try:
            return self.clock(datetime.fromisoformat(text))
        except ValueError:
            return text

    def brief(self, at: datetime) -> Markup:
        """A time as a list has room for, to the minute; within half a day of now no day is needed; exact on hover."""
        here = at.astimezone(self._zone)
        is_near = abs(self.node.now() - at) < timedelta(hours=12)
        text = f"{here:%H:%M}" if is_near else f"{here:%Y-%m-%d %H:%M}"
        exact = at.astimezone(UTC).isoformat(timespec="milliseconds")
        return Markup('<time datetime="{}" title="{} ({:%Z} {:%z})">{}</time>').format(exact, exact, here, here, text)

    def until(self, at: datetime) -> Markup:
        """A time some days ahead as people say it, to the minute; on hover exact."""
        here = at.astimezone(self._zone)
        text = _("{day}, {time}").format(day=self.day(f"{here:%Y-%m-%d}"), time=f"{here:%H:%M}")
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            at.astimezone(UTC).isoformat(), at.astimezone(UTC).isoformat(timespec="milliseconds"), text
        )

    def local(self, at: datetime) -> str:
        """The time of day here."""
        return f"{at.astimezone(self._zone):%H:%M:%S}"

    def day(self, text: str) -> str:
        """A stored day as it is read; as it stands where it is none."""
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            return text
        months = (
            _("January"), _("February"), _("March"), _("April"), _("May"), _("June"), _("July"), _("August"),
            _("September"), _("October"), _("November"), _("December"),
        )  # fmt: skip
        return _("{day} {month} {year}").format(day=found.day, month=months[found.month - 1], year=found.year)

    def titles(self) -> dict[str, str]:
        """The members' titles, by their codes."""
        return {code: listing.member.title for code, listing in self.node.directory().listings.items()}

    # The organisation's rulebook

    @property
    def in_force(self) -> InForce:
        """The rules that the node goes by, with their words."""
        return self.node.knowledge.rulebook()

    @property
    def wording(self) -> Wording:
        """The words of the rulebook in force."""
        return self.in_force.wording

    def may(self, seat: Seat | None, kind: str) -> bool:
        """Whether an officer has a use for acts of ``kind``, by the roles: a page offers them, the verdict decides."""
        return seat is not None and self.in_force.rulebook.may(seat.officer.roles, kind)

    def covers(self, seat: Seat, kind: str, level: str) -> bool:
        """Whether an officer's roles cover a level in acts of ``kind``, as far as rules ask for that."""
        return covers(self.in_force, frozenset(seat.officer.roles), kind, level)

    def numbers_asking(self, kind: str, test: str) -> str:
        """The numbers of the rules about acts of ``kind`` that ask what ``test`` asks; empty where none does."""
        return ", ".join(rule.number for rule in self.in_force.rulebook.rules_asking(kind, test))

    def purposes(self) -> tuple[str, ...]:
        """The purposes that a question can have."""
        return tuple(each.code for each in purposes_of(self.in_force.rulebook, "query.ask"))

    # Sessions

    def session_of(self, request: ASGIConnection[Any, Any, Any, Any]) -> Session:
        """The session of the browser's cookie; UnauthenticatedError if it has none."""
        token = request.cookies.get(self._cookie, "")
        if not token or len(token) > FIELD_CHARS or not token.isascii():
            raise UnauthenticatedError(_("Nobody is signed in."), next_step=_("Sign in."))
        return Session(token)

    def seat_of(self, session: Session) -> Seat:
        """Who is signed in; UnauthenticatedError if nobody is any more."""
        officer = self.node.officers.who(session)
        return Seat(session, officer, self.desks.of(session))

    def cookie(self, token: str) -> Cookie:
        """The session's cookie; an empty token takes it away."""
        return Cookie(
            key=self._cookie,
            value=token,
            path="/",
            max_age=None if token else 0,
            httponly=True,
            secure=self._is_secure,
            samesite="strict",
        )

    # Pages

    def render(self, template: str, context: Mapping[str, Any]) -> str:
        """A template's text."""
        return self._environment.get_template(template).render(context)

    def page(
        self,
        request: Request[Any, Any, Any],
        seat: Seat | None,
        template: str,
        *,
        status: int = 200,
        cookies: tuple[Cookie, ...] = (),
        **context: Any,
    ) -> Response[str]:
        """A whole page for whoever sits there, or for nobody."""
        language = language_of(request)
        around = {
            "language": language,
            "direction": direction_of(language),
            "seat": seat,
            "place": self.node.knowledge.title,
            "member": self.node.config.member,
            "path": request.scope["path"],
            "has_tour": seat is not None and self.offers_tour(seat),
            "navigation": navigation(self, seat),
            "state": self.state_context(seat) if seat else None,
            "unopened": self.unopened_count(seat) if seat else 0,
            "waiting": len(self.waiting(seat)) if seat else 0,
        }
        text = self.render(template, around | context)
        return Response(text, status_code=status, media_type="text/html; charset=utf-8", cookies=list(cookies))

    def offers_tour(self, seat: Seat) -> bool:
        """Whether this officer is shown around: in a demonstration, who may do everything that the tour does."""
        return self.node.config.tour and all(self.may(seat, kind) for kind in TOURED)

    def unopened_count(self, seat: Seat) -> int:
        """How many messages nobody has opened, for those who have a use for them; 0 for others."""
        return len(self.pulse.unopened()) if self.may(seat, READING) else 0

    def waiting(self, seat: Seat, *, is_fresh: bool = False) -> tuple[HeldShown, ...]:
        """The acts of others that wait for this officer's release, the longest first: theirs to do, and not said yet.

        What is offered, never what is let: releasing is judged by the rulebook. At most a second old, unless
        ``is_fresh``.
        """
        if not self.may(seat, RELEASING):
            return ()
        actor = Actor(self.node.config.code, officer=seat.officer.name)
        return tuple(
            each
            for each in (self.node.held.waiting() if is_fresh else self.pulse.waiting())
            if not each.held.is_author(actor) and not each.has_released(actor) and self.may(seat, each.held.act.kind)
        )

    def state_context(self, seat: Seat) -> dict[str, Any]:
        """What the state line shows to this officer."""
        desk = seat.desk
        reference = desk.reference
        if self.wording.is_from_shift(desk.purpose) and not reference:
            reference = self.node.asker.shift_reference()
        return {"line": self.pulse.state(), "purpose": desk.purpose, "reference": reference}


def first_page(front: Front, seat: Seat) -> str:
    """Where an officer begins: with the tour who is offered one, else where a role is at home.

    Else at the first page of the navigation but that of held acts: those are others' work. Of several roles the
    rulebook's first that has a home counts.
    """
    if front.offers_tour(seat):
        return "/tour"
    offered = [path for path, _title in navigation(front, seat)]
    pages = [page for page in offered_pages() if page.kind and page.path in offered]
    homes = [role.home for role in front.wording.roles if role.code in seat.officer.roles and role.home]
    at_home = [page.path for home in homes for page in pages if page.kind == home]
    own = [page.path for page in pages if page.kind != WAITING]
    return (at_home or own or offered)[0]


def is_reader(front: Front, seat: Seat) -> bool:
    """Whether the officer has a use for messages. What an officer may read, the rulebook decides at each act."""
    return front.may(seat, "message.open")


def navigation(front: Front, seat: Seat | None) -> list[tuple[str, str]]:
    """The pages that an officer's roles have a use for, and those that are for everybody."""
    if seat is None:
        return []
    return [
        (page.path, _(page.title))
        for page in offered_pages()
        if (not page.kind or front.may(seat, page.kind)) and (front.node.is_secretariat or not page.is_secretariats)
    ]


def place_of(text: str) -> int:
    """Where a list goes on, as an address says it; 0, its beginning, for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(COUNT_MAX)) else 0


def go(path: str, cookies: tuple[Cookie, ...] = ()) -> Response[str]:
    """Send the browser there with a GET, so that a reload repeats nothing."""
    return Response("", status_code=303, headers={"Location": path}, media_type="text/html", cookies=list(cookies))
