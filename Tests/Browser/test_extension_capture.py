"""Addresses, images, files behind links and a screenshot: each becomes a link that opens to the exact octets."""

import base64
import gzip
import random
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from catalogues import CATALOGUES
from chrome import Chrome, says
from localsite import Answer, LocalSite
from playwright.sync_api import Page
from programs import Programs
from service import Service
from wire import Wire

OCTETS = random.Random(5).randbytes
PICTURE = OCTETS(70_000)
LARGE = OCTETS(6_000_000)
ADDRESS = "https://example.org/reset?token=one%20time&user=pässwörd#part"

PAGE = """<!doctype html><title>files</title><body style="background: rgb(10, 200, 30)"><p>here they are</p><script>
    window.blob = URL.createObjectURL(new Blob(["made by the page itself"], { type: "text/plain" }));
</script>"""


TEXT = b"the same line over and over\n" * 999


@pytest.fixture
def held() -> Iterator[threading.Event]:
    held = threading.Event()
    yield held
    held.set()


@pytest.fixture
def site(held: threading.Event) -> Iterator[LocalSite]:
    coded = {"Content-Disposition": "attachment; filename=\"plain.bin\"; filename*=UTF-8''p%C3%A4sse%20%26%20keys.bin"}
    pages = {
        "/": PAGE,
        "/cat.png": Answer(PICTURE, "image/png"),
        "/picture?id=5": Answer(PICTURE, "image/webp"),
        "/large.bin": Answer(LARGE),
        "/named": Answer(b"by its answer", headers=coded),
        "/mine": Answer(b"only with the cookie", "text/plain", cookie="session=yes"),
        "/open": Answer(b"any site may read", "text/plain", headers={"Access-Control-Allow-Origin": "*"}),
        "/empty.txt": Answer(b"", "text/plain"),
        "/slow.bin": Answer(LARGE, held=held),
        "/packed.txt": Answer(
            gzip.compress(TEXT), "text/plain", headers={"Content-Encoding": "gzip", "Access-Control-Allow-Origin": "*"}
        ),
    }
    site = LocalSite(pages)
    elsewhere = site.base.replace("127.0.0.1", "localhost")
    pages["/moved.txt"] = Answer(b"", status=302, headers={"Location": f"{elsewhere}/packed.txt"})
    yield site
    site.close()


@pytest.fixture
def page(chrome: Chrome, site: LocalSite) -> Page:
    chrome.context.add_cookies([{"name": "session", "value": "yes", "url": site.base}])
    page = chrome.context.new_page()
    page.goto(f"{site.base}/")
    chrome.grant_tab(page)
    return page


def opened(chrome: Chrome, page: Page, programs: Programs, folder: Path) -> tuple[str, bytes]:
    """Waits until the link is on the clipboard, and opens it: name and octets of the one file."""
    chrome.until(lambda: any(says(notice, "copied.text") for notice in chrome.notices()))
    folder.mkdir()
    done = programs.command("open", chrome.clipboard(page), "--output", str(folder))
    assert done.returncode == 0, done.stderr.decode()
    [file] = folder.iterdir()
    return file.name, file.read_bytes()


def failure(chrome: Chrome) -> dict[str, str]:
    title = CATALOGUES["en"]["extension.notice.failed.title"]
    chrome.until(lambda: any(notice["title"] == title for notice in chrome.notices()))
    return chrome.notices()[-1]


def test_the_address_of_a_link(chrome: Chrome, page: Page, programs: Programs) -> None:
    chrome.click(page, {"menuItemId": "link", "linkUrl": ADDRESS})
    chrome.wait_for_notice()
    assert programs.command("open", chrome.clipboard(page)).stdout == ADDRESS.encode()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/cat.png", r"cat\.png"),
        ("/picture?id=5", r"picture\.webp"),
        ("/large.bin", r"large\.bin"),
        ("/empty.txt", r"empty\.txt"),
    ],
)
def test_an_image_or_a_file(
    chrome: Chrome, page: Page, site: LocalSite, programs: Programs, tmp_path: Path, path: str, name: str
) -> None:
    item = {"menuItemId": "image", "srcUrl": site.base + path} if "pic" in path or "cat" in path else None
    chrome.click(page, item or {"menuItemId": "file", "linkUrl": site.base + path})
    found, octets = opened(chrome, page, programs, tmp_path / "out")
    assert re.fullmatch(name, found)
    assert octets == {"/large.bin": LARGE, "/empty.txt": b""}.get(path, PICTURE)


