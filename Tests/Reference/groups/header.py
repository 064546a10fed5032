"""header.json: the 80 bytes in front. Unless said otherwise tag, commitment and boxes are right for the header."""

from .craft import NOTE_ITEM, TEXT_ITEM, Craft, draw, flip, opens, pad, refused

PAYLOAD = TEXT_ITEM + pad(20)

# name, why, what Craft is given
FIELDS = [
    ("flag_bit_1", "flag bit 1 is set", {"flags": 0x02}),
    ("flag_bit_4", "flag bit 4 is set", {"flags": 0x10}),
    ("flag_bit_7", "flag bit 7 is set", {"flags": 0x80}),
    ("chunk_log2_0", "chunks of one byte", {"chunk_log2": 0}),
    ("chunk_log2_11", "chunks one step too small", {"chunk_log2": 11}),
    ("chunk_log2_21", "chunks one step too large", {"chunk_log2": 21}),
    ("chunk_log2_255", "the largest number, which no shift survives", {"chunk_log2": 255}),
    ("reserved_1", "the reserved byte is 1", {"reserved": 1}),
    ("reserved_128", "the highest bit of the reserved byte", {"reserved": 128}),
    ("opslimit_without_flag", "an opslimit without the flag", {"opslimit": 3}),
    ("memlimit_without_flag", "a memlimit without the flag", {"memlimit": 65536}),
    ("limits_without_flag", "both limits without the flag", {"opslimit": 3, "memlimit": 65536}),
]

# With the flag: these are refused before anything is stretched, so the commitment does not matter.
LIMITS = [
    ("opslimit_0", "the flag without an opslimit", 0, 65536),
    ("opslimit_2", "an opslimit one too small", 2, 65536),
    ("opslimit_9", "an opslimit one too large", 9, 65536),
    ("opslimit_259", "an opslimit whose last byte alone would do", 0x00000103, 65536),
    ("opslimit_little_endian", "3, written little-endian", 0x03000000, 65536),
    ("opslimit_largest", "all bits of opslimit", 0xFFFFFFFF, 65536),
    ("memlimit_0", "the flag without a memlimit", 3, 0),
    ("memlimit_65535", "a memlimit one too small", 3, 65535),
    ("memlimit_262145", "a memlimit one too large", 3, 262145),
    ("memlimit_in_bytes", "64 MiB in bytes where KiB are meant", 3, 65536 * 1024),
    ("memlimit_largest", "4 TiB: all bits of memlimit", 3, 0xFFFFFFFF),
]

PLAIN = "malformed-header"


def cases() -> list[dict]:
    return [
        *_sizes(),
        *_cut(),
        *_versions(),
        *_magic(),
        *(_field(*row) for row in FIELDS),
        *(_limits(*row) for row in LIMITS),
        *_order(),
    ]


def _sizes() -> list[dict]:
    smallest = Craft("header_chunk_log2_12", chunk_log2=12)
    default = Craft("header_chunk_log2_16", chunk_log2=16)
    largest = Craft("header_chunk_log2_20", chunk_log2=20)
    return [
        opens(smallest, "the smallest chunks", smallest.envelope(PAYLOAD), [NOTE_ITEM]),
        opens(default, "the chunks that writers use", default.envelope(PAYLOAD), [NOTE_ITEM]),
        opens(largest, "the largest chunks", largest.envelope(PAYLOAD), [NOTE_ITEM]),
    ]


def _cut() -> list[dict]:
    whys = {
        0: "nothing at all",
        1: "one byte",
        4: "the magic alone",
        5: "magic and version alone",
        48: "the parameters alone are no envelope",
        79: "one byte short of a header",
    }
    result = []
    for size, why in whys.items():
        craft = Craft(f"header_{size}_bytes")
        result.append(refused(craft, why, craft.envelope(PAYLOAD)[:size], PLAIN))
    return result


def _versioned(name: str, version: int, **fields) -> Craft:
    craft = Craft(name, **fields)
    craft.fixed = craft.fixed[:4] + bytes([version]) + craft.fixed[5:]
    return craft


