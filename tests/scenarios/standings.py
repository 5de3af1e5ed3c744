"""Measures by the secretariat's duty officer, as several tests take them."""

from datetime import timedelta

from comity.testing import Network


def measure(network: Network, member: str, channel: str, state: str = "suspended") -> None:
    """A measure for thirty days, or its lifting, in force at every node whose line is up."""
    olga = network.officer("GS", "olga", "duty")
    network.nodes["GS"].measures.set_standing(
        olga, member, channel, state, reason="Misuse.", reference="EC 7",
        until_at=None if state == "open" else network.now + timedelta(days=30),
    )  # fmt: skip
    network.settle(3)
