"""keys.json: link tag and commitment, without a passphrase."""

import struct

from keylink_reference.keys import generichash, kdf

from .craft import NOTE_ITEM, TEXT_ITEM, Craft, draw, flip, opens, pad, refused

PAYLOAD = TEXT_ITEM + pad(20)


def cases() -> list[dict]:
    return [*_opening(), *_wrong_link(), *_rewritten(), *_wrong_key(), *_spliced()]


def _opening() -> list[dict]:
    zero, ones, salt = Craft("keys_link_key_zero"), Craft("keys_link_key_ones"), Craft("keys_salt_zero")
    zero.link_key, ones.link_key, salt.salt = bytes(32), b"\xff" * 32, bytes(16)
    empty, ignored = Craft("keys_empty_passphrase"), Craft("keys_passphrase_ignored")
    return [
        opens(zero, "a link key of zeros", zero.envelope(PAYLOAD), [NOTE_ITEM]),
        opens(ones, "a link key of ones", ones.envelope(PAYLOAD), [NOTE_ITEM]),
        opens(salt, "a salt of zeros", salt.envelope(PAYLOAD), [NOTE_ITEM]),
        opens(empty, "no flag, an empty passphrase", empty.envelope(PAYLOAD), [NOTE_ITEM], ""),
        opens(ignored, "no flag: the passphrase is ignored", ignored.envelope(PAYLOAD), [NOTE_ITEM], "open sesame"),
    ]


def _wrong_link() -> list[dict]:
    code = "wrong-link"
    rows = [
        ("tag_first_bit", "the first byte of the tag altered", 32),
        ("tag_last_bit", "the last byte of the tag altered", 47),
        ("salt_first_bit", "a salt that the sender did not choose", 16),
        ("salt_last_bit", "the last byte of the salt altered", 31),
    ]
    result = []
    for name, why, position in rows:
        craft = Craft(f"keys_{name}")
        result.append(refused(craft, why, flip(craft.envelope(PAYLOAD), position), code))
    other, one_bit, zero = (Craft(f"keys_{name}") for name in ("other_link_key", "link_key_one_bit", "tag_zero"))
    envelope, near = other.envelope(PAYLOAD), one_bit.envelope(PAYLOAD)
    other.link_key = draw(other.name, "another link key", 32)
    one_bit.link_key = flip(one_bit.link_key, 31)
    zeroed = zero.parameters[:32] + bytes(16) + zero.envelope(PAYLOAD)[48:]
    return result + [
        refused(other, "another link key", envelope, code),
        refused(one_bit, "a link key with one bit changed", near, code),
        refused(zero, "a tag of zeros", zeroed, code),
        *_other_tags(),
    ]


def _other_tags() -> list[dict]:
    """Tags as a slip in reading the specification would make them."""
    code = "wrong-link"
    cut, index, bare, wide = (Craft(f"keys_tag_{name}") for name in ("cut_from_32", "index_big_endian", "without_kdf", "over_48"))
    made = {
        cut: ("16 bytes are asked of the hash, not cut from 32", generichash(32, _start(cut), _tag_key(cut))[:16]),
        # As if the index were written big-endian into the eight bytes that libsodium fills little-endian.
        index: (
            "the index inside crypto_kdf is little-endian",
            generichash(16, _start(index), kdf(index.link_key, _swapped(2), b"klnklink")),
        ),
        bare: ("the link key itself keys nothing", generichash(16, _start(bare), bare.link_key)),
        wide: ("the tag is over 32 bytes", generichash(16, _start(wide) + bytes(16), _tag_key(wide))),
    }
    return [refused(craft, why, _start(craft) + tag + craft.envelope(PAYLOAD)[48:], code) for craft, (why, tag) in made.items()]


def _start(craft: Craft) -> bytes:
    return craft.parameters[:32]


def _tag_key(craft: Craft) -> bytes:
    return kdf(craft.link_key, 2, b"klnklink")


def _swapped(index: int) -> int:
    return struct.unpack("<Q", struct.pack(">Q", index))[0]


