"""passphrase.json: what counts as the same passphrase, and what is asked before anything is stretched."""

import unicodedata

from keylink_reference.keys import argon2id, generichash, kdf

from .craft import NOTE_ITEM, TEXT_ITEM, Craft, flip, opens, pad, refused

PAYLOAD = TEXT_ITEM + pad(20)

# name, why, sealed with, opened with
SAME = [
    ("nfc", "typed composed", "Gr\u00fc\u00dfe", "Gr\u00fc\u00dfe"),
    ("hangul", "conjoining letters become syllables", "\ud55c\uae00", "\u1112\u1161\u11ab\u1100\u1173\u11af"),
    ("hangul_filler", "U+11A7 composes with nothing and stays", "\ub85c\u11a7", "\u1105\u1169\u11a7"),
    ("vowel_order", "vowel signs that come apart and change places", "\u0fb3\u0f71\u0f80\u0f80", "\u0f78\u0f81"),
    ("singleton", "the Angstrom sign is the letter", "\u00c5ngstr\u00f6m", "\u212bngstro\u0308m"),
    ("mark_order", "two marks in the other order", "q\u0323\u0307", "q\u0307\u0323"),
    ("excluded", "a composed form that NFC takes apart", "\u0915\u093c", "\u0958"),
    ("beyond_bmp", "scalars beyond U+FFFF", "\U0001f511\U00010348", "\U0001f511\U00010348"),
    ("ligature", "NFC, not NFKC: a ligature stays one", "of\ufb01ce", "of\ufb01ce"),
    ("spaces", "spaces around it are part of it", "  open  sesame ", "  open  sesame "),
    ("nul", "U+0000 does not end it", "open\0sesame", "open\0sesame"),
    ("byte_order_mark", "a leading U+FEFF is part of it", "\ufeffsesame", "\ufeffsesame"),
    ("long", "a thousand bytes", "seasalt " * 125, "seasalt " * 125),
]

OTHER = [
    ("other", "another passphrase", "open sesame", "open barley"),
    ("case", "case counts", "open sesame", "Open sesame"),
    ("trimmed", "the space at the end counts", "open sesame ", "open sesame"),
    ("after_nul", "what follows U+0000 counts", "open\0sesame", "open\0barley"),
    ("compatibility", "a ligature is not its letters", "of\ufb01ce", "office"),
]

# name, why, opslimit, memlimit
LIMITS = [
    ("memlimit_odd", "a memlimit that is no round number", 3, 65537),
    ("opslimit_4", "one more pass", 4, 65536),
    ("limits_largest", "the largest limits: 8 passes over 256 MiB", 8, 262144),
]


def cases() -> list[dict]:
    return [
        *_both_forms(),
        *(_same(*row) for row in SAME[1:]),
        *(_other(*row) for row in OTHER),
        *(_limits(*row) for row in LIMITS),
        *_required(),
        *_wrong(),
    ]


def _both_forms() -> list[dict]:
    """One envelope, opened with both forms of one passphrase."""
    _, why, sealed, _ = SAME[0]
    craft = Craft("passphrase_nfc", passphrase=sealed)
    envelope = craft.envelope(PAYLOAD)
    composed = opens(craft, why, envelope, [NOTE_ITEM])
    typed = unicodedata.normalize("NFD", sealed)
    assert typed != sealed
    apart = opens(craft, "the same envelope, typed decomposed", envelope, [NOTE_ITEM], typed)
    return [composed, {**apart, "name": "passphrase_nfd"}]


def _same(name: str, why: str, sealed: str, typed: str) -> dict:
    craft = Craft(f"passphrase_{name}", passphrase=sealed)
    return opens(craft, why, craft.envelope(PAYLOAD), [NOTE_ITEM], typed)


def _other(name: str, why: str, sealed: str, typed: str) -> dict:
    craft = Craft(f"passphrase_{name}", passphrase=sealed)
    return refused(craft, why, craft.envelope(PAYLOAD), "wrong-key", typed)


