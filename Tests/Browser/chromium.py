"""Debian's Chromium, as every browser test starts it."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "Extension"

ARGUMENTS = [
    "--headless=new",
    # In a container there is often neither a user namespace for the sandbox nor a large /dev/shm.
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    # Nothing but the tests' own servers is asked for anything.
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
]


def executable() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise RuntimeError("Chromium is missing: Scripts/dependencies test installs it")
    return found
