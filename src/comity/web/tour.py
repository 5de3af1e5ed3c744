"""The demonstration's tour: five minutes, one thing to do at each step, done on the real pages with invented data."""

from dataclasses import dataclass
from typing import Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from comity.api.given import Call
from comity.demo.cast import AT_BORDER, CLEAN, INVESTIGATING, LOWEST, PERSON_NAME, STOLEN_BLANK, mrz
from comity.plug import FacePart
from comity.texts import N_, _
from comity.web.desk import Seat
from comity.web.front import Front, go
from comity.web.given import AtFront, BySeat

TEMPORARY_REDIRECT: Final = 307  # RFC 9110, 15.4.8: the same request, with its body, to another place


@dataclass(frozen=True)
class Step:
    """One step: what it shows, what one does, and where that leads with which fields.

    ``act`` is what it takes to be done where going there is not yet it; with ``is_download`` the tour stays in sight.
    """

    name: str
    title: str
    text: str
    do: str
    to: str
    fields: tuple[tuple[str, str], ...] = ()
    is_form: bool = True
    act: str = ""
    is_download: bool = False

    def is_done(self, seat: Seat) -> bool:
        """Whether this session did it."""
        return self.name in seat.desk.toured and (not self.act or self.act in seat.desk.acts)


_BORDER: Final = ("purpose", AT_BORDER)

STEPS: Final = (
    Step(
        "hit", N_("A passport that hits"),
        N_("A traveller hands you a passport. Its machine-readable zone goes to the secretariat, which keeps the "
           "register of stolen documents, signed by your bureau; the answer comes back signed too. Look at the "
           "headline first, then at “On the record”: the entry here, the entry there, the rules that spoke."),
        N_("Check the passport"), "/check", (("mrz", mrz(STOLEN_BLANK)), _BORDER),
    ),
    Step(
        "clear", N_("One that does not"),
        N_("The same question about a document that nobody reported. The answer never says “it is not there”: a "
           "source may have closed its record to you, and that looks the same to the last byte."),
        N_("Check another passport"), "/check", (("mrz", mrz(CLEAN)), _BORDER),
    ),
    Step(
        "refused", N_("A question that is refused"),
        N_("An investigation without a case. The rulebook refuses it here, before anybody is asked; the refusal is on "
           "record with its rule, and the page says what to do about it."),
        N_("Ask without a case"), "/check", (("mrz", mrz(STOLEN_BLANK)), ("purpose", INVESTIGATING)),
    ),
    Step(
        "person", N_("A person, in another script"),
        N_("France looks for somebody whose name it wrote in Latin letters. You read it in Cyrillic: the whole name "
           "is found in another order, without its accents and by its transliteration; a part of it, or another "
           "spelling, is not. A date of birth leaves out who cannot have been born then. No number was given, so "
           "travel documents were not asked, and that is said."),
        N_("Look for the person"), "/check", (("name", PERSON_NAME), ("birth_date", "1979"), _BORDER),
    ),
    Step(
        "enter", N_("A record of your own"),
        N_("You report a lost passport of your own country. Before anything is entered the page says who will see it. "
           "Tick that your law allows it, press “Enter on the record”, and the keeper's signed receipt comes back."),
        N_("Fill in the form"), "/enter",
        (("number-1", "12LT34567"), ("country-1", "LTU"), ("type-1", "passport"), ("loss-1", "lost"),
         ("audience", "all"), ("handling", LOWEST), ("instruction", "hold"), ("rows", "3"),
         ("step", "preview")),
        act="record.enter",
    ),
    Step(
        "message", N_("A message that only France can read"),
        N_("It is sealed on this node to France's key: the secretariat carries it and cannot read it. You see when it "
           "is delivered, opened and answered. Write a line, press “Send”, and look again after a moment."),
        N_("Write to France"), "/messages/new?to=FR&subject=Passport+19AC45678", is_form=False,
        act="message.send",
    ),
    Step(
        "ledger", N_("What stands on the record"),
        N_("Everything you just did, and everything other bureaus asked here. The auditor looks for it by person, "
           "officer, purpose and day, sees who has seen a record, and exports it with proofs."),
        N_("Look for yourself"), "/ledger?about=19AC45678+FRA", is_form=False,
    ),
    Step(
        "proof", N_("Proof for others"),
        N_("A file for somebody who trusts neither you nor this node. On any machine, “comity verify FILE” says in "
           "plain words what of it is proved and what is not."),
        N_("Take the file"), "/ledger/export?about=19AC45678+FRA", is_form=False,
        is_download=True,
    ),
)  # fmt: skip


@get("/tour", sync_to_thread=True)
def show_tour(request: Call, seat: BySeat, front: AtFront) -> Response[str]:
    """All steps, those begun and done, and the next; NotFoundException where no tour is offered."""
    _verify_offered(front, seat)
    following = next_step(seat)
    return front.page(
        request, seat, "tour.html", steps=STEPS, begun=seat.desk.toured,
        done={step.name for step in STEPS if step.is_done(seat)}, following=following,
    )  # fmt: skip


@post("/tour/{name:str}", sync_to_thread=True)
def do_step(name: FromPath[str], seat: BySeat, front: AtFront) -> Response[str]:
    """Go where a step leads, with what it fills in: the browser sends the same form on to the real page."""
    _verify_offered(front, seat)
    step = next((step for step in STEPS if step.name == name), None)
    if step is None:
        return go("/tour")
    seat.desk.toured.add(step.name)
    if not step.is_form:
        return go(step.to)
    return Response("", status_code=TEMPORARY_REDIRECT, headers={"Location": step.to}, media_type="text/html")


def next_step(seat: Seat) -> Step | None:
    """The first step that was not begun in this session."""
    return next((step for step in STEPS if step.name not in seat.desk.toured), None)


def _verify_offered(front: Front, seat: Seat) -> None:
    if not front.offers_tour(seat):
        raise NotFoundException(_("There is no tour here."))


PART: Final = FacePart((show_tour, do_step))
