"""`keylink verify-site`: says nothing of a server that serves this version, and names whatever another one serves."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from programs import Programs
from service import Service

Headers = list[tuple[str, str]]


@dataclass
class Answer:
    status: int
    headers: Headers
    body: bytes

    def set(self, name: str, *values: str) -> None:
        self.headers = [(other, value) for other, value in self.headers if other.lower() != name.lower()]
        self.headers += [(name, value) for value in values]


@dataclass
class Liar:
    """Passes a real server's answers on, after `change` had them in hand."""

    port: int
    change: Callable[[str, Answer], None] = lambda path, answer: None
    left: list[str] = field(default_factory=list)
    """Paths of answers that were not listened to up to their end."""

    def __post_init__(self) -> None:
        liar = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                answer = liar.fetch(self.path, self.headers["Accept-Encoding"])
                liar.change(self.path, answer)
                self.send_response_only(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                try:
                    self.wfile.write(answer.body)
                except ConnectionError:
                    liar.left.append(self.path)
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Silent: what a test prints is about the test."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def fetch(self, path: str, encoding: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path, headers={"Accept-Encoding": encoding})
            answer = connection.getresponse()
            headers = [header for header in answer.getheaders() if header[0].lower() != "content-length"]
            return Answer(answer.status, headers, answer.read())
        finally:
            connection.close()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def liar(service: Service) -> Iterator[Liar]:
    liar = Liar(service.port)
    yield liar
    liar.close()


def verify(programs: Programs, base: str) -> tuple[int, set[tuple[str, str, str]]]:
    """The exit code, and what was found: kind, path, detail."""
    done = programs.command("verify-site", "--json", base)
    report = json.loads(done.stdout)
    assert (done.stderr == b"") == (done.returncode == 0)
    return done.returncode, {(one["what"], one["path"], one["detail"]) for one in report["findings"]}


def script_of(liar: Liar, name: str) -> str:
    """The path of a file whose name has its hash in it."""
    files = json.loads(liar.fetch("/site.json", "identity").body)["files"]
    return next(path for path in files if path.startswith(f"{name}."))


def test_the_pages_of_this_version(programs: Programs, service: Service) -> None:
    done = programs.command("verify-site", service.base)
    files = json.loads(Liar(service.port).fetch("/site.json", "identity").body)["files"]
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == f"all {len(files)} files are those of version 0.1.0\n"


def test_one_octet_of_a_script(programs: Programs, liar: Liar) -> None:
    """In one form alone: what browsers get is the compressed one."""
    script = script_of(liar, "keylink/sodium")

    def change(path: str, answer: Answer) -> None:
        if path == f"/{script}" and ("Content-Encoding", "br") in answer.headers:
            answer.body = answer.body[:-1] + bytes([answer.body[-1] ^ 1])

    liar.change = change
    assert verify(programs, liar.base) == (1, {("differs", script, "br")})


def test_one_more_script_in_a_page(programs: Programs, liar: Liar) -> None:
    """For readers of links alone: the page is the same at its own name."""

    def change(path: str, answer: Answer) -> None:
        if path.startswith("/s/"):
            answer.body = answer.body.replace(b"</head>", b'<script src="more.js"></script></head>')
            answer.set("Content-Encoding")

    liar.change = change
    status, found = verify(programs, liar.base)
    assert status == 1
    assert {(kind, path.split("/")[0], detail.split(" ")[0]) for kind, path, detail in found} == {
        ("differs", "s", detail) for detail in ("identity", "longer")
    }


def test_a_file_that_is_missing_and_one_too_many(programs: Programs, liar: Liar) -> None:
    missing = script_of(liar, "pages/open")

    def change(path: str, answer: Answer) -> None:
        if path == f"/{missing}":
            answer.status = 404
        if path == "/site.json":
            index = json.loads(answer.body)
            index["files"]["pages/more.js"] = index["files"][missing]
            answer.body = json.dumps(index).encode()
            answer.set("Content-Encoding")

    liar.change = change
    assert verify(programs, liar.base) == (1, {("missing", missing, "status 404"), ("extra", "pages/more.js", "")})


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        ("Content-Security-Policy", ["default-src *"], True),
        ("Content-Security-Policy", [], True),
        ("Cross-Origin-Embedder-Policy", ["unsafe-none"], True),
        ("Refresh", ["0; url=https://example.org"], True),
        ("Content-Type", ["text/html; charset=utf-16"], True),
        ("Server", ["something"], False),
    ],
)
def test_headers_that_matter(programs: Programs, liar: Liar, name: str, values: list[str], found: bool) -> None:
    def change(path: str, answer: Answer) -> None:
        if path == "/open.html":
            answer.set(name, *values)

    liar.change = change
    kind, detail = ("differs", f"served as {values[0]}") if name == "Content-Type" else ("header", name)
    assert verify(programs, liar.base) == ((1, {(kind, "open.html", detail)}) if found else (0, set()))


def test_a_second_policy_only_forbids_more(programs: Programs, liar: Liar) -> None:
    def change(_: str, answer: Answer) -> None:
        answer.headers.append(("Content-Security-Policy", "upgrade-insecure-requests"))

    liar.change = change
    assert verify(programs, liar.base) == (0, set())


def test_a_server_that_sends_elsewhere_or_without_end(programs: Programs, liar: Liar, service: Service) -> None:
    def change(path: str, answer: Answer) -> None:
        if path == "/index.html":
            answer.status = 302
            answer.set("Location", f"{service.base}/index.html")
        if path == "/":
            answer.body = b" " * 50_000_000
            answer.set("Content-Encoding")

    liar.change = change
    status, found = verify(programs, liar.base)
    assert status == 1
    assert {(kind, path) for kind, path, _ in found} == {("missing", "index.html"), ("differs", "")}
    assert set(liar.left) == {"/"}


def test_another_version_says_so(programs: Programs, liar: Liar) -> None:
    def change(path: str, answer: Answer) -> None:
        if path == "/site.json":
            answer.body = answer.body.replace(b'"version": "0.1.0"', b'"version": "9.9.9"')
        if path == "/":
            answer.body = b"another page"
            answer.set("Content-Encoding")

    liar.change = change
    done = programs.command("verify-site", liar.base)
    assert done.returncode == 1
    assert "hint: the server says that it is version 9.9.9" in done.stderr.decode()
    assert done.stdout.decode() == "differs  / (identity)\n"


def test_a_server_that_is_not_there_and_an_address_that_is_none(programs: Programs) -> None:
    assert programs.command("verify-site", "http://127.0.0.1:9").returncode == 6
    assert programs.command("verify-site", "keylink.example").returncode == 64
    assert programs.command("verify-site", "http://keylink.example").returncode == 64
