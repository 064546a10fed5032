"""payload.json: records, items, sizes and padding. Every box is authentic."""

from .craft import (
    DATA,
    FILE,
    NOTE,
    NOTE_ITEM,
    PADDING,
    SIZE,
    TEXT,
    TEXT_ITEM,
    TYPE,
    Craft,
    draw,
    item,
    opens,
    pad,
    record,
    refused,
    size_record,
)

CODE = "malformed-payload"
BEGIN = record(TEXT)
NOTE_DATA = record(DATA, NOTE)
NOTE_SIZE = size_record(len(NOTE))
PLAIN_TYPE = record(TYPE, b"text/plain")
FILE_BEGIN = record(FILE, b"a.bin")


def cases() -> list[dict]:
    return [
        *(_ok(*row) for row in _items()),
        *(_ok(*row) for row in _paddings()),
        *_crossing(),
        *(_bad(*row) for row in _orders()),
        *(_bad(*row) for row in _lengths()),
        *(_bad(*row) for row in _sizes()),
        *(_bad(*row) for row in _endings()),
        *_later_chunks(),
    ]


def _ok(name: str, why: str, payload: bytes, items: list[dict]) -> dict:
    craft = Craft(f"payload_{name}")
    return opens(craft, why, craft.envelope(payload), items)


def _bad(name: str, why: str, payload: bytes) -> dict:
    craft = Craft(f"payload_{name}")
    return refused(craft, why, craft.envelope(payload), CODE)


def _items() -> list[tuple]:
    octets = draw("payload", "octets", 60)
    pieces = b"".join(record(DATA, octets[i : i + 1]) for i in range(60))
    uneven = record(DATA, octets[:7]) + record(DATA, octets[7:9]) + record(DATA, octets[9:])
    longest = bytes(32 + i % 95 for i in range(255))
    several = BEGIN + NOTE_DATA + FILE_BEGIN + uneven + BEGIN + PLAIN_TYPE + NOTE_SIZE + NOTE_DATA
    text, file = item("text", b""), item("file", b"", "a.bin")
    typed, filled = item("text", NOTE, None, "text/plain"), item("file", octets, "a.bin")
    typed_file = item("file", b"", "a.bin", "text/plain")
    short_type, long_type = item("file", b"", "a.bin", "x"), item("file", b"", "a.bin", longest.decode())
    rows = [
        ("empty_text", "the smallest payload: an empty text", BEGIN, [text]),
        ("empty_text_sized", "an empty text that says so", BEGIN + size_record(0), [text]),
        ("empty_file", "an empty file", FILE_BEGIN, [file]),
        ("empty_file_sized", "an empty file that says so", FILE_BEGIN + size_record(0), [file]),
        ("no_size", "no size is given", FILE_BEGIN + record(DATA, octets), [filled]),
        ("data_byte_by_byte", "a record for each byte", FILE_BEGIN + size_record(60) + pieces, [filled]),
        ("data_uneven", "records of any length", FILE_BEGIN + uneven, [filled]),
        ("type_alone", "a media type without a size", BEGIN + PLAIN_TYPE + NOTE_DATA, [typed]),
        ("type_of_empty", "a media type and nothing more", FILE_BEGIN + PLAIN_TYPE, [typed_file]),
        ("type_one_byte", "the shortest media type", FILE_BEGIN + record(TYPE, b"x"), [short_type]),
        ("type_longest", "255 bytes, every printable one", FILE_BEGIN + record(TYPE, longest), [long_type]),
        ("type_and_size", "all that an item may hold", BEGIN + PLAIN_TYPE + NOTE_SIZE + NOTE_DATA, [typed]),
        ("several_items", "text, file, text", several, [NOTE_ITEM, filled, typed]),
        ("same_name_twice", "names may repeat: whoever writes files keeps them apart", FILE_BEGIN * 2, [file] * 2),
        ("thousand_items", "as many items as there may be", BEGIN * 1000, [text] * 1000),
    ]
    return [(name, why, records + pad(), items) for name, why, records, items in rows]


def _paddings() -> list[tuple]:
    return [
        (f"padding_{size}", why, TEXT_ITEM + pad(size), [NOTE_ITEM])
        for size, why in [
            (0, "a padding record of no zeros"),
            (1, "one zero"),
            (217, "an amount that no writer of ours would choose"),
            (4096 - len(TEXT_ITEM) - 5, "zeros to the end of the chunk"),
            (9000, "zeros over several chunks"),
        ]
    ]


