"""Watches a browser context: what it asks for, what it complains about."""

import re
from urllib.parse import urlsplit

from ledger import Ledger
from playwright.sync_api import BrowserContext, ConsoleMessage, Request

# Chrome logs every answer outside 2xx, and every broken connection, as an error of its own.
ANSWERS = "Failed to load resource:"
# What is sent ahead and then not needed: the catalogue that the browser asks for, where the reader has chosen another, which
# the server cannot know; and what opens secrets, where the link has nothing to open with.
SENT_IN_VAIN = re.compile(r"/(?:locales/|keylink/sodium\.)\S+ was preloaded using link preload but not used")


class Watch:
    """`check` fails a test whose pages asked elsewhere, sent a key, broke the policy or logged an error."""

    def __init__(self, context: BrowserContext, hosts: set[str], ledger: Ledger) -> None:
        self.requests: list[str] = []
        """Method and address of each."""
        self.complaints: list[str] = []
        self.sent: list[str] = []
        """Everything that left, as one text a request."""
        self._headers: list[dict[str, str]] = []
        self._hosts = hosts
        self._ledger = ledger
        context.on("request", self._requested)
        context.on("console", self._logged)
        context.on("weberror", lambda error: self.complaints.append(f"uncaught: {error.error}"))

    def allow(self, base: str) -> None:
        self._hosts.add(base)

    def count(self, method: str, ending: str) -> int:
        return sum(1 for line in self.requests if line.startswith(f"{method} ") and line.endswith(ending))

    def values(self, header: str) -> int:
        """How many different values of a header were sent."""
        return len({headers[header] for headers in self._headers if header in headers})

    def check(self) -> None:
        elsewhere = [line for line in self.requests if not self._is_known(line.split(" ", 1)[1])]
        assert elsewhere == [], "requests to other hosts"
        assert self.complaints == [], f"console or policy: {self.complaints}"
        sent = "\n".join(self.sent)
        assert [key for key in self._ledger.link_keys() if key in sent] == [], "a link key left the page"

    def _is_known(self, address: str) -> bool:
        parts = urlsplit(address)
        if parts.scheme in ("blob", "data", "chrome-extension"):
            return True
        return f"{parts.scheme}://{parts.netloc}" in self._hosts

    def _requested(self, request: Request) -> None:
        self.requests.append(f"{request.method} {request.url}")
        headers = request.headers
        self._headers.append(headers)
        self._ledger.keep_headers(headers)
        body = request.post_data_buffer or b""
        self.sent.append(f"{request.url} {headers} {body.decode('latin-1')}")

    def _logged(self, message: ConsoleMessage) -> None:
        expected = message.text.startswith(ANSWERS) or SENT_IN_VAIN.search(message.text)
        if message.type in ("error", "warning") and not expected:
            self.complaints.append(f"{message.type}: {message.text}")
