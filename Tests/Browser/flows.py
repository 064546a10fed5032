"""What people do on the page in any engine, by the parts that it is made of."""

import hashlib
from pathlib import Path

from engines import Engine
from ledger import Ledger
from steps import MESSAGES, WAITING

# The parts of the page that the flows touch.
SECRET, PASSPHRASE, MORE, FILES = "#secret", "#passphrase", "#more summary", "#files"
SUBMIT, LINK = "#form button[type=submit]", "#link"
TITLE, PROBLEM = "main > section:not([hidden]) h1", "section:not([hidden]) [role=alert]:not([hidden])"
OPENED_TEXT, SHOW, FATE = "#contents pre", "#contents .reveal", "#fate"
PASTED, PASTE = "#pasted", "#paste button[type=submit]"


def says(engine: Engine, name: str) -> None:
    engine.until(lambda: engine.text(TITLE) == MESSAGES[name], f"“{MESSAGES[name]}”")


def share(engine: Engine, ledger: Ledger) -> str:
    engine.click(SUBMIT)
    says(engine, "shared.title")
    return ledger.keep_link(engine.value(LINK))


def look(engine: Engine, link: str) -> None:
    # Another page first: where only the fragment differs, no engine would load anything.
    engine.open("about:blank")
    engine.open(link)
    says(engine, "open.title")


def arrived(engine: Engine) -> None:
    """All of it is here, and the server still has it too."""
    says(engine, "opened.title")
    assert WAITING.match(engine.text(FATE))


def told(engine: Engine) -> None:
    engine.until(lambda: engine.text(FATE) == MESSAGES["opened.gone"], "the server to know that it arrived")


def digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def save_button(name: str) -> str:
    return f'#contents .save[aria-label*="{name}"]'