def _crossing() -> list[dict]:
    """Records cut by the end of a chunk: boxes know nothing of records."""
    result = []
    for name, why, tail, kept in [
        ("head_across_chunks", "a data record's head in two chunks", record(DATA, NOTE), 2),
        ("size_across_chunks", "a size in two chunks", NOTE_SIZE + record(DATA, NOTE), 9),
        ("type_across_chunks", "a media type in two chunks", PLAIN_TYPE + record(DATA, NOTE), 8),
    ]:
        # The first item ends so that `kept` bytes of what follows the second one's beginning are in the first chunk.
        size = 4096 - kept - 2 * len(BEGIN) - 5
        before = BEGIN + record(DATA, b"." * size) + BEGIN
        media_type = "text/plain" if tail.startswith(PLAIN_TYPE) else None
        items = [item("text", b"." * size), item("text", NOTE, None, media_type)]
        result.append(_ok(name, why, before + tail + pad(), items))
    size = 4096 - 5 - 5 - 5 - 3
    first = BEGIN + record(DATA, b"." * size)
    named = first + record(FILE, b"a long name.txt") + pad()
    both = [item("text", b"." * size), item("file", b"", "a long name.txt")]
    result.append(_ok("name_across_chunks", "a name in two chunks", named, both))
    size = 4096 - 5 - 5 - 4
    ended = BEGIN + record(DATA, b"." * size) + pad(3)
    result.append(_ok("padding_head_across_chunks", "the padding's head in two chunks", ended, [item("text", b"." * size)]))
    return result


def _orders() -> list[tuple]:
    unknown = [
        (f"kind_{kind}", "a kind of record that version 1 does not know", record(kind, b"?") + TEXT_ITEM + pad())
        for kind in (6, 128, 255)
    ]
    return unknown + [
        ("kind_after_items", "an unknown record after an item", TEXT_ITEM + record(6) + pad()),
        ("kind_ascii", "digits in place of numbers", b"1" + TEXT_ITEM[1:] + pad()),
        ("data_first", "data before the first item", NOTE_DATA + pad()),
        ("type_first", "a media type before the first item", PLAIN_TYPE + TEXT_ITEM + pad()),
        ("size_first", "a size before the first item", NOTE_SIZE + TEXT_ITEM + pad()),
        ("type_twice", "two media types", BEGIN + PLAIN_TYPE * 2 + NOTE_DATA + pad()),
        ("size_twice", "two sizes", BEGIN + NOTE_SIZE * 2 + NOTE_DATA + pad()),
        ("type_after_size", "a media type after the size", BEGIN + NOTE_SIZE + PLAIN_TYPE + NOTE_DATA + pad()),
        ("type_after_data", "a media type after data", TEXT_ITEM + PLAIN_TYPE + pad()),
        ("size_after_data", "a size after data", TEXT_ITEM + NOTE_SIZE + pad()),
        ("type_between_data", "a media type between data", TEXT_ITEM + PLAIN_TYPE + NOTE_DATA + pad()),
        ("no_items", "padding and nothing else", pad(20)),
        ("too_many_items", "one item more than there may be", BEGIN * 1001 + pad()),
    ]


def _lengths() -> list[tuple]:
    def typed(octets: bytes) -> bytes:
        return BEGIN + record(TYPE, octets) + NOTE_DATA + pad()

    return [
        ("text_with_name", "a text has no name", record(TEXT, b"n") + NOTE_DATA + pad()),
        ("type_empty", "an empty media type", typed(b"")),
        ("type_256_bytes", "a media type one byte too long", typed(b"x" * 256)),
        ("type_control", "a control character in a media type", typed(b"text/plain\x1f")),
        ("type_newline", "a newline in a media type would begin another header field", typed(b"text/plain\nx: y")),
        ("type_delete", "U+007F in a media type", typed(b"text/plain\x7f")),
        ("type_not_ascii", "a media type beyond ASCII", typed("text/pl\u00e4in".encode())),
        ("size_7_bytes", "a size of seven bytes", BEGIN + record(SIZE, NOTE_SIZE[6:]) + NOTE_DATA + pad()),
        ("size_9_bytes", "a size of nine bytes", BEGIN + record(SIZE, NOTE_SIZE[5:] + b"\0") + NOTE_DATA + pad()),
        ("size_empty", "a size of no bytes", BEGIN + record(SIZE) + NOTE_DATA + pad()),
        ("data_empty", "an empty data record", BEGIN + record(DATA) + pad()),
        ("data_empty_between", "an empty data record between others", TEXT_ITEM + record(DATA) + NOTE_DATA + pad()),
        ("name_4_gib", "a name of 2^32-1 bytes: refused, not allocated", record(FILE, b"a", 0xFFFFFFFF) + pad()),
        ("type_4_gib", "a media type of 2^32-1 bytes", BEGIN + record(TYPE, b"a", 0xFFFFFFFF) + pad()),
    ]


