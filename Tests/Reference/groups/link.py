"""link.json: what is a link and what only looks like one."""

import base64

from .craft import draw

ID_OCTETS = draw("link", "id", 16)
KEY_OCTETS = draw("link", "key", 32)
ID = base64.urlsafe_b64encode(ID_OCTETS).decode().rstrip("=")
KEY = base64.urlsafe_b64encode(KEY_OCTETS).decode().rstrip("=")
TAIL = f"/s/{ID}#{KEY}"
SHORT = "https://keylink.example"

# name, why, base
BASES = [
    ("plain", "a host and nothing else", SHORT),
    ("http", "plain http parses; whether to use it is the client's decision", "http://127.0.0.1:8080"),
    ("port_1", "the smallest port", f"{SHORT}:1"),
    ("port_65535", "the largest port", f"{SHORT}:65535"),
    ("port_default_kept", "the base stays unchanged, a needless port too", f"{SHORT}:443"),
    ("host_one_letter", "the shortest host", "https://k"),
    ("host_digits", "a host of digits and hyphens", "https://0-1.2"),
    ("host_final_dot", "a fully qualified name", f"{SHORT}."),
    ("host_punycode", "how a name beyond ASCII is written", "https://xn--schlssel-95a.example"),
    ("host_ipv6", "an IPv6 address with a port", "http://[::1]:8080"),
    ("host_ipv6_mapped", "an IPv6 address that ends in dots", "https://[::ffff:192.0.2.1]"),
    ("path_segment", "a server below a path", f"{SHORT}/keylink"),
    ("path_deep", "a server far below a path", f"{SHORT}/a/b/c/d"),
    ("path_all_characters", "every character that a segment may hold", f"{SHORT}/AZaz09-._~!$&()*+,;=:@"),
    ("path_three_dots", "three dots are no dot segment", f"{SHORT}/..."),
    ("path_hidden", "a segment that begins with a dot is no dot segment", f"{SHORT}/.well-known"),
    ("path_s", "a segment s: the base ends before the last /s/, which shares a slash with the first", f"{SHORT}/s"),
    ("path_s_twice", "two /s/ in the path: the base ends before the last", f"{SHORT}/s/x"),
    ("path_looks_like_id", "a segment that looks like an ID", f"{SHORT}/s/{ID}"),
    ("path_r", "a segment r is as good as any", f"{SHORT}/r"),
    ("host_s", "a host named s", "https://s"),
    ("host_s_path_s", "a host named s and a segment s", "https://s/s"),
]

