"""What the rulebook holds, released by a second registrar."""

from comity.gate import Outcome
from comity.testing import Network


def consigned(network: Network, code: str, outcome: Outcome[str]) -> str:
    """The name of a consignment that was allowed, or held and then released by somebody else."""
    if outcome.held:
        second = network.officer(code, "second", "registrar")
        assert network.nodes[code].held.release(second, outcome.held, "Seen.").given == 0
        content = network.ledger(code, "record.consign")[-1].content
        assert content is not None
        return str(content.detail["consignment"])
    assert outcome.release is not None
    return outcome.release
