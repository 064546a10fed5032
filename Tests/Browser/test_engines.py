"""The main flows in every engine that people have: Chromium, Firefox, WebKit."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine_chromium import Chromium
from engine_firefox import Firefox
from engine_webkit import WebKit
from engines import Engine
from flows import (
    FILES,
    MORE,
    OPENED_TEXT,
    PASSPHRASE,
    PASTE,
    PASTED,
    PROBLEM,
    SECRET,
    SHOW,
    SUBMIT,
    arrived,
    digest,
    look,
    save_button,
    says,
    share,
    told,
)
from ledger import Ledger
from playwright.sync_api import Playwright
from processes import MIB
from programs import Programs
from service import Service
from steps import MESSAGES
from wire import Wire

TEXT = "user: ambrose\npässwörd:  two  spaces 🗝\n\nlast line with trailing space "
LARGE = 300 * MIB


@pytest.fixture(scope="module", params=["chromium", "firefox", "webkit"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, playwright: Playwright) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp(request.param)
    makers: dict[str, Callable[[], Engine]] = {
        "chromium": lambda: Chromium(playwright, folder),
        "firefox": lambda: Firefox(folder),
        "webkit": lambda: WebKit(folder),
    }
    engine = makers[request.param]()
    yield engine
    engine.close()


def test_a_text_opens_once(engine: Engine, service: Service, ledger: Ledger) -> None:
    engine.open(f"{service.base}/")
    engine.type(SECRET, ledger.keep_text(TEXT))
    link = share(engine, ledger)
    look(engine, link)
    assert engine.run("return location.href") == link.split("#")[0], "the key has left the address bar"
    engine.click(SUBMIT)
    arrived(engine)
    engine.click(SHOW)
    assert engine.text(OPENED_TEXT) == TEXT
    told(engine)

    engine.open("about:blank")
    engine.open(link)
    says(engine, "ended.opened.title")


def test_a_passphrase(engine: Engine, service: Service, ledger: Ledger) -> None:
    engine.open(f"{service.base}/")
    engine.type(SECRET, ledger.keep_text("behind a passphrase"))
    engine.click(MORE)
    engine.type(PASSPHRASE, ledger.keep("corréct horse battery", "passphrase"))
    link = share(engine, ledger)
    look(engine, link)
    engine.type(PASSPHRASE, ledger.keep("incorrect horse", "passphrase"))
    engine.click(SUBMIT)
    engine.until(lambda: engine.text(PROBLEM) == MESSAGES["open.wrongPassphrase"], "the wrong passphrase to be told")
    engine.type(PASSPHRASE, "corréct horse battery")
    engine.click(SUBMIT)
    arrived(engine)
    engine.click(SHOW)
    assert engine.text(OPENED_TEXT) == "behind a passphrase"
    told(engine)


def test_files(engine: Engine, service: Service, ledger: Ledger, tmp_path: Path) -> None:
    contents = {"empty.txt": b"", "Übersicht – draft.bin": bytes(range(256)) * 5000, "page.html": b"<script>1</script>"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    engine.open(f"{service.base}/")
    engine.choose(FILES, [tmp_path / name for name in contents])
    look(engine, share(engine, ledger))
    engine.click(SUBMIT)
    arrived(engine)
    for name, content in contents.items():
        saved = engine.save(save_button(name), len(content))
        assert (saved.name, saved.read_bytes()) == (name, content)
    told(engine)


def test_a_file_that_is_gone_is_told(engine: Engine, service: Service, tmp_path: Path) -> None:
    """Workers read it by themselves: what they are refused has to come through."""
    file = tmp_path / "removed.bin"
    file.write_bytes(bytes(3_000_000))
    engine.open(f"{service.base}/")
    engine.choose(FILES, [file])
    file.unlink()
    engine.click(SUBMIT)
    engine.until(lambda: engine.text(PROBLEM) == MESSAGES["problem.source-changed"], "the missing file to be told")


def test_a_file_of_300_mb(engine: Engine, service: Service, ledger: Ledger, tmp_path: Path, measured: list[str]) -> None:
    file = tmp_path / "large.bin"
    write_large(file)
    engine.open(f"{service.base}/")
    engine.memory.restart()
    engine.choose(FILES, [file])
    link = share(engine, ledger)
    sharing = engine.memory.peak()
    look(engine, link)
    engine.memory.restart()
    engine.click(SUBMIT)
    arrived(engine)
    saved = engine.save(save_button("large.bin"), LARGE)
    told(engine)
    opening = engine.memory.peak()
    measured.append(
        f"{type(engine).__name__}: 300 MB shared in {sharing // MIB} MiB of page memory, opened in {opening // MIB} MiB"
    )
    assert digest(saved) == digest(file)
    saved.unlink()
    file.unlink()


def write_large(file: Path) -> None:
    """No two pieces alike: one that is missing, doubled or misplaced shows."""
    with file.open("wb") as output:
        for piece in range(LARGE // MIB):
            output.write(hashlib.shake_256(piece.to_bytes(4, "big")).digest(MIB))


def share_some(programs: Programs, folder: Path) -> tuple[str, Path]:
    file = folder / "some.bin"
    file.write_bytes(hashlib.shake_256(b"some").digest(6_000_000))
    return programs.share(str(file))["link"], file


def through(wire: Wire, link: str) -> str:
    """The same link, with the wire between."""
    return f"{wire.base}/s/{link.split('/s/')[1]}"


def test_a_broken_connection_goes_on_by_itself(engine: Engine, wire: Wire, programs: Programs, tmp_path: Path) -> None:
    link, file = share_some(programs, tmp_path)
    look(engine, through(wire, link))
    wire.cut_after(2_000_000)
    engine.click(SUBMIT)
    says(engine, "working.waiting")
    wire.mend()
    arrived(engine)
    saved = engine.save(save_button("some.bin"), 6_000_000)
    told(engine)
    assert digest(saved) == digest(file)
    saved.unlink()


def test_a_reload_in_the_middle_loses_nothing(engine: Engine, wire: Wire, programs: Programs, tmp_path: Path) -> None:
    link, file = share_some(programs, tmp_path)
    look(engine, through(wire, link))
    wire.cut_after(1_000_000)
    engine.click(SUBMIT)
    says(engine, "working.waiting")
    wire.mend()
    engine.reload()
    says(engine, "resume.title")
    engine.type(PASTED, through(wire, link))
    engine.click(PASTE)
    says(engine, "open.title")
    engine.click(SUBMIT)
    arrived(engine)
    saved = engine.save(save_button("some.bin"), 6_000_000)
    told(engine)
    assert digest(saved) == digest(file)
    saved.unlink()
