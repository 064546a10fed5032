"""text.json: text is well-formed UTF-8, whatever cuts it, and is kept as it is."""

from .craft import DATA, FILE, TEXT, Craft, item, opens, pad, record, refused

CODE = "malformed-payload"

# name, why, pieces of data: one record each
KEPT = [
    ("two_bytes", "two bytes a scalar", ["\u00e9".encode()]),
    ("three_bytes", "three bytes a scalar", ["\u20ac".encode()]),
    ("four_bytes", "four bytes a scalar", ["\U0001f511".encode()]),
    ("last_scalar", "U+10FFFF", ["\U0010ffff".encode()]),
    ("around_surrogates", "the scalars on both sides of the surrogates", ["\ud7ff\ue000".encode()]),
    ("noncharacter", "U+FFFF is a scalar", ["\uffff".encode()]),
    ("nul", "U+0000 is a scalar", [b"a\0b"]),
    ("byte_order_mark", "a leading U+FEFF is data", ["\ufeffkettle".encode()]),
    ("byte_order_mark_twice", "and a second one too", ["\ufeff\ufeffkettle".encode()]),
    ("decomposed", "text is not normalized", ["e\u0301".encode()]),
    ("line_endings", "line endings stay as they are", [b"a\r\nb\rc\n\n"]),
    ("controls", "control and bidirectional characters are text", ["\x1b[2J\u202e\u2066".encode()]),
    ("split_in_two", "a scalar in two records", [b"\xe2\x82", b"\xac"]),
    ("split_in_four", "a scalar in four records", [b"\xf0", b"\x9f", b"\x94", b"\x91"]),
    ("mark_in_next_record", "a combining mark in a record of its own", [b"e", "\u0301".encode()]),
]

ILL_FORMED = [
    ("continuation", "a continuation byte alone", [b"\x80"]),
    ("latin_1", "Latin-1", [b"caf\xe9 noir"]),
    ("overlong_2", "U+0000 in two bytes", [b"\xc0\x80"]),
    ("overlong_3", "a slash in three bytes", [b"\xe0\x80\xaf"]),
    ("overlong_4", "a euro sign in four bytes", [b"\xf0\x82\x82\xac"]),
    ("surrogate", "a surrogate", [b"\xed\xa0\x80"]),
    ("surrogate_pair", "a pair of surrogates in six bytes", [b"\xed\xa0\xbd\xed\xb4\x91"]),
    ("beyond_last", "one more than U+10FFFF", [b"\xf4\x90\x80\x80"]),
    ("five_bytes", "five bytes a scalar", [b"\xf8\x88\x80\x80\x80"]),
    ("ff", "a byte that is never UTF-8", [b"a\xffb"]),
    ("utf_16", "UTF-16 with its mark", ["\ufeffkettle".encode("utf-16-be")]),
    ("cut", "the text ends within a scalar", [b"kettle \xe2\x82"]),
    ("cut_lead", "the text ends with a first byte", [b"kettle \xf0"]),
    ("interrupted", "a scalar broken off by a letter", [b"\xe2\x82a"]),
    ("split_wrong", "a scalar that goes on wrongly in the next record", [b"\xe2\x82", b"a"]),
    ("split_overlong", "an overlong form in two records", [b"\xc0", b"\xaf"]),
]


def cases() -> list[dict]:
    return [
        *(_kept(*row) for row in KEPT),
        *(_ill_formed(*row) for row in ILL_FORMED),
        *_between_items(),
        *_between_chunks(),
    ]


def _text(pieces: list[bytes]) -> bytes:
    return record(TEXT) + b"".join(record(DATA, piece) for piece in pieces)


def _kept(name: str, why: str, pieces: list[bytes]) -> dict:
    craft = Craft(f"text_{name}")
    return opens(craft, why, craft.envelope(_text(pieces) + pad(20)), [item("text", b"".join(pieces))])


def _ill_formed(name: str, why: str, pieces: list[bytes]) -> dict:
    craft = Craft(f"text_{name}")
    return refused(craft, why, craft.envelope(_text(pieces) + pad(20)), CODE)


def _between_items() -> list[dict]:
    split, second, binary = Craft("text_split_by_item"), Craft("text_second_item"), Craft("text_file_is_not")
    halves = _text([b"\xe2\x82"]) + _text([b"\xac"])
    octets = b"\xff\xfe\0\x80"
    return [
        refused(split, "a scalar begun in one text and ended in the next", split.envelope(halves + pad()), CODE),
        refused(
            second,
            "ill-formed text behind a file and a good text",
            second.envelope(record(FILE, b"a") + _text([b"good"]) + _text([b"\xff"]) + pad()),
            CODE,
        ),
        opens(
            binary,
            "the data of a file may be anything",
            binary.envelope(record(FILE, b"a") + record(DATA, octets) + pad()),
            [item("file", octets, "a")],
        ),
    ]


def _between_chunks() -> list[dict]:
    # Two heads of five bytes, then as many letters as leave room for two of the scalar's three bytes.
    letters = b"a" * (4096 - 10 - 2)
    good, bad = Craft("text_split_by_chunk"), Craft("text_ill_formed_by_chunk")
    whole = letters + "\u20ac".encode()
    return [
        opens(good, "a scalar in two chunks", good.envelope(_text([whole]) + pad()), [item("text", whole)]),
        refused(
            bad,
            "a scalar that goes on wrongly in the next chunk",
            bad.envelope(_text([letters + b"\xe2\x82a"]) + pad()),
            CODE,
        ),
    ]
