"""The server is killed, or its power cut, at every step that it takes on its disk; then it starts again.

What it had told holds: what was acknowledged is there, what was said gone is gone, to the last octet in its data folder. What it
had not told may have happened or not, whole or not at all, and asking again finds out.

    KEYLINK_EVERY_STEP=1 pytest Tests/Reliability/test_crash_steps.py        # each end at each step, not one in turn
"""

import base64
import hashlib
import http.client
import json
import os
import secrets
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from disk import CUT, KILL, TORN, Disk
from server import Server

SMALL, LARGE = 1000, 100_000
ENDS = {"kill": KILL, "cut": CUT, "torn": TORN}
PIECE = 24
ENDED = {"acknowledge": "opened", "revoke": "revoked"}
"""What ends a secret, and its state afterwards."""


class Lost(Exception):
    """The server went away before it answered."""


def text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


class Secret:
    def __init__(self, size: int) -> None:
        self.envelope = b"KLNK" + secrets.token_bytes(size - 4)
        self.tokens = {name: secrets.token_bytes(32) for name in ("Link", "Access", "Receipt")}
        self.key = text(secrets.token_bytes(16))
        self.id = ""
        self.asked: list[str] = []
        self.told: list[str] = []

    def pieces(self) -> list[bytes]:
        step = max(1, len(self.envelope) // 40)
        return [self.envelope[start : start + PIECE] for start in range(48, len(self.envelope) - PIECE, step)]

    @property
    def create_headers(self) -> dict[str, str]:
        verifiers = {name: hashlib.blake2b(token, digest_size=32).digest() for name, token in self.tokens.items()}
        named = {f"Keylink-{name}-Verifier": text(verifier) for name, verifier in verifiers.items()}
        return {"Content-Type": "application/octet-stream", **named}

    @property
    def claim_headers(self) -> dict[str, str]:
        return {**bearer(self.tokens["Link"] + self.tokens["Access"]), "Idempotency-Key": self.key}


def bearer(token: bytes) -> dict[str, str]:
    return {"Authorization": f"Bearer {text(token)}"}


class Client:
    """Makes the calls of a script, and remembers of each secret what was asked and what was told."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            connection.request(method, f"/api/v1/secrets{path}", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (http.client.HTTPException, OSError) as error:
            raise Lost from error
        finally:
            connection.close()

    def create(self, secret: Secret) -> None:
        secret.asked.append("create")
        status, body = self.ask("POST", "", secret.create_headers, secret.envelope)
        assert status == 201, body
        secret.id = json.loads(body)["id"]
        secret.told.append("create")

    def claim(self, secret: Secret) -> None:
        secret.asked.append("claim")
        status, body = self.ask("POST", f"/{secret.id}/claim", secret.claim_headers)
        assert (status, body) == (200, secret.envelope)
        secret.told.append("claim")

    def acknowledge(self, secret: Secret) -> None:
        secret.asked.append("acknowledge")
        assert self.ask("DELETE", f"/{secret.id}/claim", secret.claim_headers)[0] == 204
        secret.told.append("acknowledge")

    def revoke(self, secret: Secret) -> None:
        secret.asked.append("revoke")
        assert self.ask("DELETE", f"/{secret.id}", bearer(secret.tokens["Receipt"]))[0] == 204
        secret.told.append("revoke")

    def state(self, secret: Secret) -> str:
        status, body = self.ask("GET", f"/{secret.id}/receipt", bearer(secret.tokens["Receipt"]))
        assert status == 200, body
        return json.loads(body)["state"]

    def is_stored(self, secret: Secret) -> bool:
        """Asks for an earlier creation without a body, so that none comes about."""
        status, body = self.ask("POST", "", secret.create_headers)
        assert status in (201, 400), body
        return status == 201


Call = Callable[[Client, Secret], None]
SCRIPTS: dict[str, list[Call]] = {
    "opened": [Client.create, Client.claim, Client.acknowledge],
    "revoked": [Client.create, Client.revoke],
    "revoked while it is read": [Client.create, Client.claim, Client.revoke],
}


def found(secret: Secret, folder: Path) -> list[str]:
    """The files in which a piece of it lies."""
    pieces = secret.pieces()
    files = [(path, path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path.name for path, octets in files if any(piece in octets for piece in pieces)]


def check(client: Client, secret: Secret, data: Path) -> None:
    """After the restart: what was told holds, and what was only asked is found out by asking again."""
    if "create" not in secret.told:
        if not client.is_stored(secret):
            assert found(secret, data) == [], "octets of a creation that did not take place"
            return
        client.create(secret)
    last = secret.asked[-1]
    if last in secret.told:
        if last in ENDED:
            assert found(secret, data) == [], "octets of what was said to be gone"
            assert client.state(secret) == ENDED[last]
    elif last in ENDED:
        getattr(Client, last)(client, secret)
        assert client.state(secret) == ENDED[last]
    if last not in ENDED:
        client.claim(secret)
        client.acknowledge(secret)
    assert found(secret, data) == []


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize("script", SCRIPTS)
def test_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, size: int) -> None:
    server = Server(tmp_path)
    disk = Disk(tmp_path / "faults", server.data)
    for name, value in disk.environment.items():
        monkeypatch.setenv(name, value)
    client = Client(server)
    bystanders = [Secret(SMALL), Secret(LARGE)]
    with server:
        for secret in bystanders:
            client.create(secret)
        crashes = 0
        for step, end in ends(disk):
            secret = Secret(size)
            crashes += crash(client, disk, SCRIPTS[script], secret, step, end)
            if disk.steps < step:
                break
            if end == KILL and secret.told and secret.told[-1] in ENDED:
                assert found(secret, server.data) == [], f"left at step {step}"
            server.start()
            check(client, secret, server.data)
            stored = list((server.data / "envelopes").iterdir())
            assert len(stored) == 1, f"files of nobody at step {step}: {stored}"
            for path in tmp_path.glob("data.removed-*"):
                path.unlink()
        assert crashes > 5, "the steps are not seen: nothing was tested"
        for secret in bystanders:
            client.claim(secret)
            client.acknowledge(secret)
        assert [name for secret in bystanders for name in found(secret, server.data)] == []


def crash(client: Client, disk: Disk, script: list[Call], secret: Secret, step: int, end: int) -> bool:
    """Runs the script against a server that ends at that step; whether it ended in the middle of it."""
    disk.plan(at=step, how=end)
    is_lost = False
    try:
        for call in script:
            call(client, secret)
    except Lost:
        is_lost = True
    disk.end()
    if is_lost or disk.steps >= step:
        assert client.server.wait() == -signal.SIGKILL, f"it does not end at step {step}"
    return is_lost


def ends(disk: Disk):
    """Steps without end, each with the end that comes there: one in turn, or one after the other."""
    every = list(ENDS.values())
    step = 0
    while True:
        step += 1
        for end in every if os.environ.get("KEYLINK_EVERY_STEP") else [every[step % len(every)]]:
            yield step, end
