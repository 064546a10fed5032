"""paste.json: what people paste, and the link in it, or what is wrong with it."""

from urllib.parse import quote

from .link import ID, KEY

LINK = f"https://keylink.example/s/{ID}#{KEY}"
RECEIPT = LINK.replace("/s/", "/r/")
HEAD, _ = LINK.split("#")
BARE = LINK.removeprefix("https://")
TAIL = f"/s/{ID}#{KEY}"
# Begins and ends in characters that could be taken for punctuation.
DASHED = f"{HEAD}#-_{KEY[2:41]}-A"
OTHER = LINK.replace("keylink.example", "other.example")
PORT = f"http://127.0.0.1:8080{TAIL}"


def _quoted(link: str) -> str:
    return quote(link, safe="")


def _hyphened(link: str) -> str:
    escaped = "".join(f"-{ord(sign):02X}" if sign in "-_:#" else sign for sign in link)
    return escaped.replace("/", "_")


# name, why, pasted
AROUND = [
    ("alone", "nothing to mend", LINK),
    ("spaces", "white space around", f"  {LINK}\r\n"),
    ("zero_width", "characters around that nobody sees", f"\u200b{LINK}\u200b\u2060"),
    ("byte_order_mark", "U+FEFF before, a no-break space after", f"\ufeff{LINK}\u00a0"),
    ("isolated", "directional isolates around", f"\u2068{LINK}\u2069"),
    ("angle_brackets", "how mail marks an address", f"<{LINK}>"),
    ("parentheses", "brackets and a full stop", f"({LINK})."),
    ("brackets", "brackets and a semicolon", f"[{LINK}];"),
    ("quotes", "straight quotation marks", f'"{LINK}"'),
    ("quotes_curly", "curly quotation marks", f"\u201c{LINK}\u201d"),
    ("quotes_low", "German quotation marks and a full stop", f"\u201e{LINK}\u201c."),
    ("quotes_pointed", "pointed quotation marks, outwards", f"\u00bb{LINK}\u00ab"),
    ("quotes_single", "single quotation marks and a comma", f"'{LINK}',"),
    ("quotes_corner", "corner brackets and an ideographic full stop", f"\u300c{LINK}\u300d\u3002"),
    ("backticks", "code in a chat", f"`{LINK}`"),
    ("asterisks", "bold in a chat", f"*{LINK}*"),
    ("exclaimed", "an exclamation and a question", f"{LINK}!?"),
    ("ellipsis", "an ellipsis after the whole key", f"{LINK}\u2026"),
    ("sentence", "a sentence around", f"Here you are: {LINK}. It opens once."),
    ("sentence_no_space", "a script that puts no space between", f"\u3053\u3061\u3089\uff1a{LINK}\u3092\u958b\u304f"),
    ("lines_around", "lines before and after", f"Hello,\n\n{LINK}\n\nRegards,\nAda"),
    ("markdown", "the same link twice is one", f"[{LINK}]({LINK})"),
    ("html", "a link copied as HTML", f'<a href="{LINK}">the secret</a>'),
    ("query_after_key", "a tracker's query after the key", f"{LINK}?fbclid=IwAR0x"),
    ("parameter_after_key", "a tracker's parameter after the key", f"{LINK}&utm_source=mail"),
    ("escaped_after_key", "what a browser makes of a space and a word after the key", f"{LINK}%20please"),
    ("query", "a tracker's query before the key", f"{HEAD}?fbclid=IwAR0x_-&utm_source=a%2Fb#{KEY}"),
    ("query_empty", "an empty query", f"{HEAD}?#{KEY}"),
    ("query_with_hash", "a query with an escaped # of its own", f"{HEAD}?utm_campaign=%23spring#{KEY}"),
    ("slash", "a slash after the ID", f"{HEAD}/#{KEY}"),
    ("slash_query", "a slash and a query", f"{HEAD}/?utm_source=mail#{KEY}"),
    ("scheme_uppercase", "upper-case scheme and host", LINK.replace("https://keylink.example", "HTTPS://KEYLINK.Example")),
    ("scheme_capital", "what keyboards make of the first letter", LINK.replace("https", "Https")),
    ("scheme_missing", "no scheme: https", BARE),
    ("scheme_missing_quoted", "no scheme, and quotation marks", f" \u201c{BARE}\u201d. "),
    ("key_line_break", "a line break in the key", f"{LINK[:-20]}\n{LINK[-20:]}"),
    ("key_crlf_indented", "a mail program's line break, and spaces", f"{LINK[:-20]}\r\n   {LINK[-20:]}\r\n"),
    ("key_soft_break", "a soft line break of quoted-printable", f"{LINK[:-20]}=\r\n{LINK[-20:]}"),
    ("key_quoted_lines", "a reply's marks before each line", f"> {LINK[:-20]}\n> {LINK[-20:]}\n"),
    ("key_space", "a space in the key", f"<{LINK[:-20]} {LINK[-20:]}>"),
    ("key_space_escaped", "what a browser makes of a space in the key", f"{LINK[:-20]}%20{LINK[-20:]}"),
    ("key_break_escaped", "an escaped line break in the key", f"{LINK[:-20]}%0D%0A{LINK[-20:]}"),
    ("key_zero_width", "a zero-width space in the key", f"{LINK[:-20]}\u200b{LINK[-20:]}"),
    ("key_zero_width_escaped", "what a browser makes of it", f"{LINK[:-20]}%E2%80%8B{LINK[-20:]}"),
    ("key_soft_hyphen", "a soft hyphen in the key", f"{LINK[:-20]}\u00ad{LINK[-20:]}"),
    ("key_letter_by_letter", "a space after every character of the key", f"{HEAD}#{' '.join(KEY)}"),
    ("id_line_break", "a line break in the ID", f"{HEAD[:-9]}\n{HEAD[-9:]}#{KEY}"),
    ("before_id_line_break", "a line break before the ID", f"https://keylink.example/s/\n{ID}#{KEY}"),
    ("hash_line_break", "line breaks on both sides of the #", f"{HEAD}\n#\n{KEY}"),
]