def test_a_file_named_by_its_answer(chrome: Chrome, page: Page, site: LocalSite, programs: Programs, tmp_path: Path) -> None:
    chrome.click(page, {"menuItemId": "file", "linkUrl": f"{site.base}/named"})
    assert opened(chrome, page, programs, tmp_path / "out") == ("pässe & keys.bin", b"by its answer")


def test_with_the_rights_of_the_page(chrome: Chrome, page: Page, site: LocalSite, programs: Programs, tmp_path: Path) -> None:
    chrome.click(page, {"menuItemId": "file", "linkUrl": f"{site.base}/mine"})
    assert opened(chrome, page, programs, tmp_path / "out") == ("mine", b"only with the cookie")


def test_made_by_the_page_itself(chrome: Chrome, page: Page, programs: Programs, tmp_path: Path) -> None:
    chrome.click(page, {"menuItemId": "file", "linkUrl": page.evaluate("() => blob")})
    name, octets = opened(chrome, page, programs, tmp_path / "out")
    assert octets == b"made by the page itself"
    assert re.fullmatch(r"File \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d", name)


def test_written_out_in_the_page(chrome: Chrome, page: Page, programs: Programs, tmp_path: Path) -> None:
    address = "data:image/png;base64," + base64.b64encode(PICTURE).decode()
    chrome.click(page, {"menuItemId": "image", "srcUrl": address})
    name, octets = opened(chrome, page, programs, tmp_path / "out")
    assert octets == PICTURE
    assert re.fullmatch(r"Image \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.png", name)


def test_a_site_that_lets_any_other_read(chrome: Chrome, page: Page, site: LocalSite, programs: Programs, tmp_path: Path) -> None:
    other = site.base.replace("127.0.0.1", "localhost")
    chrome.click(page, {"menuItemId": "file", "linkUrl": f"{other}/open"})
    assert opened(chrome, page, programs, tmp_path / "out") == ("open", b"any site may read")


@pytest.mark.parametrize("path", ["/packed.txt", "/moved.txt"])
def test_compressed_on_its_way(
    chrome: Chrome, page: Page, site: LocalSite, programs: Programs, tmp_path: Path, path: str
) -> None:
    """An answer's length is then not the file's; and of an answer from another site, browsers hide that it is compressed."""
    chrome.click(page, {"menuItemId": "file", "linkUrl": site.base + path})
    _, octets = opened(chrome, page, programs, tmp_path / "out")
    assert octets == TEXT


def test_a_screenshot(chrome: Chrome, page: Page, programs: Programs, tmp_path: Path) -> None:
    chrome.click(page, {"menuItemId": "screenshot"})
    name, octets = opened(chrome, page, programs, tmp_path / "out")
    assert re.fullmatch(r"Screenshot \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.png", name)
    colour = page.evaluate(
        """async (picture) => {
            const bitmap = await createImageBitmap(await (await fetch("data:image/png;base64," + picture)).blob());
            const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
            canvas.drawImage(bitmap, 0, 0);
            return [...canvas.getImageData(bitmap.width - 9, bitmap.height - 9, 1, 1).data];
        }""",
        base64.b64encode(octets).decode(),
    )
    assert colour == [10, 200, 30, 255], "the tab that was clicked"


def test_it_tells_how_far_it_is_and_can_be_cancelled(chrome: Chrome, page: Page, site: LocalSite, held: threading.Event) -> None:
    chrome.click(page, {"menuItemId": "file", "linkUrl": f"{site.base}/slow.bin"})
    [begun] = chrome.wait_for_notice()
    assert says(begun, "working.begun")
    chrome.until(lambda: any(says({"message": step}, "working.sized") for step in chrome.steps()))
    assert any("of 6 MB" in step for step in chrome.steps())
    assert chrome.badge() == "…"
    chrome.evaluate("(id) => chrome.notifications.onButtonClicked.dispatch(id, 0)", begun["id"])
    chrome.until(lambda: chrome.shares() == [] and chrome.badge() == "")
    chrome.until(lambda: begun["id"] not in chrome.notification_ids())
    held.set()
    chrome.until(lambda: not chrome.is_offscreen())


