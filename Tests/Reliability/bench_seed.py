"""Fills a data folder with as many secrets and tombstones as one likes.

The server makes one of each; they are multiplied in its database while it is stopped, each under tokens that follow from
its row: so everybody can compute them, and any of a million secrets can be opened.
"""

import base64
import json
import shutil
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from server import RELEASE, Server

SIZE = 1024
DAY = 86_400_000  # milliseconds
VERIFIERS = ("Link", "Access", "Receipt")


def base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def verifier(token: bytes) -> bytes:
    return blake2b(token, digest_size=32).digest()


@dataclass(frozen=True)
class Secret:
    """What whoever made the secret in this row drew for it."""

    row: int

    def token(self, kind: str) -> bytes:
        return blake2b(f"{kind} {self.row}".encode(), digest_size=32).digest()

    @property
    def verifiers(self) -> list[bytes]:
        return [verifier(self.token(kind)) for kind in VERIFIERS]

    @property
    def nonce(self) -> bytes:
        return self.token("Nonce")[:8]

    @property
    def envelope(self) -> bytes:
        """The row in digits stands behind the part that the server looks at."""
        return (b"KLNK" + bytes(93) + b"%08d" % self.row).ljust(SIZE, b"\0")

    @property
    def headers(self) -> dict[str, str]:
        named = {f"Keylink-{kind}-Verifier": base64url(one) for kind, one in zip(VERIFIERS, self.verifiers, strict=True)}
        return {"Content-Type": "application/octet-stream", **named}

    def bearer(self, *kinds: str) -> str:
        return base64url(b"".join(self.token(kind) for kind in kinds))

    @property
    def claim_key(self) -> str:
        return base64url(self.token("Claim")[:16])

    def id(self, key: bytes) -> str:
        """The nonce, and the row hidden with the server's key."""
        mask = blake2b(self.nonce, digest_size=16, key=key).digest()
        return base64url(self.nonce + bytes(a ^ b for a, b in zip(self.row.to_bytes(8, "big"), mask, strict=False)))


def call(method: str, address: str, headers: dict[str, str], body: bytes | None = None) -> Any:
    """The JSON that the server answers with; None where the answer has no body."""
    request = urllib.request.Request(address, method=method, data=body, headers=headers)
    with urllib.request.urlopen(request) as answer:
        octets = answer.read()
        return json.loads(octets) if answer.headers.get_content_type() == "application/json" else None


def state(address: str, secret: Secret, key: bytes) -> str:
    """`waiting`, or what the server says instead."""
    try:
        call("GET", f"{address}/api/v1/secrets/{secret.id(key)}", {"Authorization": f"Bearer {secret.bearer('Link')}"})
    except urllib.error.HTTPError as error:
        return json.load(error)["code"]
    return "waiting"


def seed(folder: Path, live: int, tombstones: int) -> bytes:
    """Rows 1 to `live` wait, the next `tombstones` rows have ended. Gives the key that the server hides rows with."""
    with Server(folder, program=RELEASE) as server:
        secrets = f"{server.base}/api/v1/secrets"
        for row in (1, 2):
            secret = Secret(row)
            id = call("POST", f"{secrets}?ttl=86400", secret.headers, secret.envelope)["id"]
        claim = {"Authorization": f"Bearer {secret.bearer('Link', 'Access')}", "Idempotency-Key": secret.claim_key}
        call("POST", f"{secrets}/{id}/claim", claim, b"")
        call("DELETE", f"{secrets}/{id}/claim", claim)
        server.stop()
    # Not through the journal, and not synced: whatever interrupts this, the folder is thrown away.
    with sqlite3.connect(folder / "data/keylink.sqlite") as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA cache_size = -1000000")
        multiply(database, live, tombstones)
        key = database.execute("SELECT key FROM server").fetchone()[0]
    database.close()
    check(folder, live, key)
    return key


