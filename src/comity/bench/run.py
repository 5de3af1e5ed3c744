"""``comity bench NAME``."""

import logging

from comity.bench.enter import measure_enter
from comity.bench.exchange import measure_exchange
from comity.bench.ledger import measure_ledger
from comity.bench.lookup import measure_lookup
from comity.bench.report import Bench, show
from comity.errors import UnknownError
from comity.runtime import speak_to_operators
from comity.texts import _

BENCHES: dict[str, Bench] = {
    "lookup": measure_lookup,
    "exchange": measure_exchange,
    "enter": measure_enter,
    "ledger": measure_ledger,
}


def run_bench(name: str, *, as_json: bool) -> int:
    """Take one measurement and print it; UnknownError for a name that is none."""
    if name not in BENCHES:
        raise UnknownError(
            _("There is no such measurement."), where=name,
            next_step=_("One of: {names}.").format(names=", ".join(BENCHES)),
        )  # fmt: skip
    speak_to_operators(logging.ERROR)
    show(BENCHES[name](), as_json=as_json)
    return 0