def _rewritten() -> list[dict]:
    """Parameters that are in range, and that the sender did not write."""
    code = "wrong-link"
    chunk, asks, drops, cheaper, dearer, memory = (
        Craft(f"keys_{name}", **fields)
        for name, fields in [
            ("chunk_log2_altered", {}),
            ("flag_set_by_server", {}),
            ("flag_cleared_by_server", {"flags": 1, "opslimit": 3, "memlimit": 65536}),
            ("opslimit_lowered", {"flags": 1, "opslimit": 8, "memlimit": 65536}),
            ("opslimit_raised", {"flags": 1, "opslimit": 3, "memlimit": 65536}),
            ("memlimit_raised", {"flags": 1, "opslimit": 3, "memlimit": 65536}),
        ]
    )
    limits = struct.Struct(">II").pack
    return [
        refused(chunk, "another chunk size, in range", _overwrite(chunk, 6, b"\x0d"), code),
        refused(
            asks,
            "the server makes the page ask for a passphrase: refused before it does",
            _overwrite(asks, 5, b"\x01\x0c\x00" + limits(3, 65536)),
            code,
        ),
        refused(drops, "the server takes the flag away", _overwrite(drops, 5, b"\0\x0c\0" + bytes(8)), code, "swordfish"),
        refused(cheaper, "cheaper guessing", _overwrite(cheaper, 8, limits(3, 65536)), code, "swordfish"),
        refused(dearer, "dearer stretching", _overwrite(dearer, 8, limits(8, 65536)), code, "swordfish"),
        refused(memory, "more memory, in range", _overwrite(memory, 8, limits(3, 262144)), code, "swordfish"),
    ]


def _overwrite(craft: Craft, position: int, octets: bytes) -> bytes:
    envelope = craft.envelope(PAYLOAD)
    return envelope[:position] + octets + envelope[position + len(octets) :]


def _wrong_key() -> list[dict]:
    code = "wrong-key"
    rows = [
        ("commitment_first_bit", "the first byte of the commitment altered", 48),
        ("commitment_last_bit", "the last byte of the commitment altered", 79),
    ]
    result = []
    for name, why, position in rows:
        craft = Craft(f"keys_{name}")
        result.append(refused(craft, why, flip(craft.envelope(PAYLOAD), position), code))
    zero, corrupt, none, link, required = (
        Craft(f"keys_{name}")
        for name in (
            "commitment_zero",
            "wrong_key_before_corrupt",
            "wrong_key_before_no_box",
            "wrong_link_before_wrong_key",
            "wrong_link_before_corrupt",
        )
    )
    return result + [
        refused(zero, "a commitment of zeros", zero.parameters + bytes(32) + zero.envelope(PAYLOAD)[80:], code),
        refused(corrupt, "commitment and box altered", flip(flip(corrupt.envelope(PAYLOAD), 79), -1), code),
        refused(none, "a wrong commitment and no box", flip(none.header, 79), code),
        refused(link, "tag and commitment altered", flip(flip(link.header, 47), 48), "wrong-link"),
        refused(required, "tag and box altered", flip(flip(required.envelope(PAYLOAD), 47), -1), "wrong-link"),
    ]


def _spliced() -> list[dict]:
    """Pieces of two envelopes under one link key: the sender's retry that forgot to draw a new one."""
    mixed, boxes = Craft("keys_commitment_of_another"), Craft("keys_boxes_of_another")
    other_mixed, other_boxes = Craft(mixed.name), Craft(boxes.name)
    other_mixed.salt = draw(mixed.name, "another salt", 16)
    other_boxes.salt = draw(boxes.name, "another salt", 16)
    return [
        refused(
            mixed,
            "the commitment of another envelope under the same link key",
            mixed.parameters + other_mixed.envelope(PAYLOAD)[48:],
            "wrong-key",
        ),
        refused(
            boxes,
            "the boxes of another envelope under the same link key",
            boxes.header + other_boxes.envelope(PAYLOAD)[80:],
            "corrupt",
        ),
    ]
