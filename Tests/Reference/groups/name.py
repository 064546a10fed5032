"""name.json: a file name is one path component, judged scalar by scalar."""

from .craft import DATA, FILE, Craft, item, opens, pad, record, refused

CODE = "malformed-payload"
DATA_OCTETS = b"\1\2\3"

KEPT = [
    ("one_byte", "the shortest name", "a"),
    ("255_bytes", "the longest name", "n" * 255),
    ("255_bytes_of_two", "255 bytes in 128 scalars", "\u00e9" * 127 + "e"),
    ("255_bytes_of_four", "255 bytes in 66 scalars", "\U0001f511" * 63 + "key"),
    ("three_dots", "three dots are a name", "..."),
    ("leading_dot", "a hidden file", ".profile"),
    ("dot_and_space", "a dot and a space are a name; who writes files makes it safe", ". "),
    ("space", "a space", " "),
    ("reserved_by_windows", "a name that one system reserves; who writes files makes it safe", "CON"),
    ("windows_punctuation", "characters that one system refuses", 'a<b>c:d"e|f?g*h'),
    ("percent", "%2F is three letters, not a slash", "..%2F..%2Fa"),
    ("composed", "a name composed", "r\u00e9sum\u00e9.pdf"),
    ("decomposed", "a name decomposed, and kept so", "re\u0301sume\u0301.pdf"),
    ("byte_order_mark", "a leading U+FEFF is part of the name", "\ufeffa.txt"),
    ("mark_first", "a name that begins with a combining mark", "\u0301a"),
    ("right_to_left", "letters that run from right to left", "\u05de\u05e4\u05ea\u05d7.txt"),
    ("emoji_joined", "U+200D between scalars", "\U0001f469\u200d\U0001f4bb.txt"),
    ("next_to_forbidden", "the scalars next to forbidden ranges", " ~\u00a0\u061b\u061d\u200d\u2010\u2027\u202f\u2065\u206a"),
    ("slash_lookalikes", "what only looks like a slash", "a\u2044b\u2215c\uff0fd\uff3ce"),
    ("last_scalar", "U+10FFFF", "\U0010ffff"),
]

FORBIDDEN = [
    ("slash_alone", "a slash", "/"),
    ("slash_first", "an absolute path", "/etc/passwd"),
    ("slash_inside", "two components", "a/b"),
    ("slash_last", "a slash at the end", "a/"),
    ("parent", "a path to the parent folder", "../a"),
    ("slash_with_mark", "a slash under a combining mark", "a/\u0338b"),
    ("slash_with_selector", "a slash before a variation selector", "a/\ufe0fb"),
    ("backslash", "a backslash, which is a slash elsewhere", "a\\b"),
    ("backslash_with_mark", "a backslash under a combining mark", "a\\\u0301b"),
    ("dot", "this folder", "."),
    ("dot_dot", "the parent folder", ".."),
    ("crlf", "a carriage return and a newline, which some take for one character", "a\r\nb"),
    ("newline", "a newline", "a\nb"),
    ("escape", "U+001B begins a terminal's commands", "a\x1b[2Jb"),
]

SCALARS = [
    0x0000, 0x0001, 0x0009, 0x001F, 0x007F, 0x0080, 0x0085, 0x009F, 0x061C, 0x200E, 0x200F, 0x2028, 0x2029,
    0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069,
]  # fmt: skip

OCTETS = [
    ("empty", "an empty name", b""),
    ("256_bytes", "a name one byte too long", b"n" * 256),
    ("256_bytes_of_two", "256 bytes in 128 scalars", "\u00e9".encode() * 128),
    ("latin_1", "Latin-1", b"caf\xe9.txt"),
    ("continuation", "a continuation byte alone", b"a\x80"),
    ("cut", "a name that ends within a scalar", b"a\xe2\x82"),
    ("overlong_slash", "a slash in two bytes", b"a\xc0\xafb"),
    ("overlong_slash_3", "a slash in three bytes", b"a\xe0\x80\xafb"),
    ("overlong_dot", "two dots, overlong", b"\xc0\xae\xc0\xae"),
    ("overlong_nul", "U+0000 in two bytes", b"a\xc0\x80b"),
    ("surrogate", "a surrogate", b"a\xed\xa0\x80"),
    ("beyond_last", "one more than U+10FFFF", b"\xf4\x90\x80\x80"),
    ("ff", "a byte that is never UTF-8", b"\xff"),
]


def cases() -> list[dict]:
    return [
        *(_kept(*row) for row in KEPT),
        *(_refused(name, why, text.encode()) for name, why, text in FORBIDDEN),
        *(_refused(f"u_{scalar:04x}", f"U+{scalar:04X} is forbidden", f"a{chr(scalar)}b".encode()) for scalar in SCALARS),
        *(_refused(*row) for row in OCTETS),
        _second(),
    ]


def _payload(name: bytes) -> bytes:
    return record(FILE, name) + record(DATA, DATA_OCTETS) + pad(10)


def _kept(name: str, why: str, text: str) -> dict:
    craft = Craft(f"name_{name}")
    return opens(craft, why, craft.envelope(_payload(text.encode())), [item("file", DATA_OCTETS, text)])


def _refused(name: str, why: str, octets: bytes) -> dict:
    craft = Craft(f"name_{name}")
    return refused(craft, why, craft.envelope(_payload(octets)), CODE)


def _second() -> dict:
    craft = Craft("name_of_second_file")
    payload = record(FILE, b"a") + record(DATA, DATA_OCTETS) + _payload(b"../b")
    return refused(craft, "a bad name behind a good file", craft.envelope(payload), CODE)
