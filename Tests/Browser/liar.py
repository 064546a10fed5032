"""A server that passes a real one's answers on, to some people others than to most."""

import http.client
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEPT_APART = {"host", "connection", "keep-alive", "content-length"}
"""Of each connection, not of what is asked for over it."""


@dataclass
class Asked:
    path: str
    headers: Message

    @property
    def fields(self) -> list[tuple[str, str]]:
        """As they came: names as they were written, in their order."""
        return list(self.headers.raw_items())


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def set(self, name: str, *values: str) -> None:
        self.headers = [(other, value) for other, value in self.headers if other.lower() != name.lower()]
        self.headers += [(name, value) for value in values]

    def replace(self, body: bytes) -> None:
        """As it is, in no compressed form."""
        self.status, self.body = 200, body
        self.set("Content-Encoding")


@dataclass
class Liar:
    """Has each answer in hand before it goes out."""

    port: int
    change: Callable[[Asked, Answer], None] = lambda asked, answer: None
    asked: list[Asked] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """Paths of answers that were not listened to up to their end."""

    def __post_init__(self) -> None:
        liar = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                self.upstream = http.client.HTTPConnection("127.0.0.1", liar.port, timeout=20)

            def finish(self) -> None:
                self.upstream.close()
                super().finish()

            def do_GET(self) -> None:
                asked = Asked(self.path, self.headers)
                liar.asked.append(asked)
                answer = fetch(self.upstream, asked.path, dict(asked.fields))
                liar.change(asked, answer)
                self.send_response_only(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                if answer.status != 304:
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

    def real(self, path: str) -> bytes:
        """What the server truly has there, as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            return fetch(connection, path, {"Accept-Encoding": "identity"}).body
        finally:
            connection.close()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def fetch(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> Answer:
    connection.request("GET", path, headers={name: value for name, value in headers.items() if name.lower() not in KEPT_APART})
    answer = connection.getresponse()
    kept = [header for header in answer.getheaders() if header[0].lower() not in KEPT_APART]
    return Answer(answer.status, kept, answer.read())
