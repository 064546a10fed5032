"""Links of the servers that are set lead to the extension's own page: from the menu, or always, before a server is asked."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from chrome import Chrome, says
from chromium import EXTENSION
from ledger import LINK, Ledger
from localsite import Answer, LocalSite
from playwright.sync_api import Page, Playwright, expect
from programs import Programs
from service import Service
from steps import press_open, shown_text

OPEN = "/open/open.html"


@pytest.fixture
def allowed(playwright: Playwright, tmp_path: Path, service: Service, ledger: Ledger) -> Iterator[Chrome]:
    """With the leave to use this machine's sites, which people give on the options page; there is nobody here to press Allow."""
    folder = tmp_path / "extension"
    shutil.copytree(EXTENSION, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["host_permissions"] = ["http://127.0.0.1/*"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    chrome = Chrome(playwright, tmp_path / "profile", folder, ledger)
    chrome.set_server(service.base, opensHere=True)
    chrome.until(lambda: len(chrome.evaluate("() => chrome.declarativeNetRequest.getDynamicRules()")) == 1)
    yield chrome
    chrome.close()


def path_of(page: Page) -> str:
    return page.url.split("?")[0].split("#")[0].split("/", 3)[3]


def test_from_the_menu(chrome: Chrome, programs: Programs) -> None:
    link = programs.share_text("opened from the menu")["link"]
    site = LocalSite({"/": f"<!doctype html><title>mail</title><a href='{link}'>a secret for you</a>"})
    page = chrome.context.new_page()
    page.goto(f"{site.base}/")
    with chrome.context.expect_page() as arriving:
        chrome.click(page, {"menuItemId": "open", "linkUrl": link})
    opened = arriving.value
    assert f"/{path_of(opened)}" == OPEN
    assert LINK.search(opened.url) is None, "the key is in no address"
    press_open(opened)
    assert shown_text(opened) == "opened from the menu"
    site.close()


def test_from_the_menu_only_links_of_ones_own_servers(chrome: Chrome, programs: Programs) -> None:
    link = programs.share_text("of another server")["link"]
    chrome.set_server("https://keylink.example.org")
    page = chrome.context.new_page()
    chrome.click(page, {"menuItemId": "open", "linkUrl": link})
    [notice] = chrome.wait_for_notice()
    assert says(notice, "failed.cannotOpen")


@pytest.mark.parametrize("way", ["typed", "clicked", "in a new tab"])
def test_always(allowed: Chrome, programs: Programs, way: str) -> None:
    link = programs.share_text("opened without the server's page")["link"]
    target = " target=_blank" if way == "in a new tab" else ""
    site = LocalSite({"/": f"<!doctype html><title>mail</title><a href='{link}'{target}>a secret for you</a>"})
    page = allowed.context.new_page()
    if way == "typed":
        page.goto(link)
    else:
        page.goto(f"{site.base}/")
        page.get_by_text("a secret for you").click()
    allowed.until(lambda: any(f"/{path_of(page)}" == OPEN for page in allowed.context.pages if "://" in page.url))
    opened = next(page for page in allowed.context.pages if page.url.startswith(f"chrome-extension://{allowed.id}{OPEN}"))
    press_open(opened)
    assert shown_text(opened) == "opened without the server's page"
    assert LINK.search(opened.url) is None, "the key is in no address any more"
    site.close()


def test_a_server_that_leads_elsewhere_is_never_asked(allowed: Chrome, programs: Programs) -> None:
    """A browser carries what is behind the # along with a redirect: a server's answer would take the key with it."""
    link = programs.share_text("not for the thief")["link"]
    thief = LocalSite({"/": "<!doctype html><title>thief</title>"})
    _, identifier, key = LINK.search(link).groups()
    leading = LocalSite({f"/s/{identifier}": Answer(b"", status=302, headers={"Location": f"{thief.base}/"})})
    allowed.set_server(leading.base, opensHere=True)
    allowed.until(lambda: leading.base in json.dumps(rules(allowed)).replace("\\", ""))
    page = allowed.context.new_page()
    page.goto(f"{leading.base}/s/{identifier}#{key}")
    assert f"/{path_of(page)}" == OPEN
    assert (leading.asked, thief.asked) == ([], [])
    leading.close()
    thief.close()


def test_not_without_being_asked(chrome: Chrome, service: Service, programs: Programs) -> None:
    link = programs.share_text("opened where it was sent to")["link"]
    page = chrome.context.new_page()
    page.goto(link)
    expect(page.get_by_role("button", name="Open secret")).to_be_visible()
    assert page.url.startswith(service.base)
    assert rules(chrome) == []


def test_without_the_leave_nothing_is_turned(chrome: Chrome, service: Service, programs: Programs) -> None:
    chrome.set_server(service.base, opensHere=True)
    chrome.until(lambda: len(rules(chrome)) == 1)
    link = programs.share_text("opened where it was sent to")["link"]
    page = chrome.context.new_page()
    page.goto(link)
    expect(page.get_by_role("button", name="Open secret")).to_be_visible()
    assert page.url.startswith(service.base)


def test_switched_off_again(allowed: Chrome, service: Service, programs: Programs) -> None:
    allowed.set_server(service.base, opensHere=False)
    allowed.until(lambda: rules(allowed) == [])
    page = allowed.context.new_page()
    page.goto(programs.share_text("opened where it was sent to")["link"])
    expect(page.get_by_role("button", name="Open secret")).to_be_visible()
    assert page.url.startswith(service.base)


def rules(chrome: Chrome) -> list[dict[str, object]]:
    return chrome.evaluate("() => chrome.declarativeNetRequest.getDynamicRules()")
