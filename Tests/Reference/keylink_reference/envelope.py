"""Header and boxes together: the reader, whole and in pieces, and the writer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from nacl.utils import random as random_bytes

from . import boxes, keys, payload
from .errors import EnvelopeError, RefusedInput
from .header import (
    CHUNK_LOG2,
    HEADER_BYTES,
    MEMLIMIT,
    OPSLIMIT,
    PARAMETER_BYTES,
    Header,
    check_version,
    fixed_fields,
    parse_header,
)

DEFAULT_CHUNK_LOG2 = 16
DEFAULT_OPSLIMIT = 3
DEFAULT_MEMLIMIT = 65536  # KiB


class Reader:
    """Opens an envelope from octets that arrive in pieces of any length, in memory bounded by one box.

    `feed` each piece, then `finish`; both give the events of `payload`. After an error the reader is of no more use.
    `parameters` are the 48 bytes that were looked at before the claim, where there were any.
    """

    def __init__(
        self,
        link_key: bytes,
        passphrase: str | None = None,
        parameters: bytes | None = None,
        stretch: keys.Stretch = keys.argon2id,
    ):
        self._link_key = link_key
        self._passphrase = passphrase
        self._parameters = parameters
        self._stretch = stretch
        self._start = bytearray()
        self._boxes: boxes.BoxReader | None = None
        self._payload = payload.PayloadReader()
        self._malformed: EnvelopeError | None = None
        self.header: Header | None = None
        self.keys: keys.Keys | None = None

    def feed(self, octets: bytes) -> Iterator[payload.Event]:
        """The events that these octets made certain."""
        if self._boxes is None:
            missing = HEADER_BYTES - len(self._start)
            self._start += octets[:missing]
            octets = octets[missing:]
            check_version(self._start)
            if len(self._start) < HEADER_BYTES:
                return
            self._open_header()
        for chunk in self._boxes.feed(octets):
            yield from self._records(chunk)

    def finish(self) -> Iterator[payload.Event]:
        """The end of the octets, as the transport announced it."""
        if self._boxes is None:
            parse_header(bytes(self._start))
        yield from self._records(self._boxes.finish())
        if self._malformed is None:
            self._payload.finish()
        else:
            raise self._malformed

    def _open_header(self) -> None:
        self.header = parse_header(bytes(self._start))
        if self._parameters is not None and self.header.parameters != self._parameters:
            # The server showed one envelope and handed out another.
            raise EnvelopeError("wrong-link", "not the parameters that were looked at")
        self.keys = keys.unlock(self._link_key, self._passphrase, self.header, self._stretch)
        keys.check_commitment(self.keys, self.header.commitment)
        self._boxes = boxes.BoxReader(self.keys.content, self.header.chunk_log2)

    def _records(self, chunk: bytes) -> Iterator[payload.Event]:
        """Events, until a record is malformed: then nothing more, though every box is still verified."""
        if self._malformed is not None:
            return
        try:
            yield from self._payload.feed(chunk)
        except EnvelopeError as error:
            self._malformed = error


@dataclass
class OpenedItem:
    """An item with all its data."""

    kind: str
    name: str | None
    type: str | None
    data: bytearray = field(default_factory=bytearray)


@dataclass
class Opened:
    """An envelope that verified to its last byte."""

    header: Header
    keys: keys.Keys
    items: list[OpenedItem]


def open_pieces(
    pieces: Iterable[bytes],
    link_key: bytes,
    passphrase: str | None = None,
    parameters: bytes | None = None,
    stretch: keys.Stretch = keys.argon2id,
) -> Opened:
    """The items of an envelope that comes in pieces. Raises `EnvelopeError`."""
    reader = Reader(link_key, passphrase, parameters, stretch)
    items: list[OpenedItem] = []

    def take(events: Iterator[payload.Event]) -> None:
        for event in events:
            if isinstance(event, payload.ItemBegins):
                items.append(OpenedItem(event.kind, event.name, event.type))
            elif isinstance(event, payload.ItemData):
                items[-1].data += event.octets

    for piece in pieces:
        take(reader.feed(piece))
    take(reader.finish())
    return Opened(reader.header, reader.keys, items)


def open_envelope(envelope: bytes, link_key: bytes, passphrase: str | None = None, **others) -> Opened:
    """The items of a whole envelope. Raises `EnvelopeError`."""
    return open_pieces([envelope], link_key, passphrase, **others)


@dataclass(frozen=True)
class Sealed:
    """An envelope and what its writer has to tell the server."""

    envelope: bytes
    keys: keys.Keys

    @property
    def parameters(self) -> bytes:
        return self.envelope[:PARAMETER_BYTES]


def seal(
    items: Iterable[payload.Item],
    link_key: bytes,
    passphrase: str | None = None,
    *,
    chunk_log2: int = DEFAULT_CHUNK_LOG2,
    opslimit: int | None = None,
    memlimit: int | None = None,
    salt: bytes | None = None,
    stretch: keys.Stretch = keys.argon2id,
) -> Sealed:
    """The envelope of `items`. `link_key` is drawn anew for every sealing; a salt is given by tests only.

    Raises `RefusedInput` for what no reader would take.
    """
    octets = keys.normalized(passphrase)
    if opslimit is None:
        opslimit = DEFAULT_OPSLIMIT if octets else 0
    if memlimit is None:
        memlimit = DEFAULT_MEMLIMIT if octets else 0
    in_range = opslimit in OPSLIMIT and memlimit in MEMLIMIT if octets else opslimit == memlimit == 0
    if chunk_log2 not in CHUNK_LOG2 or not in_range or len(link_key) != 32:
        raise RefusedInput("a parameter out of range")
    plaintext = payload.write(items)
    start = fixed_fields(bool(octets), chunk_log2, opslimit, memlimit)
    start += random_bytes(16) if salt is None else salt
    # The commitment is not known before the keys are, which need no more than the parameters.
    header = parse_header(start + keys.link_tag(link_key, start) + bytes(32))
    made = keys.schedule(link_key, octets, header, stretch)
    sealed = b"".join(boxes.seal(plaintext, made.content, chunk_log2))
    return Sealed(header.parameters + made.commitment + sealed, made)
