"""Runs every case of Spec/vectors through this implementation.

    python Tests/Reference/vectors.py Spec/vectors [FILE.json ...]

A line for each failure, `N passed, N failed` last, exit code 1 on any failure: the same as `keylink vectors` and
`node Tests/JavaScript/vectors.mjs`. Each case counts once, in however many ways it is read.
"""

import functools
import hashlib
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from keylink_reference import CODES, EnvelopeError, Item, open_pieces, parse, seal
from keylink_reference.envelope import Opened
from keylink_reference.keys import argon2id, link_token, verifier
from keylink_reference.paste import Mended, Unmended, mend

LINK = {"name", "why", "link", "expect"}
LINK_OK = {"base", "id", "linkKey"}
PASTED = {"name", "why", "pasted", "expect"}
PASTED_OK = {"mended", "exposed"}
PASTED_REFUSED = {"fault", "found"}
READ = {"name", "why", "linkKey", "passphrase", "expect"}
READ_OK = {"linkToken", "accessToken", "linkVerifier", "accessVerifier", "master", "contentKey", "items"}
WRITE = {"salt", "chunkLog2", "opslimit", "memlimit", "write"}
ENVELOPE = ({"envelope"}, {"envelopeParts"})
ITEM = {"kind", "name", "type", "sha256", "length"}
WRITE_ITEM = {"kind", "name", "type", "declareSize", "data"}

ODD_SIZES = (3, 77, 1, 4112, 4095, 17, 65537)  # around header, box and chunk

# Each case is read several times; the same stretching gives the same result.
_stretch = functools.lru_cache(maxsize=None)(argon2id)


class Mismatch(Exception):
    """A case that did not come out as it says."""


def cases_in(path: Path) -> list[dict]:
    """The cases of a file, or of all .json files of a folder, by name."""
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise FileNotFoundError(f"no vectors in {path}")
    return [case for file in files for case in json.loads(file.read_bytes())]


def check(case: dict) -> None:
    """Raises `Mismatch` unless the case comes out as it says, in every way of reading it."""
    if "link" in case:
        _check_link(case)
        return
    if "pasted" in case:
        _check_pasted(case)
        return
    _check_members(case)
    envelope = envelope_of(case)
    for how, pieces in _feeds(envelope):
        _check_read(case, how, pieces)
    if "write" in case:
        _check_write(case, envelope)


def envelope_of(case: dict) -> bytes:
    """The octets of `envelope` or `envelopeParts`."""
    if "envelope" in case:
        return bytes.fromhex(case["envelope"])
    return b"".join(map(_part, case["envelopeParts"]))


def items_to_write(case: dict) -> list[Item]:
    """What a writer case puts into its envelope."""
    return [
        Item(item["kind"], bytes.fromhex(item["data"]), item["name"], item["type"], item["declareSize"]) for item in case["write"]
    ]


def results_of(opened: Opened, link_key: bytes) -> dict:
    """What an envelope that opens has to come to: the members that a case has when it is ok."""
    return {
        "linkToken": link_token(link_key).hex(),
        "accessToken": opened.keys.access_token.hex(),
        "linkVerifier": verifier(link_token(link_key)).hex(),
        "accessVerifier": verifier(opened.keys.access_token).hex(),
        "master": opened.keys.master.hex(),
        "contentKey": opened.keys.content.hex(),
        "items": [
            {
                "kind": item.kind,
                "name": item.name,
                "type": item.type,
                "sha256": hashlib.sha256(item.data).hexdigest(),
                "length": len(item.data),
            }
            for item in opened.items
        ],
    }


def _part(part: dict) -> bytes:
    if part.keys() == {"hex"}:
        return bytes.fromhex(part["hex"])
    if part.keys() == {"repeat", "times"}:
        return bytes.fromhex(part["repeat"]) * part["times"]
    raise Mismatch(f"a part with the members {sorted(part)}")