# name, why, pasted, mended
OTHERS = [
    ("receipt", "a receipt link is mended too", f" <{RECEIPT}>", RECEIPT),
    ("dashes", "a key may begin and end in - and _", f"({DASHED}).", DASHED),
    (
        "port_kept",
        "a port and a path stay",
        f"See {LINK.replace('.example', '.example:443/a/B')}!",
        LINK.replace(".example", ".example:443/a/B"),
    ),
    ("loopback_missing", "no scheme, and a server on this machine: http", PORT.removeprefix("http://"), PORT),
    ("localhost_missing", "no scheme, and localhost", f"localhost:8080{TAIL}", f"http://localhost:8080{TAIL}"),
    (
        "loopback_ipv6_missing",
        "no scheme, and the loopback address of IPv6",
        f"[::1]:8080{TAIL}",
        f"http://[::1]:8080{TAIL}",
    ),
    (
        "path_uppercase_kept",
        "the path keeps its case",
        f"HTTP://LOCALHOST/Team{TAIL}",
        f"http://localhost/Team{TAIL}",
    ),
    ("ipv6_uppercase", "an upper-case IPv6 address", f"https://[FE80::1]{TAIL}", f"https://[fe80::1]{TAIL}"),
]

# name, why, pasted
ESCAPED = [
    ("hash_escaped", "%23 for #", f"{HEAD}%23{KEY}"),
    ("hash_escaped_twice", "%2523 for #", f"{HEAD}%2523{KEY}"),
    ("hash_escaped_quoted", "%23, and quotation marks", f' "{HEAD}%23{KEY}". '),
    ("hash_escaped_query", "a query, and %23", f"{HEAD}?fbclid=x%23{KEY}"),
    ("hash_escaped_broken", "%23, and a line break in the key", f"{HEAD}%23{KEY[:9]}\n{KEY[9:]}"),
    ("hash_escaped_bare", "%23, and no scheme", f"{HEAD.removeprefix('https://')}%23{KEY}"),
]

WRAPPED = [
    ("scanner", "a scanner's address", f"https://scan.example/?url={_quoted(LINK)}&data=05%7C01"),
    ("scanner_twice", "a scanner's in another's", f"https://scan.example/?url={_quoted(_quoted(LINK))}"),
    ("scanner_three_times", "three of them", f"https://scan.example/?u={_quoted(_quoted(_quoted(LINK)))}"),
    ("scanner_path", "the link as it is, in a path", f"https://scan.example/v1/{LINK}"),
    ("scanner_query", "the link as it is, in a query", f"https://scan.example/?a={LINK}"),
    ("scanner_sentence", "a sentence around", f"See <https://scan.example/?a={_quoted(LINK)}>."),
    (
        "scanner_looks_alike",
        "the scanner's own address looks like a link",
        f"https://scan.example/s/{ID}?a={_quoted(LINK)}",
    ),
    ("scanner_hyphens", "a hyphen for the percent sign", f"https://defence.example/v2/url?u={_hyphened(LINK)}&d=DwMFaQ&c=euGZ"),
    ("scanner_hyphens_last", "the same, as the last parameter", f"https://defence.example/v2/url?d=DwMFaQ&u={_hyphened(LINK)}"),
    (
        "scanner_stars",
        "an asterisk for the #",
        f"https://defence.example/v3/__{LINK.replace('#', '*')}__;Iw!!ABC-def_1!x$",
    ),
]

