"""Links and receipt links: Spec/envelope.md, Links. Strict; whoever takes pasted text mends it before."""

import base64
import re
from dataclasses import dataclass

from .errors import EnvelopeError

KEY_BYTES = 32
ID_BYTES = 16

# `fullmatch` over ASCII classes: `\w`, `$` and ignored case would let in what other languages refuse.
_LINK = re.compile(
    r"(?P<base>https?://"
    r"(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>(?:/[A-Za-z0-9._~!$&()*+,;=:@-]+)*))"
    r"/(?P<kind>[sr])/(?P<id>[A-Za-z0-9_-]{22})#(?P<key>[A-Za-z0-9_-]{43})"
)


@dataclass(frozen=True)
class Link:
    """Where a secret lies and what opens it. `base` has no final slash; `id` is the text of the link."""

    base: str
    id: str
    key: bytes

    def __str__(self) -> str:
        return f"{self.base}/s/{self.id}#{encode(self.key)}"


@dataclass(frozen=True)
class ReceiptLink:
    """What the sender keeps. `key` is R0; what the server sees is `keys.receipt_token(key)`."""

    base: str
    id: str
    key: bytes

    def __str__(self) -> str:
        return f"{self.base}/r/{self.id}#{encode(self.key)}"


def parse(text: str) -> Link:
    """The parts of a link, or `malformed-link`."""
    return Link(*_parts(text, "s"))


def parse_receipt(text: str) -> ReceiptLink:
    """The parts of a receipt link, or `malformed-link`."""
    return ReceiptLink(*_parts(text, "r"))


def _parts(text: str, kind: str) -> tuple[str, str, bytes]:
    match = _LINK.fullmatch(text)
    if match is None or match["kind"] != kind:
        raise EnvelopeError("malformed-link", "not of the form BASE/s/ID#KEY")
    if match["port"] is not None and int(match["port"]) > 65535:
        raise EnvelopeError("malformed-link", "the port is out of range")
    if any(segment in (".", "..") for segment in match["path"].split("/")):
        raise EnvelopeError("malformed-link", "a dot segment")
    decode(match["id"], ID_BYTES)
    return match["base"], match["id"], decode(match["key"], KEY_BYTES)


def encode(octets: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def decode(text: str, length: int) -> bytes:
    """The inverse of `encode`, only for the one text that `encode` gives: two texts must not name one key."""
    octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(octets) != length or encode(octets) != text:
        raise EnvelopeError("malformed-link", "base64url that is not canonical")
    return octets