# name, why, link
REFUSED = [
    ("empty", "nothing at all", ""),
    ("id_alone", "an ID and a key without a server", TAIL),
    ("no_fragment", "no key", f"{SHORT}/s/{ID}"),
    ("empty_fragment", "an empty key", f"{SHORT}/s/{ID}#"),
    ("scheme_missing", "no scheme", f"keylink.example{TAIL}"),
    ("scheme_uppercase", "one link has one spelling: the scheme is lower case", f"HTTPS://keylink.example{TAIL}"),
    ("scheme_other", "another scheme", f"ftp://keylink.example{TAIL}"),
    ("scheme_one_slash", "one slash after the scheme", f"https:/keylink.example{TAIL}"),
    ("scheme_three_slashes", "no host between scheme and path", f"https:///keylink.example{TAIL}"),
    ("host_missing", "no host", f"https://{TAIL}"),
    ("host_is_s", "the only /s/ is a host, so there is no server", f"https://s/{ID}#{KEY}"),
    ("host_uppercase", "an upper-case host", f"https://Keylink.example{TAIL}"),
    ("host_underscore", "an underscore in the host", f"https://key_link.example{TAIL}"),
    ("host_not_ascii", "a host beyond ASCII", f"https://schl\u00fcssel.example{TAIL}"),
    ("host_fullwidth_dot", "a full-width dot, which browsers map to a dot", f"https://keylink\uff0eexample{TAIL}"),
    ("host_percent", "percent-encoding in the host", f"https://keylink%2eexample{TAIL}"),
    ("host_ipv6_uppercase", "an upper-case IPv6 address", f"https://[FE80::1]{TAIL}"),
    ("host_ipv6_empty", "brackets around nothing", f"https://[]{TAIL}"),
    ("host_ipv6_open", "a bracket that is not closed", f"https://[::1{TAIL}"),
    ("host_ipv6_bare", "an IPv6 address without brackets", f"https://::1{TAIL}"),
    ("host_ipv6_zone", "an IPv6 address with a zone", f"https://[fe80::1%25eth0]{TAIL}"),
    ("userinfo_name", "a user name would hide the host", f"https://keylink.example@evil.example{TAIL}"),
    ("userinfo_password", "a user name and a password", f"https://user:1@keylink.example{TAIL}"),
    ("port_empty", "a colon without a port", f"{SHORT}:{TAIL}"),
    ("port_0", "port 0", f"{SHORT}:0{TAIL}"),
    ("port_leading_zero", "a port with a leading zero", f"{SHORT}:0443{TAIL}"),
    ("port_65536", "one more than the largest port", f"{SHORT}:65536{TAIL}"),
    ("port_overflow", "a port that is 443 again in 32 bits", f"{SHORT}:4294967739{TAIL}"),
    ("port_plus", "a port with a sign", f"{SHORT}:+443{TAIL}"),
    ("port_other_digits", "digits that are not ASCII", f"{SHORT}:\uff14\uff14\uff13{TAIL}"),
    ("path_empty_segment", "two slashes before s", f"{SHORT}/{TAIL}"),
    ("path_empty_segment_first", "an empty first segment", f"{SHORT}//keylink{TAIL}"),
    ("path_dot", "a dot segment, which a browser takes away", f"{SHORT}/.{TAIL}"),
    ("path_dot_dot", "two dots, which take a browser one up", f"{SHORT}/keylink/..{TAIL}"),
    ("path_percent", "percent-encoding in a segment", f"{SHORT}/key%20link{TAIL}"),
    ("path_apostrophe", "an apostrophe, which pasted text may have put there", f"{SHORT}/key'link{TAIL}"),
    ("path_backslash", "a backslash, which browsers take for a slash", f"{SHORT}\\keylink{TAIL}"),
    ("path_not_ascii", "a letter beyond ASCII in a segment", f"{SHORT}/schl\u00fcssel{TAIL}"),
    ("path_combining_mark", "a combining mark on the slash before s", f"{SHORT}/\u0338s/{ID}#{KEY}"),
    ("path_no_s", "no /s/", f"{SHORT}/{ID}#{KEY}"),
    ("path_uppercase_s", "an upper-case S", f"{SHORT}/S/{ID}#{KEY}"),
    ("path_long_s", "U+017F, which ignores case to s", f"{SHORT}/\u017f/{ID}#{KEY}"),
    ("path_after_id", "a slash after the ID", f"{SHORT}/s/{ID}/#{KEY}"),
    ("receipt", "a receipt link is no link", f"{SHORT}/r/{ID}#{KEY}"),
    ("query", "a query after the ID", f"{SHORT}/s/{ID}?utm_source=mail#{KEY}"),
    ("query_empty", "an empty query", f"{SHORT}/s/{ID}?#{KEY}"),
    ("query_before_s", "a query that holds the rest", f"{SHORT}/?x=/s/{ID}#{KEY}"),
    ("id_short", "an ID of 21 characters", f"{SHORT}/s/{ID[:21]}#{KEY}"),
    ("id_long", "an ID of 23 characters", f"{SHORT}/s/{ID}A#{KEY}"),
    ("id_low_bits", "an ID whose unused low bits are not zero", f"{SHORT}/s/{ID[:21]}B#{KEY}"),
    ("id_plus", "base64 in place of base64url", f"{SHORT}/s/+{ID[1:]}#{KEY}"),
    ("id_padded", "padding after the ID", f"{SHORT}/s/{ID}==#{KEY}"),
    ("id_other_digit", "a digit that is not ASCII in the ID", f"{SHORT}/s/\u0663{ID[1:]}#{KEY}"),
    ("id_two_bytes", "a letter of two bytes in place of two characters", f"{SHORT}/s/\u00e9{ID[2:]}#{KEY}"),
    ("key_short", "a key of 42 characters: the link was cut", f"{SHORT}/s/{ID}#{KEY[:42]}"),
    ("key_long", "a key of 44 characters", f"{SHORT}/s/{ID}#{KEY}A"),
    ("key_low_bits", "a key whose unused low bits are not zero", f"{SHORT}/s/{ID}#{KEY[:42]}B"),
    ("key_slash", "base64 in place of base64url", f"{SHORT}/s/{ID}#/{KEY[1:]}"),
    ("key_padded", "padding after the key", f"{SHORT}/s/{ID}#{KEY}="),
    ("key_padded_to_43", "padding in place of the last character", f"{SHORT}/s/{ID}#{KEY[:42]}="),
    ("key_kelvin", "U+212A, which ignores case to k, in the key", f"{SHORT}/s/{ID}#\u212a{KEY[1:]}"),
    ("key_two_bytes", "a letter of two bytes in place of two characters", f"{SHORT}/s/{ID}#\u00e9{KEY[2:]}"),
    ("key_three_bytes", "a sign of three bytes in place of three", f"{SHORT}/s/{ID}#{KEY[:20]}\u20ac{KEY[23:]}"),
    ("key_four_bytes", "a sign of four bytes in place of the last four", f"{SHORT}/s/{ID}#{KEY[:39]}\U0001f600"),
    ("key_combining_mark", "a combining mark after the key", f"{SHORT}/s/{ID}#{KEY}\u0301"),
    ("key_then_more", "a tracker's addition after the key", f"{SHORT}/s/{ID}#{KEY}&x=1"),
    ("two_fragments", "two fragments", f"{SHORT}/s/{ID}#{KEY}#{KEY}"),
    ("hash_encoded", "%23 for #: the front end mends it, the parser does not", f"{SHORT}/s/{ID}%23{KEY}"),
    ("hash_fullwidth", "a full-width number sign", f"{SHORT}/s/{ID}\uff03{KEY}"),
    ("space_before", "white space before", f" {SHORT}{TAIL}"),
    ("newline_after", "a newline after, which some patterns' end lets through", f"{SHORT}{TAIL}\n"),
    ("crlf_after", "a carriage return and a newline after", f"{SHORT}{TAIL}\r\n"),
    ("newline_inside", "a mail client's line break", f"{SHORT}/s/\n{ID}#{KEY}"),
    ("tab_inside", "a tab, which browsers take away", f"https://key\tlink.example{TAIL}"),
    ("nul_after", "U+0000 after, where some strings end", f"{SHORT}{TAIL}\0"),
    ("zero_width_after", "a zero-width space after", f"{SHORT}{TAIL}\u200b"),
    ("byte_order_mark", "U+FEFF before", f"\ufeff{SHORT}{TAIL}"),
    ("angle_brackets", "brackets around", f"<{SHORT}{TAIL}>"),
    ("twice", "two links in one", f"{SHORT}{TAIL}{SHORT}{TAIL}"),
]


