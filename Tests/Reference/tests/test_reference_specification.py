"""The numbers printed in Spec/envelope.md are true."""

import json
import re

from generate import FOLDER
from groups.examples import ANCHOR
from keylink_reference import keys as schedule
from keylink_reference import open_envelope, padme, parse
from keylink_reference.boxes import nonce
from keylink_reference.errors import CODES
from keylink_reference.header import parse_header
from nacl import bindings as sodium

PAGE = (FOLDER.parent / "envelope.md").read_text(encoding="utf-8")
EXAMPLE = PAGE.partition("## Worked example")[2].partition("\n## ")[0]


def values_of(case: dict) -> dict[str, bytes]:
    """Every value of the key schedule, and the pieces of the envelope."""
    key, envelope = bytes.fromhex(case["linkKey"]), bytes.fromhex(case["envelope"])
    header = parse_header(envelope[:80])
    keys = open_envelope(envelope, key, case["passphrase"]).keys
    values = {
        "K": key,
        "salt": header.salt,
        "link tag": header.link_tag,
        "commitment": header.commitment,
        "header[0..<16]": envelope[:16],
        "M": keys.master,
        "C": keys.content,
        "A": keys.access_token,
        "verifier(A)": schedule.verifier(keys.access_token),
        "verifier(L)": schedule.verifier(schedule.link_token(key)),
        **{name: schedule.kdf(key, index, b"klnklink") for index, name in enumerate("LTZX", 1)},
    }
    values["S"] = schedule.generichash(16, header.salt, values["Z"])
    if case["passphrase"]:
        values["passphrase"] = schedule.normalized(case["passphrase"])
        values["P"] = schedule.argon2id(values["passphrase"], values["S"], header.opslimit, header.memlimit * 1024)
    return values


def printed(part: str) -> dict[str, bytes]:
    """Lines of a name and a value in hex, which may be set in groups."""
    rows = re.findall(r"^    (\S+(?: tag)?) +((?:[0-9a-f]{2})+(?: (?:[0-9a-f]{2})+)*)(?=  |$)", part, re.MULTILINE)
    return {name: bytes.fromhex(value) for name, value in rows}


def test_worked_examples():
    cases = json.loads(ANCHOR.read_bytes())
    first, _, rest = EXAMPLE.partition("The second case")
    second = rest.partition("A receipt link")[0]
    for part, case, count in ((first, cases[0], 14), (second, cases[1], 8)):
        shown, values = printed(part), values_of(case)
        assert len(shown.keys() & values.keys()) == count
        assert {name: shown[name] for name in shown.keys() & values.keys()} == {
            name: values[name] for name in shown.keys() & values.keys()
        }


def test_box_and_records_of_the_example():
    case = json.loads(ANCHOR.read_bytes())[0]
    box, content = bytes.fromhex(case["envelope"])[80:], bytes.fromhex(case["contentKey"])
    start, _, end = re.search(r"box 0 +([0-9a-f ]+) (…) ([0-9a-f]+)", EXAMPLE).groups()
    assert box.startswith(bytes.fromhex(start))
    assert box.endswith(bytes.fromhex(end))
    shown = bytes.fromhex(re.search(r"nonce 0 +([0-9a-f ]+?)  ", EXAMPLE)[1])
    assert shown == nonce(0, True)
    records = re.findall(r"^(?:    records)? +(0[0-5](?: [0-9a-f]+)+)", EXAMPLE, re.MULTILINE)
    head = bytes.fromhex("".join(records[:3]) + records[3][:11])
    assert sodium.crypto_secretbox_open(box, shown, content) == head + bytes(200)


def test_link_of_the_example():
    link = re.search(r"https://keylink.example/s/\S+", EXAMPLE)[0]
    parsed = parse(link)
    assert parsed.key.hex() == json.loads(ANCHOR.read_bytes())[0]["linkKey"]


def test_padme_table():
    lengths, padded = re.search(r"^\| L \|(.*)\|\n.*\n\| padme\(L\) \|(.*)\|$", PAGE, re.MULTILINE).groups()
    written = {"2^32 + 1": 2**32 + 1, "2^39": 2**39}
    for length, result in zip(lengths.split("|"), padded.split("|"), strict=True):
        assert padme(written.get(length.strip()) or int(length)) == int(result)


def test_table_of_errors():
    rows = re.findall(r"^\| ([1-8]) \| `([a-z-]+)` \|", PAGE, re.MULTILINE)
    assert rows == [(str(index), code) for index, code in enumerate(CODES, 1)]
