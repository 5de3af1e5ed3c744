"""What Comity can do: each noun, with the files in which its parts lie, floor by floor.

A capability costs its files and a line here. Its parts are plain values called ``PART`` (of a type in ``plug.py`` or
``rules/part.py``). Files of a new noun have its name on every floor. The order is that of the overview of commands, of
the story, and of rules that are new.
"""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeVar

from comity.texts import N_

Floor = Literal["rules", "room", "store", "peer", "shown", "api", "web", "demo"]
Modules = tuple[str, ...]
P = TypeVar("P")
_NONE: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({})


class Noun(NamedTuple):
    """A noun of the glossary, and by floor the modules that have a part of it, below ``comity``.

    ``commands`` are those of the command line, in the module of ``cli`` that has them, with what each does.
    """

    name: str
    rules: Modules = ()
    room: Modules = ()
    store: Modules = ()
    peer: Modules = ()
    shown: Modules = ()
    api: Modules = ()
    web: Modules = ()
    demo: Modules = ()
    commands: Mapping[str, tuple[str, str]] = _NONE


NOUNS: Final = (
    Noun(
        "session",
        rules=("rules.session",),
        room=("members.session",),
        store=("store.officers",),
        shown=("shown.session",),
        api=("api.auth",),
        web=("web.signing_in",),
        demo=("demo.session",),
        commands={
            "sign-in": ("session", N_("Sign in at a node.")),
            "sign-out": ("session", N_("End the session.")),
            "password": ("session", N_("Choose your own password.")),
        },
    ),
    Noun(
        "query",
        rules=("rules.query",),
        room=("registers.query", "registers.detail", "registers.question"),
        peer=("peer.queries",),
        api=("api.queries",),
        web=("web.checking",),
        demo=("demo.query",),
        commands={
            "check": ("checking", N_("Check a document, a person or a thing.")),
            "read": ("checking", N_("Read the whole of a record that a hit named.")),
        },
    ),
    Noun(
        "record",
        rules=("rules.record",),
        room=("registers.entering", "registers.batch", "registers.record", "registers.ending"),
        store=("store.batches", "store.reaches", "store.ends"),
        peer=("peer.batches",),
        shown=("shown.record",),
        api=("api.records",),
        web=("web.entering",),
        demo=("demo.record",),
        commands={"enter": ("entering", N_("Enter records of the own country."))},
    ),
    Noun(
        "own-record",
        rules=("rules.own_record",),
        room=("registers.own_record",),
        store=("store.own_record",),
        shown=("shown.own_record",),
        api=("api.own_record",),
        web=("web.own_record",),
        demo=("demo.own_record",),
        commands={"records": ("own_record", N_("List, show and change the bureau's own records."))},
    ),
    Noun(
        "alert",
        rules=("rules.alert",),
        room=("registers.alerting",),
        store=("store.alerts",),
        demo=("demo.alert",),
    ),
    Noun(
        "message",
        rules=("rules.message",),
        room=("exchange.sending", "exchange.arriving", "exchange.reading", "exchange.envelope", "exchange.message"),
        store=("store.messages",),
        shown=("shown.message",),
        api=("api.messages",),
        web=("web.messages", "web.writing"),
        demo=("demo.letters",),
        commands={
            "send": ("messages", N_("Send a message to other bureaus.")),
            "inbox": ("messages", N_("List the messages that came in, or were sent.")),
            "open": ("messages", N_("Open a message with its thread; save its attachments.")),
            "reply": ("messages", N_("Answer a message.")),
        },
    ),
    Noun(
        "form",
        rules=("rules.form",),
        api=("api.forms",),
        web=("web.filling",),
        demo=("demo.form",),
        commands={"form": ("forms", N_("Send a form: ask the source to confirm a hit, and answer."))},
    ),
    Noun(
        "delivery",
        rules=("rules.delivery",),
        room=("exchange.settling", "exchange.relaying", "exchange.receipt", "exchange.greeting"),
        store=("store.deliveries",),
        peer=("peer.deliveries", "peer.greeting"),
        demo=("demo.delivery",),
    ),
    Noun(
        "blob",
        rules=("rules.blob",),
        room=("exchange.attaching", "exchange.blob", "exchange.mending"),
        store=("store.blobs",),
        peer=("peer.blobs",),
    ),
    Noun(
        "consignment",
        rules=("rules.consignment",),
        room=("registers.consigning", "registers.consignment", "peer.brought"),
        store=("store.consignments",),
        shown=("shown.consignment",),
        api=("api.files",),
        web=("web.filing",),
        demo=("demo.files", "demo.persons", "demo.vehicles"),
    ),
    Noun(
        "held-act",
        rules=("rules.held",),
        room=("members.held",),
        store=("store.held", "store.due"),
        api=("api.held",),
        web=("web.held",),
        demo=("demo.held",),
        commands={"held": ("held", N_("Acts that wait until others release them."))},
    ),
    Noun(
        "entry",
        rules=("rules.entry",),
        room=("ledger_desk", "ledger.entry", "ledger.checkpoint", "gate"),
        store=("store.entries",),
        api=("api.ledger",),
        web=("web.auditing",),
        demo=("demo.entry",),
        commands={"ledger": ("ledger", N_("List, show and verify the ledger."))},
    ),
    Noun(
        "officer",
        rules=("rules.officer",),
        room=("officers_desk",),
        api=("api.officers",),
        web=("web.officers",),
        commands={"officer": ("officer", N_("The bureau's officers."))},
    ),
    Noun(
        "evidence",
        room=("evidence",),
        demo=("demo.evidence",),
        commands={"verify": ("verify", N_("Say what a file of evidence proves, without any node."))},
    ),
    Noun(
        "rulebook",
        api=("api.rulebook",),
        demo=("demo.rules",),
    ),
    Noun(
        "node",
        web=("web.tour", "web.status"),
        demo=("demo.node",),
        commands={"status": ("status", N_("How a node is, and what to do about it."))},
    ),
    Noun(
        "member",
        room=("members.member", "members.succession", "members.directory", "members.keys"),
        store=("store.members",),
        demo=("demo.joining",),
        commands={"members": ("status", N_("Who is in the network, and what each may do."))},
    ),
    Noun(
        "measure",
        rules=("rules.measure",),
        room=("members.measure", "members.standing"),
        store=("store.publications",),
        shown=("shown.measure",),
        api=("api.directory",),
        web=("web.standing",),
        demo=("demo.measure",),
        commands={"standing": ("standing", N_("Measures against a member (secretariat)."))},
    ),
    Noun(
        "directory",
        rules=("rules.directory",),
        room=("members.stating", "members.reads", "members.ceremony"),
        peer=("peer.directory", "peer.stating"),
        commands={
            "directory": ("directory", N_("Show and publish the directory.")),
            "member": ("member", N_("How a bureau becomes a member, or leaves.")),
            "rulebook": ("rulebook", N_("Show the rulebook in force, and write it to a file.")),
            "ceremony": ("ceremony", N_("Key holders: keys, drafts and signatures.")),
        },
    ),
    Noun(
        "network",
        commands={
            "broker": ("broker", N_("Make and run the network's broker.")),
            "node": ("node", N_("Configure, run and unlock a node.")),
            "demo": ("demo", N_("A whole network on this machine, to try.")),
            "bench": ("bench", N_("Measure this machine.")),
        },
    ),
)


def parts(floor: Floor, kind: type[P]) -> tuple[P, ...]:
    """All parts on a floor, in the nouns' order; TypeError where one is not of that ``kind``."""
    return tuple(_part(module, kind) for noun in NOUNS for module in getattr(noun, floor))


def _part(module: str, kind: type[P]) -> P:
    found = import_module(f"comity.{module}").PART
    if not isinstance(found, kind):
        raise TypeError(module)
    return found