def test_another_site_that_does_not_let_the_page_read(chrome: Chrome, page: Page, site: LocalSite) -> None:
    other = site.base.replace("127.0.0.1", "localhost")
    chrome.click(page, {"menuItemId": "image", "srcUrl": f"{other}/cat.png"})
    notice = failure(chrome)
    assert says(notice, "failed.otherSite")
    assert other.removeprefix("http://") in notice["message"]
    chrome.until(lambda: chrome.badge() == "!")


def test_an_error_in_place_of_the_file(chrome: Chrome, page: Page, site: LocalSite) -> None:
    chrome.click(page, {"menuItemId": "file", "linkUrl": f"{site.base}/nowhere"})
    notice = failure(chrome)
    assert says(notice, "failed.status")
    assert "404" in notice["message"]


def test_a_page_that_is_left_before_all_is_read(chrome: Chrome, page: Page, site: LocalSite) -> None:
    chrome.click(page, {"menuItemId": "file", "linkUrl": f"{site.base}/slow.bin"})
    chrome.until(lambda: len(chrome.steps()) > 0)
    page.goto("about:blank")
    assert says(failure(chrome), "failed.pageLeft")


def test_a_page_that_lets_nobody_in(chrome: Chrome, site: LocalSite) -> None:
    page = chrome.context.new_page()
    page.goto(f"{site.base}/")
    chrome.click(page, {"menuItemId": "file", "linkUrl": f"{site.base}/cat.png"})
    assert says(failure(chrome), "failed.pageClosed")
    chrome.click(page, {"menuItemId": "screenshot"})
    chrome.until(lambda: says(chrome.notices()[-1], "failed.noPicture"))


def test_a_link_without_a_file(chrome: Chrome, page: Page) -> None:
    chrome.click(page, {"menuItemId": "file", "linkUrl": "mailto:somebody@example.org"})
    assert says(failure(chrome), "failed.noFile")


def test_larger_than_the_server_takes(chrome: Chrome, page: Page, site: LocalSite, tmp_path: Path) -> None:
    small = Service(tmp_path, "--max-envelope-bytes", "1MB")
    try:
        chrome.set_server(small.base)
        chrome.click(page, {"menuItemId": "file", "linkUrl": f"{site.base}/large.bin"})
        notice = failure(chrome)
        assert says(notice, "failed.tooLarge")
        assert "1 MB" in notice["message"]
    finally:
        small.stop()


def test_what_was_read_is_kept_for_another_try(
    chrome: Chrome, page: Page, site: LocalSite, programs: Programs, tmp_path: Path
) -> None:
    """A server that is full refuses after everything was read and sealed: the next try needs nothing from the page."""
    full = Service(tmp_path / "server", "--max-storage-bytes", "4MB")
    try:
        chrome.set_server(full.base)
        chrome.click(page, {"menuItemId": "file", "linkUrl": f"{site.base}/large.bin"})
        notice = failure(chrome)
        assert says(notice, "failed.full")
        page.goto("about:blank")
        full.stop()
        full._arguments = full._arguments[:-2]
        full.start()
        chrome.evaluate("(id) => chrome.notifications.onClicked.dispatch(id)", notice["id"])
        page.goto(f"{site.base}/")
        name, octets = opened(chrome, page, programs, tmp_path / "out")
        assert (name, octets) == ("large.bin", LARGE)
    finally:
        full.stop()


def test_the_document_that_read_it_dies(chrome: Chrome, page: Page, site: LocalSite) -> None:
    chrome.click(page, {"menuItemId": "file", "linkUrl": f"{site.base}/slow.bin"})
    chrome.until(lambda: len(chrome.steps()) > 0)
    chrome.evaluate("() => chrome.offscreen.closeDocument()")
    chrome.stop_worker()
    chrome.wake_worker()
    chrome.until(lambda: [share["failed"]["code"] for share in chrome.shares() if share["failed"]] == ["interrupted"])


def test_the_worker_dies_while_a_file_is_sent(
    chrome: Chrome, page: Page, site: LocalSite, wire: Wire, programs: Programs, tmp_path: Path
) -> None:
    chrome.set_server(wire.base)
    wire.hold(lambda piece: piece.startswith(b"POST /api/v1/secrets"))
    chrome.click(page, {"menuItemId": "file", "linkUrl": f"{site.base}/large.bin"})
    chrome.until(lambda: wire.held > 0)
    chrome.stop_worker()
    wire.mend()
    chrome.until(lambda: all(share["done"] for share in chrome.shares()))
    done = programs.command("open", chrome.clipboard(page), "--output", str(tmp_path))
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "large.bin").read_bytes() == LARGE
