"""``comity bench NAME``."""

from comity.bench.lookup import measure_lookup
from comity.bench.report import Bench, show
from comity.errors import UnknownError

BENCHES: dict[str, Bench] = {"lookup": measure_lookup}


def run_bench(name: str, *, as_json: bool) -> int:
    """Take one measurement and print it; UnknownError for a name that is none."""
    if name not in BENCHES:
        raise UnknownError("There is no such measurement.", where=name, next_step=f"One of: {', '.join(BENCHES)}.")
    show(BENCHES[name](), as_json=as_json)
    return 0
