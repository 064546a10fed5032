"""Every writer against every reader: what one seals, each other opens to the exact bytes, and once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from chrome import Chrome
from ledger import Ledger
from localsite import LocalSite
from playwright.sync_api import BrowserContext
from programs import Programs
from service import Service
from steps import create, look, open_file, open_text, says

TEXT = "a text\n  with its white space,\r\nits lines \u2028 and its letters: äß漢\u0301🗝"
# The clipboard and a page's selection have no carriage return: what a selection can be is what the extension shares.
SELECTION = "a text\n  with its white space,\nits lines and its letters: äß漢🗝"
FILE = "ledger 2026 – Entwurf.bin"
CONTENT = bytes(range(256)) * 700 + b"\r\n\x00"
PASSPHRASE = "correct horse, bättery 漢"

GONE = 3
"""The exit code of both programs for a secret that was opened before."""

WRITERS = ["command", "page", "extension", "reference"]
READERS = ["command", "page", "reference"]
KINDS = ["text", "file", "passphrase"]

# The extension shares a selection, as a text: it has neither files nor a field for a passphrase.
NOT_OFFERED = {("extension", "file"), ("extension", "passphrase")}

CELLS = [
    (writer, reader, kind) for writer in WRITERS for reader in READERS for kind in KINDS if (writer, kind) not in NOT_OFFERED
]


@dataclass
class People:
    """All that a cell may need; a browser with the extension is started only where it writes."""

    programs: Programs
    visitor: Callable[..., BrowserContext]
    base: str
    ledger: Ledger
    folder: Path
    request: pytest.FixtureRequest

    def passphrase_file(self) -> str:
        file = self.folder / "passphrase"
        file.write_text(PASSPHRASE + "\n", encoding="utf-8")
        return str(file)

    def write(self, writer: str, kind: str) -> str:
        file = self.folder / FILE
        file.write_bytes(CONTENT)
        self.ledger.keep(PASSPHRASE, "passphrase")
        self.ledger.keep_text(TEXT)
        self.ledger.keep_text(SELECTION)
        if writer == "page":
            page = self.visitor().new_page()
            # A text area makes one line break of each: what a person can type has no carriage return.
            text = None if kind == "file" else TEXT.replace("\r\n", "\n")
            files = [file] if kind == "file" else None
            passphrase = PASSPHRASE if kind == "passphrase" else None
            return create(page, self.base, self.ledger, text=text, files=files, passphrase=passphrase)
        if writer == "extension":
            return self.write_with_extension()
        run = self.programs.command if writer == "command" else self.programs.reference
        source, data = (str(file), b"") if kind == "file" else ("-", TEXT.encode())
        options = ["--passphrase-file", self.passphrase_file()] if kind == "passphrase" else []
        done = run("share", source, *options, data=data)
        assert done.returncode == 0, done.stderr.decode()
        return self.ledger.keep_link(done.stdout.decode().strip())

    def write_with_extension(self) -> str:
        chrome: Chrome = self.request.getfixturevalue("chrome")
        site = LocalSite({"/": f"<!doctype html><meta charset=utf-8><title>n</title><pre id=secret>{SELECTION}</pre>"})
        try:
            page = chrome.context.new_page()
            page.goto(f"{site.base}/")
            chrome.grant_tab(page)
            chrome.click_menu_item(page, chrome.select(page, "#secret"))
            chrome.wait_for_notice()
            return chrome.clipboard(page)
        finally:
            site.close()

    def read(self, reader: str, link: str, kind: str) -> bytes:
        passphrase = PASSPHRASE if kind == "passphrase" else None
        if reader == "page":
            page = self.visitor().new_page()
            if kind == "file":
                return open_file(page, link, FILE)
            return open_text(page, link, passphrase).encode()
        run = self.programs.command if reader == "command" else self.programs.reference
        options = ["--passphrase-file", self.passphrase_file()] if passphrase else []
        output = self.folder / "output"
        if kind == "file":
            output.mkdir()
            options += ["--output", str(output)]
        done = run("open", link, *options)
        assert done.returncode == 0, done.stderr.decode()
        return (output / FILE).read_bytes() if kind == "file" else done.stdout

    def is_refused(self, reader: str, link: str) -> None:
        if reader == "page":
            page = self.visitor().new_page()
            page.goto(link)
            says(page, "ended.opened.title")
            return
        run = self.programs.command if reader == "command" else self.programs.reference
        again = run("open", link)
        assert (again.returncode, again.stdout) == (GONE, b"")


@pytest.fixture
def people(
    programs: Programs,
    visitor: Callable[..., BrowserContext],
    service: Service,
    ledger: Ledger,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> People:
    return People(programs, visitor, service.base, ledger, tmp_path, request)


@pytest.mark.usefixtures("extension")
@pytest.mark.parametrize(("writer", "reader", "kind"), CELLS)
def test_cell(people: People, writer: str, reader: str, kind: str) -> None:
    link = people.write(writer, kind)
    expected = CONTENT if kind == "file" else written_text(writer).encode()
    assert people.read(reader, link, kind) == expected
    # The next reader in the row is the one who comes second.
    people.is_refused(READERS[(READERS.index(reader) + 1) % len(READERS)], link)


def written_text(writer: str) -> str:
    if writer == "extension":
        return SELECTION
    return TEXT.replace("\r\n", "\n") if writer == "page" else TEXT


def test_no_cell_is_left_out() -> None:
    left_out = {(writer, kind) for writer in WRITERS for kind in KINDS} - {(writer, kind) for writer, _, kind in CELLS}
    assert left_out == NOT_OFFERED
    assert len(CELLS) == 30


def test_a_passphrase_goes_with_a_file_too(people: People, visitor: Callable[..., BrowserContext]) -> None:
    file = people.folder / FILE
    file.write_bytes(CONTENT)
    page = people.visitor().new_page()
    link = create(page, people.base, people.ledger, files=[file], passphrase=PASSPHRASE)
    reader = visitor().new_page()
    look(reader, link)
    assert open_file(reader, link, FILE, PASSPHRASE) == CONTENT