def _feeds(envelope: bytes) -> Iterator[tuple[str, Iterator[bytes]]]:
    yield "whole", iter([envelope])
    yield "a byte at a time", (envelope[i : i + 1] for i in range(len(envelope)))
    yield "in odd sizes", _cut(envelope, itertools.cycle(ODD_SIZES))


def _cut(octets: bytes, sizes: Iterator[int]) -> Iterator[bytes]:
    start = 0
    while start < len(octets):
        end = start + next(sizes)
        yield octets[start:end]
        start = end


def _check_link(case: dict) -> None:
    _expect_members(case, LINK | (LINK_OK if case["expect"] == "ok" else set()))
    try:
        link = parse(case["link"])
    except EnvelopeError as error:
        _same("result", error.code, case["expect"])
        return
    _same("result", "ok", case["expect"])
    _same("base", link.base, case["base"])
    _same("id", link.id, case["id"])
    _same("linkKey", link.key.hex(), case["linkKey"])
    _same("link made of its parts", str(link), case["link"])


def _check_pasted(case: dict) -> None:
    _expect_members(case, PASTED | (PASTED_OK if case["expect"] == "ok" else PASTED_REFUSED))
    try:
        mended = mend(case["pasted"])
    except Unmended as refusal:
        given = ("malformed-link", refusal.fault, refusal.found)
        _same("what was pasted", given, (case["expect"], case.get("fault"), case.get("found")))
        return
    _same("what was pasted", "ok", case["expect"])
    _same("the link", mended, Mended(case["mended"], case["exposed"]))


def _check_members(case: dict) -> None:
    expected = set(READ)
    if case["expect"] == "ok":
        expected |= READ_OK
        for item in case["items"]:
            _expect_members(item, ITEM)
    elif case["expect"] not in CODES:
        raise Mismatch(f"expects the unknown code {case['expect']}")
    if "write" in case:
        expected |= WRITE
        for item in case["write"]:
            _expect_members(item, WRITE_ITEM)
    alternatives = [expected | envelope for envelope in ENVELOPE]
    if set(case) not in alternatives:
        raise Mismatch(f"wrong members: {sorted(set(case) ^ alternatives[0])}")


def _expect_members(given: dict, expected: set[str]) -> None:
    if set(given) != expected:
        raise Mismatch(f"wrong members: {sorted(set(given) ^ expected)}")


def _check_read(case: dict, how: str, pieces: Iterator[bytes]) -> None:
    link_key = bytes.fromhex(case["linkKey"])
    try:
        opened = open_pieces(pieces, link_key, case["passphrase"], stretch=_stretch)
    except EnvelopeError as error:
        _same(f"read {how}", error.code, case["expect"])
        return
    _same(f"read {how}", "ok", case["expect"])
    for member, value in results_of(opened, link_key).items():
        _same(f"{member}, read {how}", value, case[member])


def _check_write(case: dict, envelope: bytes) -> None:
    sealed = seal(
        items_to_write(case),
        bytes.fromhex(case["linkKey"]),
        case["passphrase"],
        chunk_log2=case["chunkLog2"],
        opslimit=case["opslimit"],
        memlimit=case["memlimit"],
        salt=bytes.fromhex(case["salt"]),
        stretch=_stretch,
    )
    if sealed.envelope != envelope:
        raise Mismatch("the writer gives other octets")


def _same(what: str, given: object, expected: object) -> None:
    if given != expected:
        raise Mismatch(f"{what}: {given!r}, expected {expected!r}")


def main(paths: list[str]) -> int:
    if not paths:
        print("usage: vectors.py PATH...", file=sys.stderr)
        return 64
    passed = failed = 0
    for case in itertools.chain.from_iterable(cases_in(Path(path)) for path in paths):
        try:
            check(case)
            passed += 1
        except (Mismatch, KeyError, ValueError) as problem:
            print(f"{case.get('name')}: {problem}")
            failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
