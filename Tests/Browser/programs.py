"""The command and the Python reference, run as people run them."""

import json
import os
import subprocess
import sys
from pathlib import Path

from chromium import ROOT
from ledger import Ledger

COMMAND = ROOT / ".build/debug/keylink"
REFERENCE = ROOT / "Tests/Reference/keylink.py"
WITHIN = 60


class Programs:
    """Each run has its own home, so that nothing of one run (receipts, claims) helps the next."""

    def __init__(self, folder: Path, base: str, ledger: Ledger) -> None:
        self._folder = folder
        self.base = base
        self._ledger = ledger
        self._homes = 0

    def command(self, *arguments: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return self._run([str(COMMAND), *arguments], data)

    def reference(self, *arguments: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return self._run([sys.executable, str(REFERENCE), *arguments], data)

    def share(self, *arguments: str, data: bytes = b"") -> dict[str, str]:
        """Through the command; answers what `--json` prints: link, id, receiptLink, expiresAt, views."""
        done = self.command("share", "--json", *arguments, data=data)
        assert done.returncode == 0, done.stderr.decode()
        shared = json.loads(done.stdout)
        for member in ("link", "receiptLink"):
            self._ledger.keep_link(shared[member])
        return shared

    def share_text(self, text: str, *arguments: str) -> dict[str, str]:
        self._ledger.keep_text(text)
        return self.share(*arguments, "-", data=text.encode())

    def share_as_text(self, text: str) -> str:
        """A text whatever is in it, and however long: the command takes some for files. Answers the link."""
        done = self.reference("share", "-", data=text.encode())
        assert done.returncode == 0, done.stderr.decode()
        return self._ledger.keep_link(done.stdout.decode().strip())

    def _run(self, words: list[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
        self._homes += 1
        home = self._folder / f"home-{self._homes}"
        home.mkdir()
        environment = {
            **os.environ,
            "HOME": str(home),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "KEYLINK_SERVER": self.base,
        }
        return subprocess.run(words, input=data, capture_output=True, env=environment, cwd=home, timeout=WITHIN)
