"""The extension: a selection becomes a link on the clipboard, and nobody else learns it."""

import json
from collections.abc import Callable, Iterator

import pytest
from chrome import Chrome, says
from chromium import EXTENSION
from localsite import LocalSite
from playwright.sync_api import BrowserContext, Page
from programs import Programs
from steps import open_text
from steps import says as page_says

SECRET = "ssh-key AAAAC3NzaC1lZDI1NTE5\n\n    indented: pässwörd 🗝\ttab\nlast line"

PAGES = {
    "/": f"<!doctype html><title>notes</title><p id=before>before</p><pre id=secret>{SECRET}</pre><p>after</p>",
    "/field": "<!doctype html><title>form</title><textarea id=field rows=9></textarea>",
}


@pytest.fixture
def site() -> Iterator[LocalSite]:
    site = LocalSite(PAGES)
    yield site
    site.close()


@pytest.fixture
def page(chrome: Chrome, site: LocalSite) -> Page:
    page = chrome.context.new_page()
    page.goto(f"{site.base}/")
    return page


def test_a_selection_becomes_a_link_that_opens_once(chrome: Chrome, page: Page, visitor: Callable[..., BrowserContext]) -> None:
    chrome.grant_tab(page)
    chrome.click_menu_item(page, chrome.select(page, "#secret"))
    [notice] = chrome.wait_for_notice()
    assert says(notice, "copied.text")
    assert notice["id"] in chrome.notification_ids()

    link = chrome.clipboard(page)
    [share] = chrome.shares()
    assert link == share["shared"]["link"]
    assert share["content"] is None and share["draft"] is None, "what is no longer needed is no longer kept"
    assert open_text(visitor().new_page(), link) == SECRET
    second = visitor().new_page()
    second.goto(link)
    page_says(second, "ended.opened.title")


def test_the_command_opens_it_to_the_exact_bytes(chrome: Chrome, page: Page, programs: Programs) -> None:
    chrome.grant_tab(page)
    chrome.click_menu_item(page, chrome.select(page, "#secret"))
    chrome.wait_for_notice()
    opened = programs.command("open", chrome.clipboard(page))
    assert (opened.returncode, opened.stdout) == (0, SECRET.encode())


def test_a_selection_in_a_field_keeps_its_lines(chrome: Chrome, page: Page, site: LocalSite, programs: Programs) -> None:
    page.goto(f"{site.base}/field")
    page.locator("#field").fill(f"not this\n{SECRET}\nnor this")
    chrome.grant_tab(page)
    page.locator("#field").evaluate(
        """(field, secret) => {
            const start = field.value.indexOf(secret);
            field.focus();
            field.setSelectionRange(start, start + secret.length);
        }""",
        SECRET,
    )
    chrome.click_menu_item(page, SECRET.replace("\n", " "))
    chrome.wait_for_notice()
    assert programs.command("open", chrome.clipboard(page)).stdout == SECRET.encode()


def test_where_no_script_is_let_in_the_click_says_what_was_selected(chrome: Chrome, page: Page, programs: Programs) -> None:
    chrome.click_menu_item(page, "a selection in a place without scripts")
    chrome.wait_for_notice()
    opened = programs.command("open", chrome.clipboard(page))
    assert opened.stdout.decode() == "a selection in a place without scripts"


def test_a_page_that_changed_its_selection_meanwhile_is_not_believed(chrome: Chrome, page: Page, programs: Programs) -> None:
    chrome.grant_tab(page)
    seen = chrome.select(page, "#secret")
    chrome.select(page, "#before")
    chrome.click_menu_item(page, seen)
    chrome.wait_for_notice()
    assert programs.command("open", chrome.clipboard(page)).stdout.decode() == seen


def test_a_selection_longer_than_what_is_kept_meanwhile(chrome: Chrome, page: Page, programs: Programs) -> None:
    text = "0123456789 abcde" * 150_000
    chrome.click_menu_item(page, text)
    chrome.wait_for_notice()
    assert programs.command("open", chrome.clipboard(page)).stdout == text.encode()


def test_nothing_selected_is_said(chrome: Chrome, page: Page) -> None:
    chrome.click_menu_item(page, "")
    [notice] = chrome.wait_for_notice()
    assert says(notice, "failed.nothing")
    assert chrome.shares() == []


def test_two_shares_at_once_do_not_mix(chrome: Chrome, page: Page, programs: Programs) -> None:
    texts = ["the first of two secrets", "the second of two secrets"]
    chrome.click_menu_item(page, *texts)
    notices = chrome.wait_for_notice(2)
    links = [share["shared"]["link"] for share in chrome.shares()]
    assert len({notice["id"] for notice in notices}) == len(set(links)) == 2
    assert chrome.clipboard(page) in links
    opened = [programs.command("open", link).stdout.decode() for link in links]
    assert sorted(opened) == texts


def test_pressing_its_notification_copies_a_link_again(chrome: Chrome, page: Page) -> None:
    chrome.click_menu_item(page, "the first of two secrets")
    [first] = chrome.wait_for_notice()
    link = chrome.clipboard(page)
    chrome.click_menu_item(page, "the second of two secrets")
    chrome.wait_for_notice(2)
    assert chrome.clipboard(page) != link
    chrome.evaluate("(id) => chrome.notifications.onClicked.dispatch(id)", first["id"])
    chrome.wait_for_notice(3)
    assert chrome.clipboard(page) == link


def test_a_closed_notification_leaves_nothing_behind(chrome: Chrome, page: Page) -> None:
    chrome.click_menu_item(page, "forgotten afterwards")
    [notice] = chrome.wait_for_notice()
    chrome.until(lambda: all(share["done"] for share in chrome.shares()))
    chrome.evaluate("(id) => chrome.notifications.onClosed.dispatch(id, true)", notice["id"])
    chrome.until(lambda: chrome.shares() == [])
    kept = chrome.evaluate("() => chrome.storage.session.get(null)")
    assert [name.split(":")[0] for name in kept] == ["own"], "the link, for the list of what was shared"
    stored = json.dumps(chrome.evaluate("() => chrome.storage.local.get(null)"))
    assert "/s/" not in stored and "forgotten afterwards" not in stored


def test_the_menu_item_is_there(chrome: Chrome) -> None:
    chrome.until(lambda: chrome.menu() == ["open", "selection", "replace", "link", "file", "image", "screenshot"])


def test_no_power_over_pages_is_asked_for() -> None:
    manifest = (EXTENSION / "manifest.json").read_text(encoding="utf-8")
    for power in ('"host_permissions"', "content_scripts", "<all_urls>", '"tabs"', '"webNavigation"', "externally_connectable"):
        assert power not in manifest
