"""What a person is told where a share does not come to its end, and what the notification then does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from catalogues import CATALOGUES
from chrome import Chrome, says
from ledger import LINK, Ledger
from localsite import LocalSite
from playwright.sync_api import Page
from programs import Programs
from service import Service
from wire import Wire

ROOM_TAKEN = 2_500_000

HAS_ROOM = """() => chrome.storage.session.set({ room: "字".repeat(900_000) })
    .then(() => chrome.storage.session.remove("room")).then(() => true, () => false)"""

LONG = """async () => {
    const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
    const selectionText = "密".repeat(900_000);
    chrome.contextMenus.onClicked.dispatch({ menuItemId: "selection", selectionText, editable: false, frameId: 0 }, tab);
}"""


@pytest.fixture
def page(chrome: Chrome) -> Iterator[Page]:
    site = LocalSite({"/": "<!doctype html><title>notes</title><p id=secret>a secret</p>"})
    page = chrome.context.new_page()
    page.goto(f"{site.base}/")
    yield page
    site.close()


def press(chrome: Chrome, notice: dict[str, str]) -> None:
    chrome.evaluate("(id) => chrome.notifications.onClicked.dispatch(id)", notice["id"])


def fails(chrome: Chrome, page: Page, name: str, text: str = "one") -> dict[str, str]:
    """Shares a word, which is as exact as the click that told of it; answers what is said instead."""
    chrome.click_menu_item(page, text)
    [notice] = chrome.wait_for_notice()
    assert says(notice, f"failed.{name}"), notice
    assert LINK.search(chrome.clipboard(page)) is None
    chrome.until(lambda: chrome.badge() == "!")
    return notice


def test_what_answers_is_no_keylink_server(chrome: Chrome, page: Page) -> None:
    other = LocalSite({"/": "somebody's page"})
    chrome.set_server(other.base)
    notice = fails(chrome, page, "notKeylink")
    assert other.base in notice["message"]
    with chrome.context.expect_page() as options:
        press(chrome, notice)
    assert options.value.url.endswith("/options/options.html")
    chrome.until(lambda: chrome.shares() == [] and chrome.badge() == "")
    other.close()


def test_plain_http_elsewhere_is_as_good_as_no_server(chrome: Chrome, page: Page) -> None:
    """However it came into the settings: nothing is sent there."""
    chrome.set_server("http://keylink.example.org")
    notice = fails(chrome, page, "notSetUp")
    assert "keylink.example.org" not in notice["message"]


def test_nobody_has_set_a_server(chrome: Chrome, page: Page) -> None:
    chrome.evaluate("() => chrome.storage.local.clear()")
    fails(chrome, page, "notSetUp")


def test_create_tokens(chrome: Chrome, page: Page, programs: Programs, ledger: Ledger, tmp_path: Path) -> None:
    """None, one that the server does not know any more, and the right one."""
    tokens = tmp_path / "tokens"
    tokens.write_text(ledger.keep("the-token-of-this-test", "create token") + "\n")
    closed = Service(tmp_path / "closed", "--create-token-file", str(tokens))
    try:
        chrome.set_server(closed.base)
        notice = fails(chrome, page, "missing-token")
        chrome.evaluate("(id) => chrome.notifications.onClosed.dispatch(id, true)", notice["id"])
        chrome.set_server(closed.base, token=ledger.keep("the-token-of-last-year", "create token"))
        chrome.click_menu_item(page, "one")
        assert says(chrome.wait_for_notice(2)[1], "failed.not-allowed")
        chrome.set_server(closed.base, token="the-token-of-this-test")
        chrome.click_menu_item(page, "one")
        assert says(chrome.wait_for_notice(3)[2], "copied.text")
        assert programs.command("open", chrome.clipboard(page)).stdout == b"one"
    finally:
        closed.stop()


def test_a_full_server(chrome: Chrome, page: Page, programs: Programs, tmp_path: Path) -> None:
    full = Service(tmp_path / "full", "--max-storage-bytes", "3MB")
    try:
        chrome.set_server(full.base)
        taken = programs.share("-", "--server", full.base, data=bytes(ROOM_TAKEN))
        notice = fails(chrome, page, "full", "x" * 900_000)
        assert programs.command("revoke", taken["receiptLink"]).returncode == 0
        press(chrome, notice)
        assert says(chrome.wait_for_notice(2)[1], "copied.text")
        assert programs.command("open", chrome.clipboard(page)).stdout == b"x" * 900_000
    finally:
        full.stop()


def test_more_than_the_server_takes(chrome: Chrome, page: Page, tmp_path: Path) -> None:
    small = Service(tmp_path / "small", "--max-envelope-bytes", "100KB")
    try:
        chrome.set_server(small.base)
        notice = fails(chrome, page, "tooLarge", "x" * 200_000)
        assert "100 kB" in notice["message"]
    finally:
        small.stop()


@pytest.mark.parametrize(("terms", "name"), [({"ttl": 86_400 * 300}, "ttl"), ({"views": 1_000_000}, "views")])
def test_terms_that_the_server_does_not_offer(
    chrome: Chrome, page: Page, service: Service, terms: dict[str, int], name: str
) -> None:
    chrome.set_server(service.base, **terms)
    fails(chrome, page, name)


def test_long_texts_that_failed_leave_room_for_what_comes(chrome: Chrome, page: Page, wire: Wire, programs: Programs) -> None:
    """They are kept for another try, in memory that browsers bound: of a text in Chinese a few would fill it."""
    chrome.set_server(wire.base)
    wire.cut()
    page.bring_to_front()
    for count in range(5):
        chrome.evaluate(LONG)
        chrome.wait_for_notice(count + 1)
    wire.mend()
    assert chrome.evaluate(HAS_ROOM), "for what the popup keeps of what is typed there"
    press(chrome, chrome.notices()[0])
    chrome.until(lambda: says(chrome.notices()[-1], "copied.text"))
    opened = programs.command("open", chrome.clipboard(page))
    assert opened.stdout.decode() == "密" * 900_000, "the first is still there to be tried again"


def test_half_a_character(chrome: Chrome, page: Page) -> None:
    chrome.evaluate(
        """async () => {
            const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
            chrome.contextMenus.onClicked.dispatch({ menuItemId: "selection", selectionText: "\\ud83d", frameId: 0 }, tab);
        }"""
    )
    [notice] = chrome.wait_for_notice()
    assert "half of an emoji" in notice["message"]


@pytest.mark.parametrize("habit", ["words", "characters"])
def test_a_passphrase_is_drawn_and_told_only_here(
    chrome: Chrome, page: Page, service: Service, programs: Programs, ledger: Ledger, tmp_path: Path, habit: str
) -> None:
    chrome.set_server(service.base, passphrase=habit)
    chrome.click_menu_item(page, "one")
    [notice] = chrome.wait_for_notice()
    assert says(notice, "copied.text", "passphrase")
    [own] = chrome.evaluate(
        """async () => Object.entries(await chrome.storage.session.get(null))
            .filter(([name]) => name.startsWith("own:")).map(([, own]) => own)"""
    )
    assert own["link"] == chrome.clipboard(page)
    assert ledger.keep(own["passphrase"], "passphrase") not in notice["message"]
    (tmp_path / "passphrase").write_text(own["passphrase"] + "\n")
    assert programs.command("open", own["link"]).returncode != 0
    opened = programs.command("open", own["link"], "--passphrase-file", str(tmp_path / "passphrase"))
    assert opened.stdout == b"one"


def test_menu_and_notifications_follow_the_language(chrome: Chrome, page: Page, service: Service) -> None:
    chrome.evaluate(
        """() => {
            globalThis.titles = [];
            const create = chrome.contextMenus.create.bind(chrome.contextMenus);
            chrome.contextMenus.create = (item, ...rest) => { titles.push(item.title); return create(item, ...rest); };
        }"""
    )
    chrome.set_server(service.base, language="de", menu={"file": False})
    items = ["open", "selection", "replace", "link", "screenshot"]
    wanted = [CATALOGUES["de"][f"extension.menu.{item}"] for item in items]
    chrome.until(lambda: chrome.evaluate("() => titles.slice(-5)") == wanted)
    assert chrome.menu() == items
    chrome.click_menu_item(page, "one")
    [notice] = chrome.wait_for_notice()
    assert notice["title"] == CATALOGUES["de"]["extension.notice.copied.title"]