def _sizes() -> list[tuple]:
    def sized(size: int, *data: bytes) -> bytes:
        return FILE_BEGIN + size_record(size) + b"".join(record(DATA, d) for d in data)

    return [
        ("size_too_small", "one byte more than the size", sized(3, b"abcd") + pad()),
        ("size_too_large", "one byte less than the size", sized(5, b"abcd") + pad()),
        ("size_zero_with_data", "a size of 0, and data", sized(0, b"a") + pad()),
        ("size_without_data", "a size, and no data", sized(1) + pad()),
        ("size_passed_in_second", "the second record goes beyond the size", sized(5, b"abc", b"def") + pad()),
        ("size_not_reached_before_next", "another item begins before the size is reached", sized(5, b"abc") + TEXT_ITEM + pad()),
        ("size_little_endian", "a size written little-endian", sized(4 << 56, b"abcd") + pad()),
        ("size_largest", "2^53-1, the largest there may be, and less data", sized(2**53 - 1, b"abcd") + pad()),
        ("size_2_to_53", "one more than the largest", sized(2**53, b"abcd") + pad()),
        ("size_2_to_63", "negative where signs are", sized(2**63, b"abcd") + pad()),
        ("size_2_to_64_minus_1", "all bits of a size", sized(2**64 - 1, b"abcd") + pad()),
    ]  # fmt: skip


def _endings() -> list[tuple]:
    return [
        ("padding_missing", "no padding record", TEXT_ITEM),
        ("padding_kind_alone", "one byte of a padding record", TEXT_ITEM + b"\0"),
        ("padding_head_cut", "four bytes of a padding record", TEXT_ITEM + bytes(4)),
        ("padding_cut", "fewer zeros than announced", TEXT_ITEM + record(PADDING, bytes(9), 10)),
        ("padding_too_short", "a zero more than announced", TEXT_ITEM + record(PADDING, bytes(11), 10)),
        ("padding_4_gib", "padding of 2^32-1 bytes announced", TEXT_ITEM + record(PADDING, bytes(9), 0xFFFFFFFF)),
        ("padding_twice", "two padding records", TEXT_ITEM + pad(10) + pad(10)),
        ("padding_before_item", "an item after the padding", TEXT_ITEM + pad(10) + TEXT_ITEM),
        ("padding_first", "padding first", pad(10) + TEXT_ITEM + pad(10)),
        ("padding_before_data", "padding within an item", BEGIN + pad(10) + NOTE_DATA + pad()),
        ("padding_then_unknown", "an unknown record after the padding", TEXT_ITEM + pad(10) + record(6)),
        ("padding_first_byte", "the first padding byte is not zero", TEXT_ITEM + record(PADDING, b"\1" + bytes(9))),
        ("padding_last_byte", "the last padding byte is not zero", TEXT_ITEM + record(PADDING, bytes(9) + b"\x80")),
        ("head_cut", "the payload ends within a record's head", TEXT_ITEM + b"\5\0\0"),
        ("data_cut", "the payload ends within data", BEGIN + record(DATA, NOTE, len(NOTE) + 1)),
        ("data_4_gib", "data of 2^32-1 bytes announced", BEGIN + record(DATA, NOTE, 0xFFFFFFFF)),
        ("name_cut", "the payload ends within a name", record(FILE, b"a.bi", 5)),
        ("size_cut", "the payload ends within a size", BEGIN + NOTE_SIZE[:-1]),
        ("zeros", "a payload of zeros: padding after padding", bytes(256)),
    ]


def _later_chunks() -> list[dict]:
    far = TEXT_ITEM + record(PADDING, bytes(4900) + b"\1")
    return [
        _bad("padding_byte_in_second_chunk", "a padding byte of the second chunk is not zero", far),
        _bad("malformed_in_first_of_two", "an unknown record in the first chunk, the second authentic", record(6) + bytes(5000)),
    ]
