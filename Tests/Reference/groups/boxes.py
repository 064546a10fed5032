"""box.json: every boundary of the chunking, and every way to alter, cut, reorder or append."""

from .craft import PADDING, TEXT_ITEM, Craft, draw, flip, opens, pad, record, refused

CHUNK = 4096
BOX = CHUNK + 16
MIB = 1 << 20

# name, why, chunk_log2, length of the payload
LENGTHS = [
    ("chunk_minus_one", "one byte less than a chunk", 12, CHUNK - 1),
    ("chunk", "exactly one chunk", 12, CHUNK),
    ("chunk_plus_one", "a last chunk of one byte", 12, CHUNK + 1),
    ("two_chunks_minus_one", "one byte less than two chunks", 12, 2 * CHUNK - 1),
    ("two_chunks", "exactly two chunks", 12, 2 * CHUNK),
    ("two_chunks_plus_one", "two chunks and a byte", 12, 2 * CHUNK + 1),
    ("default_chunk_minus_one", "one byte less than the chunk that writers use", 16, 65535),
    ("default_chunk", "exactly one chunk of the size that writers use", 16, 65536),
    ("default_chunk_plus_one", "one byte more", 16, 65537),
    ("default_two_chunks", "exactly two of them", 16, 2 * 65536),
    ("largest_chunk", "exactly one of the largest chunks", 20, MIB),
    ("largest_chunk_plus_one", "one byte more", 20, MIB + 1),
    ("index_beyond_a_byte", "258 boxes: the index needs two bytes", 12, 258 * CHUNK),
]

CODE = "corrupt"


def cases() -> list[dict]:
    result = []
    for name, why, chunk_log2, length in LENGTHS:
        craft = Craft(f"box_{name}", chunk_log2=chunk_log2)
        payload, item = craft.file_payload(length)
        result.append(opens(craft, why, craft.envelope(payload), [item]))
    return [*result, *_short(), *_altered(), *_cut(), *_moved(), *_appended(), *_nonces(), *_chunks(), *_first_of_two()]


def _three(name: str) -> tuple[Craft, list[bytes]]:
    """Two full boxes and a last one of 100 bytes of plaintext."""
    craft = Craft(f"box_{name}")
    payload, _ = craft.file_payload(2 * CHUNK + 100)
    return craft, craft.boxes(payload)


def _case(name: str, why: str, make) -> dict:
    """`make` turns the three boxes into what follows the header."""
    craft, boxes = _three(name)
    return refused(craft, why, craft.header + b"".join(make(*boxes)), CODE)


def _short() -> list[dict]:
    """Too little to be one box."""
    result = []
    for name, why, size in [
        ("none", "no box at all", 0),
        ("one_byte", "one byte after the header", 1),
        ("fifteen_bytes", "one byte less than a tag", 15),
        ("sixteen_bytes", "as long as a tag", 16),
    ]:
        craft = Craft(f"box_{name}")
        result.append(refused(craft, why, craft.header + draw(craft.name, "octets", size), CODE))
    empty = Craft("box_empty_only")
    result.append(refused(empty, "one authentic box with nothing in it", empty.header + empty.box(0, b"", True), CODE))
    return result


def _altered() -> list[dict]:
    rows = [
        ("tag_first_bit", "the first byte of the first tag altered", 80),
        ("tag_last_bit", "the last byte of the first tag altered", 95),
        ("ciphertext_first_bit", "the first byte of ciphertext altered", 96),
        ("ciphertext_last_bit", "the last byte of the first box altered", 80 + BOX - 1),
        ("middle_tag", "the tag of the middle box altered", 80 + BOX),
        ("middle_ciphertext", "the middle box altered", 80 + BOX + 2000),
        ("last_tag", "the tag of the last box altered", 80 + 2 * BOX + 3),
        ("last_byte", "the last byte altered", -1),
    ]
    result = []
    for name, why, position in rows:
        craft, boxes = _three(name)
        result.append(refused(craft, why, flip(craft.header + b"".join(boxes), position, 7), CODE))
    return result