# name, why, pasted, fault, found
REFUSED = [
    ("empty", "nothing at all", "", "mistyped", None),
    ("words", "no link", "hello", "mistyped", None),
    ("percent", "a stray percent sign", "100 % of it: %E0%A4%A", "mistyped", None),
    ("no_key", "no #", HEAD, "no-key", None),
    ("no_key_slash", "a slash and no #", f"<{HEAD}/>", "no-key", None),
    ("no_key_query", "a query and no #", f"{HEAD}?fbclid=x", "no-key", None),
    ("no_key_sentence", "the # is of another word", f"{HEAD} is #1", "no-key", None),
    ("empty_key", "nothing after the #", f"{HEAD}#", "cut", 0),
    ("cut", "the last character is missing", LINK[:-1], "cut", 42),
    ("cut_ellipsis", "a program that shortens", f"{LINK[:-30]}\u2026", "cut", 13),
    ("cut_sentence", "cut, and words after it", f"{LINK[:-30]} is the link.", "cut", 13),
    ("cut_lines", "cut, and broken", f"{LINK[:-20]}\n{LINK[-20:-2]}", "cut", 41),
    ("cut_escaped", "cut, and %23 for #", f"{HEAD}%23{KEY[:9]}", "cut", 9),
    ("surplus", "a letter too many", f"{LINK}A", "surplus", 44),
    ("surplus_dash", "a hyphen too many", f"{LINK}-", "surplus", 44),
    ("surplus_lines", "broken, and a letter too many", f"{LINK[:-20]}\n{LINK[-20:]}A", "surplus", 44),
    ("mistyped", "a character that keys do not have", f"{LINK[:-9]}+{LINK[-8:]}", "mistyped", None),
    ("mistyped_last", "a last character that no key ends in", f"{HEAD}#{KEY[:42]}B", "mistyped", None),
    ("mistyped_accent", "a mark over the last character", f"{LINK}\u0301", "surplus", 44),
    ("id_short", "an ID of 21 characters", f"{HEAD[:-1]}#{KEY}", "mistyped", None),
    ("id_long", "an ID of 23 characters", f"{HEAD}A#{KEY}", "mistyped", None),
    ("several", "two links", f"{LINK} {OTHER}", "several", None),
    ("several_kinds", "a link and its receipt", f"Link: {LINK}\nReceipt: {RECEIPT}", "several", None),
    (
        "several_scanned",
        "two links in one scanner's address",
        f"https://scan.example/?a={_quoted(LINK)}&b={_quoted(OTHER)}",
        "several",
        None,
    ),
    (
        "scanner_surplus",
        "a scanner's address with too long a key",
        f"https://scan.example/?a={_quoted(LINK + 'A')}",
        "surplus",
        44,
    ),
    ("scanner_cut", "a scanner's address that was cut", f"https://scan.example/?a={_quoted(LINK[:-1])}", "cut", 42),
    (
        "scanner_bare",
        "no scheme, in an address",
        f"https://scan.example/?a={_quoted(BARE)}",
        "mistyped",
        None,
    ),
    (
        "user_name",
        "a user name: the host is another than it seems",
        f"https://keylink.example@evil.example{TAIL}",
        "mistyped",
        None,
    ),
    ("user_name_bare", "the same without a scheme", f"keylink.example@evil.example{TAIL}", "mistyped", None),
    (
        "user_name_escaped",
        "an escape that would move the host",
        f"https://keylink.example%2F@evil.example{TAIL}",
        "mistyped",
        None,
    ),
    ("user_name_slash", "the same with %23", f"https://keylink.example%2F@evil.example/s/{ID}%23{KEY}", "mistyped", None),
    (
        "backslash",
        "a backslash, which browsers take for a slash",
        f"https://keylink.example\\@evil.example{TAIL}",
        "mistyped",
        None,
    ),
    (
        "host_line_break",
        "a line break in the host: what follows is another",
        f"https://key\nlink.example{TAIL}",
        "mistyped",
        None,
    ),
    ("host_zero_width", "a zero-width space in the host", f"https://key\u200blink.example{TAIL}", "mistyped", None),
    ("host_not_ascii", "a letter beyond ASCII in the host", f"schl\u00fcssel.example{TAIL}", "mistyped", None),
    ("host_fullwidth_dot", "a full-width dot", f"keylink\uff0eexample{TAIL}", "mistyped", None),
    ("host_cut", "what may be the end of a host", f".example{TAIL}", "mistyped", None),
    (
        "bare_in_sentence",
        "no scheme, in a sentence: who knows where it begins",
        f"see keylink.example{TAIL}",
        "mistyped",
        None,
    ),
    ("scheme_other", "another scheme", f"ftp://keylink.example{TAIL}", "mistyped", None),
    ("scheme_one_slash", "one slash after the scheme", f"https:/keylink.example{TAIL}", "mistyped", None),
    ("query_address", "a query that holds another address", f"{HEAD}?to=other.example{TAIL}", "no-key", None),
    ("path_space", "a space in the path", f"https://keylink.example/a b{TAIL}", "mistyped", None),
]


def cases() -> list[dict]:
    mended = [(name, why, pasted, LINK, None) for name, why, pasted in AROUND]
    mended += [(name, why, pasted, link, None) for name, why, pasted, link in OTHERS]
    mended += [(name, why, pasted, LINK, "escaped") for name, why, pasted in ESCAPED]
    mended += [(name, why, pasted, LINK, "wrapped") for name, why, pasted in WRAPPED]
    return [
        {"name": f"paste_{name}", "why": why, "pasted": pasted, "expect": "ok", "mended": link, "exposed": exposed}
        for name, why, pasted, link, exposed in mended
    ] + [
        {"name": f"paste_{name}", "why": why, "pasted": pasted, "expect": "malformed-link", "fault": fault, "found": found}
        for name, why, pasted, fault, found in REFUSED
    ]
