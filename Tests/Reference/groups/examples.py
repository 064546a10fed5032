"""example.json: three envelopes whose every value another implementation came to first.

`examples.json` beside this package holds what that implementation gave. Only the inputs are taken from it; a test
compares what our writer makes of them with the whole of it.
"""

import json
from pathlib import Path

from keylink_reference import open_envelope, seal
from vectors import items_to_write, results_of

ANCHOR = Path(__file__).parent.parent / "examples.json"
INPUTS = ("name", "why", "linkKey", "passphrase", "salt", "chunkLog2", "opslimit", "memlimit", "write")


def cases() -> list[dict]:
    return [_made({member: case[member] for member in INPUTS}) for case in json.loads(ANCHOR.read_bytes())]


def _made(case: dict) -> dict:
    link_key = bytes.fromhex(case["linkKey"])
    sealed = seal(
        items_to_write(case),
        link_key,
        case["passphrase"],
        chunk_log2=case["chunkLog2"],
        opslimit=case["opslimit"],
        memlimit=case["memlimit"],
        salt=bytes.fromhex(case["salt"]),
    )
    opened = open_envelope(sealed.envelope, link_key, case["passphrase"])
    return {**case, "envelope": sealed.envelope.hex(), "expect": "ok", **results_of(opened, link_key)}
