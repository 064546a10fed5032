"""The client against a server that misbehaves on purpose. The true server is met in the matrix of writers and readers."""

import base64
import contextlib
import hashlib
import http.server
import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from keylink_reference import EnvelopeError, Item, parse
from keylink_reference import client as keylink
from keylink_reference.keys import link_token

COMMAND = Path(__file__).parent.parent / "keylink.py"
ID = "AAECAwQFBgcICQoLDA0ODw"
WHEN = "2030-01-02T03:04:05Z"
BIG = bytes(i % 253 for i in range(300_000))


class Server(http.server.ThreadingHTTPServer):
    """One secret in memory. `faults` names what goes wrong, once each; `calls` is what was asked."""

    def __init__(self, *faults: str):
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults = list(faults)
        self.calls: list[tuple[str, str | None]] = []
        self.envelope = b""
        self.verifiers: dict[str, str] = {}
        self.claim_key: str | None = None
        self.gone = False

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def fault(self, name: str) -> bool:
        with contextlib.suppress(ValueError):
            self.faults.remove(name)
            return True
        return False


def proves(token: bytes, verifier: str) -> bool:
    return base64.urlsafe_b64encode(hashlib.blake2b(token, digest_size=32).digest()).decode().rstrip("=") == verifier


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments):
        """Says nothing: a log is no place for paths."""

    def answer(self, status: int, body: bytes = b"", kind: str = "application/json", cut: int | None = None, **headers: str):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            self.close_connection = True

    def tell(self, status: int, **members: object):
        self.answer(status, json.dumps(members).encode())

    def refuse(self, status: int, code: str):
        body = json.dumps({"status": status, "code": code, "title": code, "type": "about:blank"}).encode()
        self.answer(status, body, "application/problem+json")

    def handle_one(self):
        server = self.server
        server.calls.append((self.command, self.headers["Range"]))
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        token = base64.urlsafe_b64decode((self.headers["Authorization"] or "").removeprefix("Bearer ") + "==")
        if self.path.startswith("/api/v1/secrets?") or self.path == "/api/v1/secrets":
            self.create(body)
        elif server.gone:
            self.refuse(410, "opened")
        elif not proves(token[:32], server.verifiers["link"]):
            self.refuse(404, "not-found")
        elif self.path == f"/api/v1/secrets/{ID}":
            parameters = base64.urlsafe_b64encode(server.envelope[:48]).decode()
            self.tell(200, id=ID, size=len(server.envelope), expiresAt=WHEN, viewsLeft=1, parameters=parameters)
        elif not proves(token[32:], server.verifiers["access"]):
            self.refuse(403, "wrong-key")
        else:
            self.claim()

    do_GET = do_POST = do_DELETE = handle_one

    def create(self, body: bytes):
        server = self.server
        verifiers = {w.lower(): self.headers[f"Keylink-{w}-Verifier"] for w in ("Link", "Access", "Receipt")}
        assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", verifier) for verifier in verifiers.values())
        if not server.verifiers:
            server.envelope, server.verifiers = body, verifiers
        assert server.verifiers == verifiers, "a retry draws nothing anew"
        if server.fault("lost creation"):
            self.close_connection = True
            return
        self.tell(201, id=ID, expiresAt=WHEN, views=1)

    def claim(self):
        server, key = self.server, self.headers["Idempotency-Key"]
        if server.claim_key not in (None, key):
            self.refuse(410, "claimed")
            return
        server.claim_key = key
        if self.command == "DELETE":
            server.gone = True
            self.answer(204)
            return
        if server.fault("lost claim"):
            self.close_connection = True
            return
        asked = re.fullmatch(r"bytes=([0-9]+)-", self.headers["Range"] or "")
        start = int(asked[1]) if asked else 0
        cut = 100_000 if server.fault("cut") else None
        self.answer(206 if asked else 200, server.envelope[start:], "application/octet-stream", cut)


@pytest.fixture
def serve():
    """Starts servers and ends them."""
    running = []

    def start(*faults: str) -> Server:
        server = Server(*faults)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, COMMAND, *arguments], input=given, capture_output=True, check=False)


def test_text_goes_and_comes_once(serve):
    server = serve()
    shared = run("share", "--server", server.base, given="schl\u00fcssel\n".encode())
    assert (shared.returncode, shared.stderr) == (0, b"")
    link = shared.stdout.decode().strip()
    assert parse(link).base == server.base
    looked = json.loads(run("look", link).stdout)
    assert looked == {"size": len(server.envelope), "expiresAt": WHEN, "viewsLeft": 1, "passphrase": False}
    opened = run("open", link)
    assert (opened.returncode, opened.stdout, opened.stderr) == (0, "schl\u00fcssel\n".encode(), b"")
    assert server.gone
    again = run("open", "-", given=link.encode() + b"\n")
    assert (again.returncode, again.stdout) == (3, b"")


