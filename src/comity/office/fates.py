"""What became of a message that was sent from here, by its deliveries and receipts."""

from comity.damage import read_all
from comity.exchange.delivery import DeliveryState
from comity.exchange.message import Message
from comity.exchange.reading import follow
from comity.exchange.receipt import Receipt
from comity.exchange.signed import parse_signed
from comity.store import deliveries
from comity.store.store import Store


def fates_of(store: Store, message: Message) -> tuple[DeliveryState, ...]:
    """Where its deliveries stand; none of one that came in."""
    found = store.read_rows(lambda connection: deliveries.list_deliveries(connection, message.id))
    return tuple(each.state for each in follow(message, found))


def rules_against(store: Store, message: Message) -> tuple[str, ...]:
    """The rules by which its recipients refused it, by their receipts."""
    kept = store.read_rows(lambda connection: deliveries.list_receipts(connection, message.id))
    said = read_all(kept, lambda each: parse_signed(each.frame, Receipt)[1])
    return tuple(dict.fromkeys(rule for each in said if each.step == "refused" for rule in each.rules))
