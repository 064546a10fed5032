"""A web site of somebody else, from which things are shared."""

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANYBODY = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Keylink-Link-Verifier, Keylink-Access-Verifier, "
    "Keylink-Receipt-Verifier",
}


@dataclass
class Answer:
    """What is not a page of HTML."""

    body: bytes
    type: str = "application/octet-stream"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cookie: str | None = None
    """Given only to who brings it."""
    held: threading.Event | None = None
    """Of half of it nothing more comes until this is set."""


class LocalSite:
    """Serves the pages it was given, on a port of its own."""

    def __init__(self, pages: dict[str, str | Answer]) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                page = pages.get(self.path, "")
                html = "text/html; charset=utf-8"
                answer = page if isinstance(page, Answer) else Answer(page.encode(), html, 200 if page else 404)
                if answer.cookie is not None and answer.cookie not in self.headers.get("Cookie", ""):
                    answer = Answer(b"who are you", "text/plain", 403)
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.type)
                self.send_header("Content-Length", str(len(answer.body)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                half = len(answer.body) // 2 if answer.held else len(answer.body)
                with suppress(ConnectionError):  # who asked may not want all of it
                    self.wfile.write(answer.body[:half])
                    if answer.held:
                        answer.held.wait(30)
                        self.wfile.write(answer.body[half:])

            def do_OPTIONS(self) -> None:
                """Anybody may ask it for what it does not have."""
                self._answer_any(204)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                self._answer_any(404)

            def _answer_any(self, status: int) -> None:
                self.send_response(status)
                for name, value in ANYBODY.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Silent: what a test prints is about the test."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