def test_files_and_passphrase(serve, tmp_path):
    server = serve()
    (tmp_path / "a.bin").write_bytes(BIG)
    (tmp_path / "passphrase").write_text("Gru\u0308\u00dfe\n")
    (tmp_path / "wrong").write_text("gr\u00fc\u00dfe\n")
    shared = run(
        "share", str(tmp_path / "a.bin"), "--server", server.base, "--json", "--passphrase-file", str(tmp_path / "passphrase")
    )  # fmt: skip
    told = json.loads(shared.stdout)
    assert set(told) == {"link", "id", "receiptLink", "expiresAt", "views"}
    assert run("open", told["link"]).returncode == 4
    assert run("open", told["link"], "--passphrase-file", str(tmp_path / "wrong")).returncode == 4
    assert server.claim_key is None
    opened = run("open", told["link"], "--passphrase-file", str(tmp_path / "passphrase"), "--output", str(tmp_path / "out"))
    assert opened.stdout.decode() == f"{tmp_path / 'out' / 'a.bin'}\n"
    assert (tmp_path / "out" / "a.bin").read_bytes() == BIG
    assert server.gone


def test_lost_answers_and_cut_transfers_lose_nothing(serve):
    server = serve("lost creation", "lost claim", "cut", "cut")
    shared = keylink.share(server.base, [Item("file", BIG, "a.bin")])
    claim = keylink.Claim(shared.link)
    assert bytes(claim.open().items[0].data) == BIG
    assert not server.gone
    claim.acknowledge()
    assert server.gone
    assert server.faults == []
    gets = [given for method, given in server.calls if method == "GET"]
    assert gets == [None, "bytes=100000-", "bytes=200000-"]


@pytest.mark.parametrize(("position", "code"), [(60, "wrong-key"), (-1, "corrupt")])
def test_what_does_not_verify_is_not_acknowledged(serve, position, code):
    server = serve()
    shared = keylink.share(server.base, [Item("text", b"kettle")])
    envelope = bytearray(server.envelope)
    envelope[position] ^= 1
    server.envelope = bytes(envelope)
    opened = run("open", str(shared.link))
    assert (opened.returncode, opened.stdout) == (4 if code == "wrong-key" else 5, b"")
    assert code.encode() in opened.stderr
    assert "DELETE" not in [method for method, _ in server.calls]


def test_altered_parameters_claim_nothing(serve):
    server = serve()
    shared = keylink.share(server.base, [Item("text", b"kettle")])
    server.envelope = server.envelope[:20] + b"!" + server.envelope[21:]
    with pytest.raises(EnvelopeError) as caught:
        keylink.Claim(shared.link)
    assert caught.value.code == "wrong-link"
    assert [method for method, _ in server.calls] == ["POST", "GET"]


def test_another_envelope_after_the_look_is_another_link(serve):
    server = serve()
    shared = keylink.share(server.base, [Item("text", b"kettle")])
    claim = keylink.Claim(shared.link)
    server.envelope = server.envelope[:20] + b"!" + server.envelope[21:]
    with pytest.raises(EnvelopeError) as caught:
        claim.open()
    assert caught.value.code == "wrong-link"


def test_another_link_key_is_told_nothing(serve):
    server = serve()
    shared = keylink.share(server.base, [Item("text", b"kettle")])
    other = parse(str(shared.link)[:-43] + "A" * 43)
    with pytest.raises(keylink.ServerRefused) as caught:
        keylink.look(other)
    assert (caught.value.status, caught.value.code) == (404, "not-found")
    assert not proves(link_token(other.key), server.verifiers["link"])


@pytest.mark.parametrize("base", ["http://keylink.example", "http://192.0.2.1:8080", "http://localhost.example"])
def test_plain_http_to_another_machine_is_refused(base):
    opened = run("open", f"{base}/s/{ID}#{'A' * 43}")
    assert opened.returncode == 64
    assert b"--allow-http" in opened.stderr


@pytest.mark.parametrize("base", ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1"])
def test_nobody_there(base, monkeypatch):
    monkeypatch.setattr(keylink.time, "sleep", lambda _seconds: None)
    keylink.check_transport(base)
    with pytest.raises(keylink.Unreachable):
        keylink.look(parse(f"{base}/s/{ID}#{'A' * 43}"))
