"""What people paste: Spec/envelope.md, Pasted links. Nothing here guesses; whatever comes out parses."""

import base64
import binascii
import re
import sys
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

from . import link
from .errors import EnvelopeError

KEY_LENGTH = 43
LAYERS = 4
ESCAPED = "\ue023"  # for a # that was escaped


@dataclass(frozen=True)
class Mended:
    """A link or a receipt link. `exposed` is None, "escaped" or "wrapped"."""

    text: str
    exposed: str | None


class Unmended(Exception):
    """`fault` is "no-key", "cut", "surplus", "several" or "mistyped"; `found` counts what is in the key's place."""

    def __init__(self, fault: str, found: int | None = None) -> None:
        super().__init__(fault)
        self.fault = fault
        self.found = found


def _of(*categories: str) -> str:
    signs = (chr(code) for code in range(sys.maxunicode + 1))
    return "".join(re.escape(sign) for sign in signs if unicodedata.category(sign).startswith(categories))


_INVISIBLE = re.compile(f"[\t{_of('Z', 'Cf')}]")
_BREAK = re.compile("\r\n|[\n-\r\x85\u2028\u2029]")

_OPENING = f" \n{_of('Pi', 'Pf', 'Ps')}\"'`´<>|*·•"
_CLOSING = f"{_OPENING}{_of('Pe')}.,;:!?…。、！？，；：＂＇"  # noqa: RUF001
_JOINT = r"(?:=\n|\n *>|[ \n]|%20|%0[9AaDd])"
_KEY = "[A-Za-z0-9_-]"
_PLACE = (
    r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?P<rest>(?::[0-9]+)?(?:/[A-Za-z0-9._~!$&()*+,;=:@-]+)*/[sr]/)"
    rf"(?P<id>(?:{_JOINT}*{_KEY}){{22}})"
)
_BETWEEN = rf"{_JOINT}*(?:/{_JOINT}*)?(?:\?(?:(?!://|/[sr]/)[^ \n#{ESCAPED}])*{_JOINT}*)?(?P<mark>[#{ESCAPED}])"
_SECRET = (
    rf"(?:{_JOINT}*(?P<key>{_KEY}{{43}})(?!{_KEY}|[{_of('M')}])"
    rf"|(?P<pieces>(?:{_JOINT}*{_KEY}){{43}})(?=[{_CLOSING}]*\Z))"
)
_STARTS = ("(?P<scheme>[Hh][Tt][Tt][Pp][Ss]?://)", rf"\A[{_OPENING}]*(?=[A-Za-z0-9\[])(?P<scheme>)")
_PLACES = [re.compile(start + _PLACE) for start in _STARTS]
_LINKS = [re.compile(start + _PLACE + _BETWEEN + _SECRET) for start in _STARTS]


def mend(text: str) -> Mended:
    """The one link in a text, or `Unmended`."""
    layers = [_plain(text)]
    following = _decoded(_read_defence(layers[0]))
    while len(layers) < LAYERS and following != layers[-1]:
        layers.append(following)
        following = _decoded(following)
    for layer in layers:
        found = _links_in(layer, layers[0])
        if len({mended.text for mended in found}) > 1:
            raise Unmended("several")
        if found:
            return found[0]
    raise _fault_of(layers[-1])


def _plain(text: str) -> str:
    return _INVISIBLE.sub(" ", _BREAK.sub("\n", text))


def _decoded(layer: str) -> str:
    def decode(match: re.Match) -> str:
        try:
            return unquote(match[0], errors="strict")
        except UnicodeDecodeError:
            return match[0]

    return _plain(re.sub("(?:%(?:2[1-9A-Fa-f]|[3-9A-Fa-f][0-9A-Fa-f]))+", decode, layer.replace("%23", ESCAPED)))


def _links_in(layer: str, first: str) -> list[Mended]:
    mended = []
    for match in (match for pattern in _LINKS for match in pattern.finditer(layer)):
        scheme, host = match["scheme"], match["host"]
        local = re.fullmatch(r"localhost|127(?:\.[0-9]+){3}|\[::1\]", host, re.IGNORECASE | re.ASCII)
        said = scheme.lower() or ("http://" if local else "https://")
        text = f"{said}{host.lower()}{match['rest']}{_join(match['id'])}#{_join(match['key'] or match['pieces'])}"
        wrapped = "://" in re.split("[ \n]", layer[: match.start()])[-1]
        if (wrapped or f"{scheme}{host}{match['rest']}" in first) and _parses(text):
            mended.append(Mended(text, "wrapped" if wrapped else "escaped" if match["mark"] == ESCAPED else None))
    return mended


def _join(text: str) -> str:
    return re.sub(_JOINT, "", text)


def _parses(text: str) -> bool:
    for parse in (link.parse, link.parse_receipt):
        try:
            parse(text)
        except EnvelopeError:
            continue
        return True
    return False


def _fault_of(layer: str) -> Unmended:
    match = next(filter(None, (pattern.search(layer) for pattern in _PLACES)), None)
    if match is None:
        return Unmended("mistyped")
    after = layer[match.end() :]
    mark = re.match(_BETWEEN, after)
    if mark is None:
        return Unmended("mistyped" if re.match(_KEY, after) else "no-key")
    end = len(after)
    while end > mark.end() and re.match(f"[{_CLOSING}]", after[end - 1]):
        end -= 1
    rest = re.sub(" +", " ", after[mark.end() : end])
    found = len(re.split(" |%20", re.sub(r"=\n| ?\n[ >]*|%0[9AaDd]", "", rest))[0])
    if found == KEY_LENGTH:
        return Unmended("mistyped")
    return Unmended("cut" if found < KEY_LENGTH else "surplus", found)


def _read_defence(text: str) -> str:
    """Two forms that one scanner writes: hyphens for percent signs, asterisks for signs that are told at the end."""

    def hyphens(match: re.Match) -> str:
        return match[1] + re.sub("-([0-9A-Fa-f]{2})", lambda code: chr(int(code[1], 16)), match[2].replace("_", "/"))

    def stars(match: re.Match) -> str:
        try:
            signs = list(base64.b64decode(match[3] + "=" * (-len(match[3]) % 4), altchars=b"-_", validate=True).decode("latin-1"))
        except binascii.Error:
            signs = []
        return match[1] + re.sub("[*]", lambda _: signs.pop(0) if signs else "*", match[2]) + " "

    text = re.sub(r"(/v2/url\?(?:[^ \n]*&)?u=)([A-Za-z0-9_.-]+)", hyphens, text, count=1)
    return re.sub(r"(/v3/__)([^ \n]+?)__;([A-Za-z0-9_-]*)!", stars, text, count=1)
