"""Records and the rules of what they hold: Spec/envelope.md, Payload, Names, Padding."""

PADDING, TEXT, FILE, TYPE, SIZE, DATA = range(6)
KINDS = {"text": TEXT, "file": FILE}
RECORD_HEAD_BYTES = 5
ITEMS = range(1, 1000 + 1)
SHORT_BYTES = range(1, 255 + 1)  # a name, a media type
MAX_SIZE = 2**53 - 1  # the largest integer that every JSON and JavaScript number holds
MAX_RECORD_BYTES = 2**32 - 1
UNSIZED_RECORD_BYTES = 65536
MAX_PAYLOAD_BYTES = 2**39

# Scalars that end a path component, hide part of a name, or turn its direction round.
_FORBIDDEN_IN_NAMES = frozenset(
    [ord("/"), ord("\\"), 0x061C, 0x200E, 0x200F, 0x2028, 0x2029]
    + [*range(0x00, 0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)


def padme(length: int) -> int:
    """The padded length of `length` >= 2 (Nikitin et al., PETS 2019, section 4): at most 12 % more, O(log log) bits told."""
    exponent = length.bit_length() - 1
    mantissa = exponent.bit_length()
    mask = (1 << (exponent - mantissa)) - 1
    return (length + mask) & ~mask


def name_problem(name: bytes) -> str | None:
    """Why these octets are no file name, or None."""
    if len(name) not in SHORT_BYTES:
        return "a name of a length out of range"
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        return "a name that is not UTF-8"
    if text in (".", ".."):
        return "a dot name"
    # Scalar by scalar: a combining mark after a slash makes one grapheme cluster that equals neither.
    if any(ord(scalar) in _FORBIDDEN_IN_NAMES for scalar in text):
        return "a forbidden character in a name"
    return None


def type_problem(media_type: bytes) -> str | None:
    """Why these octets are no media type, or None."""
    if len(media_type) not in SHORT_BYTES:
        return "a media type of a length out of range"
    if not all(0x20 <= octet <= 0x7E for octet in media_type):
        return "a media type that is not printable ASCII"
    return None


def record(kind: int, body: bytes = b"") -> bytes:
    """kind u8 || length u32 || body."""
    return bytes([kind]) + len(body).to_bytes(4, "big") + body