def _limits(name: str, why: str, opslimit: int, memlimit: int) -> dict:
    craft = Craft(f"passphrase_{name}", passphrase="open sesame", opslimit=opslimit, memlimit=memlimit)
    return opens(craft, why, craft.envelope(PAYLOAD), [NOTE_ITEM])


def _flagged(name: str, opslimit: int = 3, memlimit: int = 65536) -> Craft:
    """The flag without a passphrase behind it: enough wherever nothing is stretched."""
    return Craft(f"passphrase_{name}", flags=1, opslimit=opslimit, memlimit=memlimit)


def _required() -> list[dict]:
    code = "passphrase-required"
    none, empty = _flagged("required"), _flagged("required_empty")
    # A reader that stretched the empty passphrase first would stand still here for seconds, 256 MiB in hand.
    dear = _flagged("required_before_stretching", 8, 262144)
    key, boxes = _flagged("required_before_wrong_key"), _flagged("required_before_corrupt")
    link, link_empty = _flagged("wrong_link_before_required"), _flagged("wrong_link_before_required_empty")
    given = _flagged("wrong_link_before_stretching", 8, 262144)
    return [
        refused(none, "the flag, and no passphrase", none.envelope(PAYLOAD), code, None),
        refused(empty, "an empty passphrase counts as none", empty.envelope(PAYLOAD), code, ""),
        refused(dear, "asked for before anything is stretched", dear.envelope(PAYLOAD), code, None),
        refused(key, "no passphrase, and a commitment of nothing", flip(key.envelope(PAYLOAD), 48), code, None),
        refused(boxes, "no passphrase, and no box", boxes.header, code, None),
        refused(link, "no passphrase, and another's parameters", flip(link.envelope(PAYLOAD), 47), "wrong-link", None),
        refused(link_empty, "the same, empty", flip(link_empty.envelope(PAYLOAD), 32), "wrong-link", ""),
        refused(given, "never stretch for another's parameters", flip(given.envelope(PAYLOAD), 20), "wrong-link", "x"),
    ]


def _wrong() -> list[dict]:
    code = "wrong-key"
    altered = Craft("passphrase_commitment_altered", passphrase="open sesame")
    boxes = Craft("passphrase_wrong_before_corrupt", passphrase="open sesame")
    unneeded = _flagged("sealed_without_one")
    silent = Craft("passphrase_flag_missing", passphrase="open sesame", flags=0, opslimit=0, memlimit=0)
    # As if a passphrase had been mixed in although the flag is not set.
    key = kdf(silent.link_key, 4, b"klnklink")
    stretched = argon2id(b"open sesame", silent.stretch_salt, 3, 65536 * 1024)
    silent._master = generichash(32, silent.parameters + stretched, key)
    return [
        refused(altered, "the right passphrase, the commitment altered", flip(altered.envelope(PAYLOAD), 60), code),
        refused(boxes, "another passphrase, and a box altered", flip(boxes.envelope(PAYLOAD), -1), code, "barley"),
        refused(unneeded, "the flag, but sealed without any", unneeded.envelope(PAYLOAD), code, "open sesame"),
        refused(silent, "no flag, but sealed with one", silent.envelope(PAYLOAD), code, "open sesame"),
        *_unbound(),
    ]


def _unbound() -> list[dict]:
    """Stretching as a slip in reading the specification would do it."""
    salt = Craft("passphrase_salt_of_header", passphrase="open sesame")
    unmixed = Craft("passphrase_decomposed", passphrase="Gr\u00fc\u00dfe")
    passphrases = {salt: b"open sesame", unmixed: unicodedata.normalize("NFD", "Gr\u00fc\u00dfe").encode()}
    salts = {salt: salt.salt, unmixed: unmixed.stretch_salt}
    whys = {
        salt: "stretched with the header's salt itself, not bound to the link key",
        unmixed: "sealed with the decomposed form: nobody can type that",
    }
    result = []
    for craft, octets in passphrases.items():
        stretched = argon2id(octets, salts[craft], 3, 65536 * 1024)
        craft._master = generichash(32, craft.parameters + stretched, kdf(craft.link_key, 4, b"klnklink"))
        result.append(refused(craft, whys[craft], craft.envelope(PAYLOAD), "wrong-key"))
    return result
