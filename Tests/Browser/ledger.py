"""What must never be found in a log: every secret thing that a run has made."""

import re
import sys
from dataclasses import dataclass, field

from chromium import ROOT

sys.path.append(str(ROOT / "Tests/Reference"))
from keylink_reference.keys import link_token, receipt_token, verifier  # noqa: E402
from keylink_reference.link import decode, encode  # noqa: E402

LINK = re.compile(r"/([sr])/([A-Za-z0-9_-]{22})#([A-Za-z0-9_-]{43})")
SECRET_HEADERS = (
    "authorization",
    "idempotency-key",
    "keylink-link-verifier",
    "keylink-access-verifier",
    "keylink-receipt-verifier",
)


@dataclass
class Ledger:
    """Filled by every fixture through which a test shares or opens."""

    kept: dict[str, str] = field(default_factory=dict)
    """Value to what it is."""

    def keep(self, value: str, what: str) -> str:
        # Anything shorter may stand in a log by chance.
        if len(value) >= 8:
            self.kept[value] = what
        return value

    def keep_text(self, text: str) -> str:
        for line in text.splitlines():
            self.keep(line.strip(), "plaintext")
        return text

    def keep_link(self, link: str) -> str:
        for kind, identifier, key in LINK.findall(link):
            self.keep(identifier, "ID")
            self.keep(key, "key")
            token = (link_token if kind == "s" else receipt_token)(decode(key, 32))
            self.keep(encode(token), "token")
            self.keep(encode(verifier(token)), "verifier")
        return link

    def keep_headers(self, headers: dict[str, str]) -> None:
        for name in SECRET_HEADERS:
            if value := headers.get(name):
                self.keep(value.removeprefix("Bearer "), name)

    def link_keys(self) -> list[str]:
        return [value for value, what in self.kept.items() if what == "key"]