def multiply(database: sqlite3.Connection, live: int, tombstones: int) -> None:
    columns = expect(database, "secrets", {"row", "nonce", "link", "receipt", "expires_at", "due"})
    expect(database, "envelopes", {"secret", "octets"}, exactly=True)
    expect(database, "verifiers", {"secret", "link", "access", "receipt"}, exactly=True)
    patterns = [dict(zip(columns, row, strict=True)) for row in database.execute("SELECT * FROM secrets ORDER BY row")]
    waiting, ended = patterns
    if waiting["ended_at"] is not None or ended["ended_at"] is None:
        raise RuntimeError("the server did not make one secret and one tombstone")
    pattern = database.execute("SELECT octets FROM envelopes").fetchone()[0]
    for table in ("secrets", "envelopes", "verifiers"):
        database.execute(f"DELETE FROM {table}")

    marks = ", ".join(f":{name}" for name in columns)
    rows = records(live, tombstones, waiting, ended, int(time.time() * 1000))
    database.executemany(f"INSERT INTO secrets VALUES ({marks})", rows)
    octets = ((row, kept(pattern, Secret(row))) for row in range(1, live + 1))
    database.executemany("INSERT INTO envelopes (secret, octets) VALUES (?, ?)", octets)
    database.executemany("INSERT INTO verifiers (secret, link, access, receipt) VALUES (?, ?, ?, ?)", prefixes(live, tombstones))
    database.execute("UPDATE server SET secrets = ?, bytes = ?", (live, live * SIZE))


def expect(database: sqlite3.Connection, table: str, names: set[str], *, exactly: bool = False) -> list[str]:
    """The table's columns. Where it has become another one, this file must learn what belongs into it."""
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    if not names <= set(columns) or (exactly and names != set(columns)):
        raise RuntimeError(f"the table {table} has become another one, which bench_seed.py does not know: {columns}")
    return columns


def records(live: int, tombstones: int, waiting: dict[str, Any], ended: dict[str, Any], now: int) -> Iterator[dict[str, Any]]:
    """Their times are spread over what lies before them, so that none falls due while something is measured."""
    for row in range(1, live + tombstones + 1):
        secret = Secret(row)
        link, _, receipt = secret.verifiers
        own = {"row": row, "nonce": secret.nonce, "link": link, "receipt": receipt}
        spread = row * 2_654_435_761 % 2**32 / 2**32
        if row <= live:
            due = now + DAY + int(spread * 6 * DAY)
            yield {**waiting, **own, "expires_at": due, "due": due}
        else:
            yield {**ended, **own, "due": now + DAY + int(spread * 6 * DAY)}


def prefixes(live: int, tombstones: int) -> Iterator[tuple[int, int, int | None, int]]:
    for row in range(1, live + tombstones + 1):
        link, access, receipt = (int.from_bytes(one[:8], "big", signed=True) for one in Secret(row).verifiers)
        yield row, link, access if row <= live else None, receipt


def kept(pattern: bytes, secret: Secret) -> bytes:
    """As KeptOctets.swift pads them: 512 zeros, a hash, the access verifier, the octets, zeros to the end."""
    _, access, _ = secret.verifiers
    octets = secret.envelope
    check = blake2b(access + octets[:48], digest_size=16).digest()
    return (bytes(512) + check + access + octets).ljust(len(pattern), b"\0")


def check(folder: Path, live: int, key: bytes) -> None:
    """The server knows what was put into its database: a secret, and whose its verifiers are."""
    with Server(folder, program=RELEASE) as server:
        secret = Secret(live)
        known = state(server.base, secret, key)
        again = call("POST", f"{server.base}/api/v1/secrets", secret.headers, b"")["id"]
        server.stop()
    if (known, again) != ("waiting", secret.id(key)):
        raise RuntimeError(f"the server does not know what was seeded: {known}, {again}")


def copy(template: Path, folder: Path) -> Path:
    """A data folder like the template's."""
    shutil.copytree(template / "data", folder / "data", ignore=shutil.ignore_patterns("lock"))
    return folder


def write_lines(path: Path, rows: Iterable[int], key: bytes) -> Path:
    """What look.lua and claim.lua need of these secrets."""
    with path.open("w") as file:
        for secret in map(Secret, rows):
            words = (secret.id(key), secret.bearer("Link"), secret.bearer("Link", "Access"), secret.claim_key)
            print(secret.row, *words, file=file)
    return path
