"""What is inside the boxes: items out of records, records out of items: Spec/envelope.md, Payload and Writers."""

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .errors import EnvelopeError, RefusedInput
from .records import (
    DATA,
    FILE,
    ITEMS,
    KINDS,
    MAX_PAYLOAD_BYTES,
    MAX_RECORD_BYTES,
    MAX_SIZE,
    PADDING,
    RECORD_HEAD_BYTES,
    SHORT_BYTES,
    SIZE,
    TEXT,
    TYPE,
    UNSIZED_RECORD_BYTES,
    name_problem,
    padme,
    record,
    type_problem,
)


@dataclass(frozen=True)
class ItemBegins:
    """Told once all that precedes an item's data is known."""

    kind: str
    name: str | None
    type: str | None
    size: int | None


@dataclass(frozen=True)
class ItemData:
    """A piece of the data of the item that began last."""

    octets: bytes


@dataclass(frozen=True)
class ItemEnds:
    """The item is whole: its size adds up, its text is UTF-8."""


Event = ItemBegins | ItemData | ItemEnds


def _malformed(detail: str) -> EnvelopeError:
    return EnvelopeError("malformed-payload", detail)


class _Item:
    """The item being read: what may come next in it, and whether it adds up."""

    def __init__(self, kind: int, name: bytes | None):
        self.kind = kind
        self.name = name
        self.type: bytes | None = None
        self.size: int | None = None
        self.stage = kind
        self.length = 0
        self._utf8 = codecs.getincrementaldecoder("utf-8")() if kind == TEXT else None

    def begins(self) -> ItemBegins:
        return ItemBegins(
            kind="text" if self.kind == TEXT else "file",
            name=None if self.name is None else self.name.decode("utf-8"),
            type=None if self.type is None else self.type.decode("ascii"),
            size=self.size,
        )

    def advance(self, kind: int) -> None:
        """Type, size, data: each after what comes before it, the first two once."""
        if kind < self.stage or (kind == self.stage and kind != DATA):
            raise _malformed("records out of order")
        self.stage = kind

    def take(self, octets: bytes, final: bool = False) -> None:
        self.length += len(octets)
        if self.size is not None and (self.length > self.size or (final and self.length < self.size)):
            raise _malformed("the data does not add up to the size given")
        if self._utf8 is not None:
            try:
                self._utf8.decode(octets, final)
            except UnicodeDecodeError as error:
                raise _malformed("text that is not UTF-8") from error


