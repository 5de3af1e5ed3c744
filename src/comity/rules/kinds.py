"""Acts that the rules of several nouns speak about together."""

ASKED_OF_KEEPERS = ("query.answer", "record.show", "batch.accept", "consignment.accept", "consignment.take")
RELAYED = ("envelope.relay", "receipt.relay")
BETWEEN_BUREAUS = (*ASKED_OF_KEEPERS, "message.deliver", "receipt.take", "blob.show", *RELAYED)
GIVING_TO_MEMBERS = (*BETWEEN_BUREAUS, "message.send", "alert.send")
USING_A_CHANNEL = (
    "query.*",
    "record.read",
    "record.show",
    "record.enter",
    "record.consign",
    "batch.accept",
    "consignment.accept",
    "consignment.take",
    "message.send",
    "message.deliver",
    "envelope.relay",
)
"""What a measure closes, and what needs a directory that is not stale. Not receipts: they end what has begun."""
