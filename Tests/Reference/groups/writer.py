"""writer.json: what a writer gives to the byte. The payload is written out by hand here, not by a writer."""

from .craft import DATA, FILE, TEXT, TYPE, Craft, draw, item, opens, record, size_record

UNSIZED = 65536


def cases() -> list[dict]:
    return [*_small(), *_lengths(), *_padding(), *_passphrases(), *_chunks()]


def _data(name: str, size: int) -> bytes:
    return draw(name, "data", size)


def _text(data: str | bytes, declare: bool = True, media_type: str | None = None) -> dict:
    data = data.encode() if isinstance(data, str) else data
    return {"kind": "text", "name": None, "type": media_type, "declareSize": declare, "data": data.hex()}


def _file(name: str, data: bytes, declare: bool = True, media_type: str | None = None) -> dict:
    return {"kind": "file", "name": name, "type": media_type, "declareSize": declare, "data": data.hex()}


def _records(written: dict) -> bytes:
    """The records of an item, as the specification orders them."""
    data = bytes.fromhex(written["data"])
    parts = [record(TEXT) if written["kind"] == "text" else record(FILE, written["name"].encode())]
    if written["type"] is not None:
        parts.append(record(TYPE, written["type"].encode()))
    if written["declareSize"]:
        parts.append(size_record(len(data)))
        parts += [record(DATA, data)] if data else []
    else:
        parts += [record(DATA, data[start : start + UNSIZED]) for start in range(0, len(data), UNSIZED)]
    return b"".join(parts)


def _writes(craft: Craft, why: str, written: list[dict], padded: int) -> dict:
    """A writer case; `padded` is the length of the payload, worked out by hand."""
    records = b"".join(map(_records, written))
    payload = records + record(0, bytes(padded - len(records) - 5))
    items = [item(w["kind"], bytes.fromhex(w["data"]), w["name"], w["type"]) for w in written]
    case = opens(craft, why, craft.envelope(payload), items)
    opslimit, memlimit = craft.limits
    return {
        **{member: case.pop(member) for member in ("name", "why", "linkKey", "passphrase")},
        "salt": craft.salt.hex(),
        "chunkLog2": craft.fixed[6],
        "opslimit": opslimit,
        "memlimit": memlimit,
        "write": written,
        **case,
    }


def _small() -> list[dict]:
    several = [
        _text("first", media_type="text/plain"),
        _file("same.bin", b"\0\1\2", media_type="application/octet-stream"),
        _file("same.bin", b"", declare=False),
        _text("last", declare=False),
        _file("r\u00e9sume\u0301 \U0001f511.pdf", b"%PDF", declare=False, media_type="application/pdf"),
    ]
    rows = [
        ("text_empty", "no data record, a size of 0", [_text("")]),
        ("text_empty_unsized", "no data record, no size", [_text("", declare=False)]),
        ("file_empty", "an empty file of known size", [_file("empty", b"")]),
        ("file_empty_unsized", "an empty file of unknown size", [_file("empty", b"", declare=False)]),
        ("text_type", "the media type comes before the size", [_text("{}", media_type="application/json")]),
        ("text_byte_order_mark", "a leading U+FEFF is written", [_text("\ufeffkettle")]),
        ("text_decomposed", "text is not normalized", [_text("e\u0301")]),
        ("file_decomposed", "a name is not normalized", [_file("e\u0301", b"e")]),
        ("name_longest", "a name of 255 bytes of data", [_file("n" * 196, b"n")]),
        ("several_items", "items in the order given, names as given", several),
    ]
    return [_writes(Craft(f"writer_{name}", chunk_log2=16), why, written, 256) for name, why, written in rows]


def _filled(name: str, why: str, size: int, declare: bool, padded: int, chunk_log2: int = 16) -> dict:
    """One file of `size` bytes whose ciphertext repeats, so that the vector stays short."""
    craft = Craft(f"writer_{name}", chunk_log2=chunk_log2)
    before = record(FILE, b"f") + (size_record(size) if declare else b"") + record(DATA)
    # Of unknown size, the head of each further record lies between the data.
    span = size if declare else size + 5 * ((size - 1) // UNSIZED)
    stream = craft.filler(before, span, padded)
    data = stream if declare else b"".join(stream[i : i + UNSIZED] for i in range(0, span, UNSIZED + 5))
    return _writes(craft, why, [_file("f", data, declare)], padded)


def _lengths() -> list[dict]:
    return [
        _filled("unsized_65535", "unknown size, one byte less than a record", 65535, False, 67584),
        _filled("unsized_65536", "unknown size, exactly one record", 65536, False, 67584),
        _filled("unsized_65537", "unknown size, a second record of one byte", 65537, False, 67584),
        _filled("sized_65537", "known size: one record, however long", 65537, True, 67584),
    ]


def _padding() -> list[dict]:
    """All records and the padding's head, T + 5, around what padme rounds to."""
    rows = [
        ("padding_none", "T + 5 = 256: not one zero", 256, 256),
        ("padding_255", "T + 5 = 255: one zero", 255, 256),
        ("padding_257", "T + 5 = 257 rounds to 272", 257, 272),
        ("padding_272", "T + 5 = 272 stays", 272, 272),
        ("padding_273", "T + 5 = 273 rounds to 288", 273, 288),
        ("padding_3968", "T + 5 = 3968 stays", 3968, 3968),
        ("padding_3969", "T + 5 = 3969 rounds to one whole chunk of 4096", 3969, 4096),
        ("padding_4096", "T + 5 = 4096 is a whole chunk: no empty box after it", 4096, 4096),
        ("padding_4097", "T + 5 = 4097 rounds to 4352: a second chunk", 4097, 4352),
        ("padding_8192", "T + 5 = 8192: two whole chunks", 8192, 8192),
    ]
    heads = 6 + 13 + 5 + 5  # name f, size, data, padding
    return [_filled(name, why, total - heads, True, padded, 12) for name, why, total, padded in rows]


def _passphrases() -> list[dict]:
    decomposed = Craft("writer_passphrase_decomposed", chunk_log2=16, passphrase="Gru\u0308\u00dfe")
    limits = Craft("writer_passphrase_limits", chunk_log2=12, passphrase="open sesame", opslimit=4, memlimit=131072)
    empty = Craft("writer_passphrase_empty", chunk_log2=16, passphrase="")
    return [
        _writes(decomposed, "a decomposed passphrase is composed", [_text("kettle")], 256),
        _writes(limits, "other limits than the default", [_text("kettle")], 256),
        _writes(empty, "an empty passphrase counts as none: no flag, no limits", [_text("kettle")], 256),
    ]


def _chunks() -> list[dict]:
    large = Craft("writer_chunk_log2_20", chunk_log2=20)
    return [
        _filled("chunk_log2_12", "five of the smallest chunks", 20000, True, 20480, 12),
        _filled("chunk_log2_12_unsized", "the same, of unknown size", 20000, False, 20480, 12),
        _writes(large, "a small payload in the largest chunk", [_text("kettle")], 256),
    ]