class PayloadReader:
    """Takes verified plaintext in pieces of any length; gives events. Raises `malformed-payload`.

    Holds a record's head, a name, a type or a size; never a record's data. A length is judged before its body is
    waited for, so no length can make it hold more than 255 bytes.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._kind: int | None = None  # of the record whose head has been read
        self._left = 0  # bytes still missing from its body
        self._item: _Item | None = None
        self._items = 0

    def feed(self, plaintext: bytes) -> Iterator[Event]:
        """The events that became certain."""
        position = 0
        while position < len(plaintext):
            if self._kind is None:
                taken = plaintext[position : position + RECORD_HEAD_BYTES - len(self._held)]
                self._held += taken
                if len(self._held) == RECORD_HEAD_BYTES:
                    yield from self._head(self._held[0], int.from_bytes(self._held[1:], "big"))
            elif self._left == 0:
                # Only after the padding: every other record is over when its last byte is taken.
                raise _malformed("something follows the padding")
            else:
                taken = plaintext[position : position + self._left]
                self._left -= len(taken)
                yield from self._body(taken)
            position += len(taken)

    def finish(self) -> None:
        """The end of the payload: nothing may be missing."""
        if self._kind != PADDING or self._left:
            raise _malformed("the payload ends without its padding")

    def _head(self, kind: int, length: int) -> Iterator[Event]:
        self._held.clear()
        self._kind, self._left = kind, length
        if kind == PADDING:
            yield from self._end_item()
            if self._items not in ITEMS:
                raise _malformed("no item")
            return
        if kind > DATA:
            raise _malformed("an unknown kind of record")
        if kind in (TEXT, FILE):
            yield from self._end_item()
            self._items += 1
            if self._items not in ITEMS:
                raise _malformed("too many items")
        elif self._item is None:
            raise _malformed("a record before the first item")
        self._check_length(kind, length)
        if kind == TEXT:
            yield from self._record(b"")
        elif kind in (TYPE, SIZE, DATA):
            begun = self._item.stage == DATA
            self._item.advance(kind)
            if kind == DATA and not begun:
                yield self._item.begins()

    @staticmethod
    def _check_length(kind: int, length: int) -> None:
        allowed = {TEXT: range(1), FILE: SHORT_BYTES, TYPE: SHORT_BYTES, SIZE: range(8, 9)}
        if kind == DATA and length == 0:
            raise _malformed("an empty data record")
        if kind in allowed and length not in allowed[kind]:
            raise _malformed("a record of a length out of range")

    def _body(self, octets: bytes) -> Iterator[Event]:
        if self._kind == PADDING:
            if any(octets):
                raise _malformed("padding that is not zero")
        elif self._kind == DATA:
            self._item.take(octets)
            yield ItemData(octets)
            if self._left == 0:
                self._kind = None
        else:
            self._held += octets
            if self._left == 0:
                body = bytes(self._held)
                self._held.clear()
                yield from self._record(body)

    def _record(self, body: bytes) -> Iterator[Event]:
        """A record other than data and padding, whole."""
        kind, self._kind = self._kind, None
        if kind == TEXT:
            self._item = _Item(TEXT, None)
        elif kind == FILE:
            if problem := name_problem(body):
                raise _malformed(problem)
            self._item = _Item(FILE, body)
        elif kind == TYPE:
            if problem := type_problem(body):
                raise _malformed(problem)
            self._item.type = body
        else:
            self._item.size = int.from_bytes(body, "big")
            if self._item.size > MAX_SIZE:
                raise _malformed("a size out of range")
        yield from ()

    def _end_item(self) -> Iterator[Event]:
        if self._item is None:
            return
        if self._item.stage != DATA:
            yield self._item.begins()
        self._item.take(b"", final=True)
        self._item = None
        yield ItemEnds()


# Writing


@dataclass(frozen=True)
class Item:
    """What a writer takes. `declare_size` is False where the sender would not know the size beforehand."""

    kind: str
    data: bytes
    name: str | None = None
    type: str | None = None
    declare_size: bool = True


def write(items: Iterable[Item]) -> bytes:
    """The payload, padded. Raises `RefusedInput` for what a reader would refuse."""
    items = list(items)
    if len(items) not in ITEMS:
        raise RefusedInput("a secret holds 1 to 1000 items")
    records = b"".join(part for item in items for part in _item_records(item))
    if len(records) + RECORD_HEAD_BYTES > MAX_PAYLOAD_BYTES:
        raise RefusedInput("a secret holds at most 512 GiB")
    length = max(256, padme(len(records) + RECORD_HEAD_BYTES))
    return records + record(PADDING, bytes(length - len(records) - RECORD_HEAD_BYTES))


def _item_records(item: Item) -> Iterator[bytes]:
    yield record(KINDS[item.kind], _begin_body(item))
    if item.type is not None:
        media_type = item.type.encode("utf-8", "surrogatepass")
        if problem := type_problem(media_type):
            raise RefusedInput(problem)
        yield record(TYPE, media_type)
    if item.declare_size:
        yield record(SIZE, len(item.data).to_bytes(8, "big"))
    step = MAX_RECORD_BYTES if item.declare_size else UNSIZED_RECORD_BYTES
    for start in range(0, len(item.data), step):
        yield record(DATA, item.data[start : start + step])


def _begin_body(item: Item) -> bytes:
    if item.kind == "text":
        if item.name is not None:
            raise RefusedInput("a text has no name")
        try:
            item.data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise RefusedInput("the text is not UTF-8") from error
        return b""
    name = (item.name or "").encode("utf-8", "surrogatepass")
    if problem := name_problem(name):
        raise RefusedInput(problem)
    return name
