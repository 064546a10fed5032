"""The ciphertext: boxes of one chunk each: Spec/envelope.md, Boxes."""

from collections.abc import Iterator

from nacl import bindings as sodium
from nacl.exceptions import CryptoError

from .errors import EnvelopeError

TAG_BYTES = 16


def nonce(index: int, last: bool) -> bytes:
    """15 zero bytes, the final flag, the index."""
    return bytes(15) + bytes([last]) + index.to_bytes(8, "big")


def seal(payload: bytes, key: bytes, chunk_log2: int) -> Iterator[bytes]:
    """The boxes of a payload, which is never empty: it holds at least a padding record."""
    size = 1 << chunk_log2
    for index, start in enumerate(range(0, len(payload), size)):
        last = start + size >= len(payload)
        yield sodium.crypto_secretbox(payload[start : start + size], nonce(index, last), key)


class BoxReader:
    """Opens boxes from octets that arrive in pieces of any length.

    Only a box that is followed by another octet is known not to be the last, so one whole box may wait here:
    memory is bounded by one box and the piece given.
    """

    def __init__(self, key: bytes, chunk_log2: int):
        self._key = key
        self._box_bytes = (1 << chunk_log2) + TAG_BYTES
        self._pending = bytearray()
        self._index = 0

    def feed(self, octets: bytes) -> Iterator[bytes]:
        """The chunks that became certain, each verified. Raises `corrupt`."""
        self._pending += octets
        while len(self._pending) > self._box_bytes:
            box = bytes(self._pending[: self._box_bytes])
            del self._pending[: self._box_bytes]
            yield self._open(box, last=False)

    def finish(self) -> bytes:
        """The last chunk, at the end of the octets. Raises `corrupt`."""
        if len(self._pending) <= TAG_BYTES:
            # Also no box at all. An empty last box would let one payload be sealed in two ways.
            raise EnvelopeError("corrupt", "the last box holds nothing")
        return self._open(bytes(self._pending), last=True)

    def _open(self, box: bytes, last: bool) -> bytes:
        try:
            chunk = sodium.crypto_secretbox_open(box, nonce(self._index, last), self._key)
        except CryptoError as error:
            raise EnvelopeError("corrupt", f"box {self._index} does not verify") from error
        self._index += 1
        return chunk