def _ok(name: str, why: str, base: str, link_id: str = ID, key: str = KEY, octets: bytes = KEY_OCTETS) -> dict:
    return {
        "name": f"link_{name}",
        "why": why,
        "link": f"{base}/s/{link_id}#{key}",
        "expect": "ok",
        "base": base,
        "id": link_id,
        "linkKey": octets.hex(),
    }


def cases() -> list[dict]:
    result = [_ok(name, why, base) for name, why, base in BASES]
    result += [
        _ok("key_zero", "a key of zeros", SHORT, key="A" * 43, octets=bytes(32)),
        _ok("key_ones", "a key of ones", SHORT, key="_" * 42 + "8", octets=b"\xff" * 32),
        _ok("key_hyphens", "base64url's own characters", SHORT, key="-_" * 21 + "A", octets=_hyphens()),
        _ok("id_ones", "an ID of ones", SHORT, link_id="_" * 21 + "w"),
        _ok("id_zero", "an ID of zeros", SHORT, link_id="A" * 22),
    ]
    result += [{"name": f"link_{name}", "why": why, "link": link, "expect": "malformed-link"} for name, why, link in REFUSED]
    return result


def _hyphens() -> bytes:
    # 62, 63, 62, 63 ... in six bits each, then 0 in the last.
    bits = 0
    for index in range(42):
        bits = bits << 6 | (62 + index % 2)
    return (bits << 4).to_bytes(32, "big")