def _cut() -> list[dict]:
    return [
        _case("cut_one_byte", "the last byte is missing", lambda a, b, c: [a, b, c[:-1]]),
        _case("cut_in_ciphertext", "cut within the last box", lambda a, b, c: [a, b, c[:50]]),
        _case("cut_after_tag", "of the last box only the tag is left", lambda a, b, c: [a, b, c[:16]]),
        _case("cut_in_tag", "cut within the last tag", lambda a, b, c: [a, b, c[:7]]),
        _case("cut_to_one_byte", "one byte of the last box is left", lambda a, b, c: [a, b, c[:1]]),
        _case("last_missing", "cut at a boundary: the last box is missing", lambda a, b, c: [a, b]),
        _case("two_missing", "only the first box is left", lambda a, b, c: [a]),
        _case("cut_first", "cut within the first box", lambda a, b, c: [a[:1000]]),
        _case("first_byte_missing", "the first byte of the first box is missing", lambda a, b, c: [a[1:], b, c]),
    ]


def _moved() -> list[dict]:
    return [
        _case("first_missing", "the first box is missing", lambda a, b, c: [b, c]),
        _case("middle_missing", "the middle box is missing", lambda a, b, c: [a, c]),
        _case("swapped", "two boxes swapped", lambda a, b, c: [b, a, c]),
        _case("repeated", "the first box twice", lambda a, b, c: [a, a, b, c]),
        _case("replaced", "the first box in place of the middle one", lambda a, b, c: [a, a, c]),
        _case("last_first", "the last box in front", lambda a, b, c: [c, a, b]),
        _case("last_only", "the last box alone", lambda a, b, c: [c]),
    ]


def _appended() -> list[dict]:
    def twice(a: bytes, b: bytes, c: bytes) -> list[bytes]:
        return [a, b, c, c]

    result = [
        _case("appended_byte", "a zero byte appended", lambda a, b, c: [a, b, c, b"\0"]),
        _case("appended_newline", "a newline appended", lambda a, b, c: [a, b, c, b"\n"]),
        _case("appended_tag", "16 bytes appended", lambda a, b, c: [a, b, c, bytes(16)]),
        _case("last_twice", "the last box twice", twice),
    ]
    full = Craft("box_appended_to_full")
    payload, _ = full.file_payload(2 * CHUNK)
    again = Craft("box_envelope_twice")
    whole = again.envelope(TEXT_ITEM + pad(20))
    extended = Craft("box_appended_authentic")
    boxes = extended.boxes(TEXT_ITEM + pad(CHUNK - len(TEXT_ITEM) - 5))
    return result + [
        refused(full, "a byte after a last box that is full", full.envelope(payload) + b"\0", CODE),
        refused(again, "the envelope twice", whole + whole, CODE),
        refused(
            extended,
            "a second authentic last box after a full one",
            extended.header + boxes[0] + extended.box(1, bytes(10), True),
            CODE,
        ),
    ]


def _sealed(name: str, why: str, boxes) -> dict:
    """Three chunks, sealed by `boxes(craft, chunks)`: authentic, but not by the rules."""
    craft = Craft(f"box_{name}")
    payload, _ = craft.file_payload(2 * CHUNK + 100)
    chunks = [payload[:CHUNK], payload[CHUNK : 2 * CHUNK], payload[2 * CHUNK :]]
    return refused(craft, why, craft.header + b"".join(boxes(craft, *chunks)), CODE)