def _versions() -> list[dict]:
    code = "unsupported-version"
    zero, two, most = (_versioned(f"header_version_{n}", n) for n in (0, 2, 255))
    five = _versioned("header_version_before_length", 2)
    most_of_it = _versioned("header_version_before_length_79", 2)
    flags = _versioned("header_version_before_flags", 2, flags=0xFE, chunk_log2=0, reserved=1)
    link = _versioned("header_version_before_wrong_link", 2)
    return [
        refused(zero, "version 0", zero.envelope(PAYLOAD), code),
        refused(two, "the next version", two.envelope(PAYLOAD), code),
        refused(most, "version 255", most.envelope(PAYLOAD), code),
        refused(five, "five bytes are enough to tell the version", five.envelope(PAYLOAD)[:5], code),
        refused(most_of_it, "a short header of another version", most_of_it.envelope(PAYLOAD)[:79], code),
        refused(flags, "another version may give every other byte another meaning", flags.envelope(PAYLOAD), code),
        refused(link, "another version, another tag", flip(link.envelope(PAYLOAD), 32), code),
    ]


def _magic() -> list[dict]:
    first, last, lower = (Craft(f"header_magic_{which}") for which in ("first_byte", "last_byte", "lower_case"))
    first.fixed = flip(first.fixed, 0)
    last.fixed = flip(last.fixed, 3)
    lower.fixed = b"klnk" + lower.fixed[4:]
    version = _versioned("header_magic_before_version", 2)
    version.fixed = flip(version.fixed, 1)
    short = _versioned("header_magic_before_version_5_bytes", 2)
    short.fixed = flip(short.fixed, 2)
    other = Craft("header_not_an_envelope")
    return [
        refused(first, "another first byte", first.envelope(PAYLOAD), PLAIN),
        refused(last, "another last byte of the magic", last.envelope(PAYLOAD), PLAIN),
        refused(lower, "the magic in lower case", lower.envelope(PAYLOAD), PLAIN),
        refused(version, "without the magic the version says nothing", version.envelope(PAYLOAD), PLAIN),
        refused(short, "the same with five bytes", short.envelope(PAYLOAD)[:5], PLAIN),
        refused(other, "octets of anything else", draw(other.name, "octets", 300), PLAIN),
    ]


def _field(name: str, why: str, fields: dict) -> dict:
    craft = Craft(f"header_{name}", **fields)
    return refused(craft, why, craft.envelope(PAYLOAD), PLAIN)


def _limits(name: str, why: str, opslimit: int, memlimit: int) -> dict:
    craft = Craft(f"header_{name}", flags=1, opslimit=opslimit, memlimit=memlimit)
    return refused(craft, why, craft.envelope(PAYLOAD), PLAIN, "open sesame")


def _order() -> list[dict]:
    link = Craft("header_before_wrong_link", flags=0x02)
    ruinous = Craft("header_ruinous_before_wrong_link", flags=1, opslimit=3, memlimit=0xFFFFFFFF)
    passphrase = Craft("header_before_passphrase_required", flags=1, opslimit=9, memlimit=65536)
    reserved = Craft("header_flag_bit_1_with_passphrase", flags=0x03, opslimit=3, memlimit=65536)
    short = Craft("header_length_before_wrong_link")
    return [
        refused(link, "a flag and the tag are wrong", flip(link.envelope(PAYLOAD), 32), PLAIN),
        refused(ruinous, "somebody else asks for 4 TiB", flip(ruinous.envelope(PAYLOAD), 47), PLAIN, "open sesame"),
        refused(passphrase, "a limit is out of range and no passphrase given", passphrase.envelope(PAYLOAD), PLAIN),
        refused(reserved, "a flag bit beside the passphrase's", reserved.envelope(PAYLOAD), PLAIN, "open sesame"),
        refused(short, "a short header whose tag is wrong too", flip(short.envelope(PAYLOAD), 32)[:79], PLAIN),
    ]
