"""An independent reader and writer of Keylink envelopes, written from Spec/envelope.md alone.

It shares no code with the Swift and JavaScript implementations, so that a mistake has to be made twice to go unseen.
Read in this order: link, header, keys, boxes, records, payload, envelope; client speaks to a server. Clear before fast: the
writer holds a payload in memory, and Python cannot wipe its keys. It is for tests, not for people's secrets.
"""

from .envelope import Opened, OpenedItem, Reader, Sealed, open_envelope, open_pieces, seal
from .errors import CODES, EnvelopeError, RefusedInput
from .link import Link, ReceiptLink, parse, parse_receipt
from .payload import Item
from .records import padme

__all__ = [
    "CODES",
    "EnvelopeError",
    "Item",
    "Link",
    "Opened",
    "OpenedItem",
    "Reader",
    "ReceiptLink",
    "RefusedInput",
    "Sealed",
    "open_envelope",
    "open_pieces",
    "padme",
    "parse",
    "parse_receipt",
    "seal",
]