def _nonces() -> list[dict]:
    swap = int.from_bytes((1).to_bytes(8, "little"), "big")
    single = Craft("box_single_not_last")
    return [
        _sealed(
            "middle_marked_last",
            "a box in the middle is marked as the last",
            lambda k, a, b, c: [k.box(0, a), k.box(1, b, True), k.box(2, c, True)],
        ),
        _sealed(
            "first_marked_last",
            "the first box is marked as the last",
            lambda k, a, b, c: [k.box(0, a, True), k.box(1, b), k.box(2, c, True)],
        ),
        _sealed(
            "last_not_marked",
            "the last box is not marked as such",
            lambda k, a, b, c: [k.box(0, a), k.box(1, b), k.box(2, c)],
        ),
        refused(
            single,
            "a single box that is not marked as the last",
            single.header + single.box(0, TEXT_ITEM + pad(20)),
            CODE,
        ),
        _sealed(
            "index_from_one",
            "the index begins at 0",
            lambda k, a, b, c: [k.box(1, a), k.box(2, b), k.box(3, c, True)],
        ),
        _sealed(
            "index_little_endian",
            "the index is big-endian",
            lambda k, a, b, c: [k.box(0, a), k.box(swap, b), k.box(2 * swap, c, True)],
        ),
        _sealed(
            "index_stands_still",
            "each box has an index of its own",
            lambda k, a, b, c: [k.box(0, a), k.box(0, b), k.box(0, c, True)],
        ),
        _sealed(
            "key_is_master",
            "the content key seals, not the master",
            lambda k, a, b, c: [k.box(0, a, key=k.master), k.box(1, b, key=k.master), k.box(2, c, True, k.master)],
        ),
        _sealed(
            "tag_behind",
            "the tag stands before the ciphertext",
            lambda k, a, b, c: [x[16:] + x[:16] for x in (k.box(0, a), k.box(1, b), k.box(2, c, True))],
        ),
    ]


def _chunks() -> list[dict]:
    return [
        _sealed(
            "empty_last",
            "an authentic last box with nothing in it",
            lambda k, a, b, c: [k.box(0, a), k.box(1, b), k.box(2, b"", True)],
        ),
        _sealed(
            "empty_after_last",
            "an empty box after the last",
            lambda k, a, b, c: [k.box(0, a), k.box(1, b, True), k.box(2, b"", True)],
        ),
        _sealed(
            "short_in_the_middle",
            "only the last chunk may be short",
            lambda k, a, b, c: [k.box(0, a), k.box(1, b[:-1]), k.box(2, b[-1:] + c, True)],
        ),
        _sealed(
            "long_first",
            "a chunk of one byte more than the header says",
            lambda k, a, b, c: [k.box(0, a + b[:1]), k.box(1, b[1:] + c, True)],
        ),
        _sealed(
            "long_only",
            "one box, longer than a chunk",
            lambda k, a, b, c: [k.box(0, a + c, True)],
        ),
        _sealed(
            "other_chunk_size",
            "chunks of twice the size that the header says",
            lambda k, a, b, c: [k.box(0, a + b), k.box(1, c, True)],
        ),
    ]


def _first_of_two() -> list[dict]:
    """Records that break a rule in the first box, and a later box that fails: corrupt is what both come to."""
    unknown = record(6) + bytes(CHUNK - 5) + bytes(100)
    nonzero = TEXT_ITEM + record(PADDING, b"\1" + bytes(2 * CHUNK))

    def made(name: str, why: str, payload: bytes, change) -> dict:
        craft = Craft(f"box_{name}")
        return refused(craft, why, craft.header + b"".join(change(craft.boxes(payload))), CODE)

    return [
        made("altered_after_malformed", "an unknown record, then an altered box", unknown, lambda b: [b[0], flip(b[1], 20)]),
        made("cut_after_malformed", "an unknown record, then the last box cut", unknown, lambda b: [b[0], b[1][:-1]]),
        made("missing_after_malformed", "a padding byte not zero, then no last box", nonzero, lambda b: b[:2]),
        made("appended_after_malformed", "an unknown record, then a byte too many", unknown, lambda b: [*b, b"\0"]),
    ]
