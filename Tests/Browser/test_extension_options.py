"""The extension's options: kept as they are changed, a server only once it has answered, what is fixed only told."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chrome import Chrome
from localsite import LocalSite
from ownpages import come_up, examine_everywhere, kept, popup
from playwright.sync_api import Page, expect
from service import Service
from steps import MESSAGES

DAY = 86_400
MOST_VIEWS = 100
"""What a server allows."""
SERVERS = "extension.options.servers"

# What the browser asks in a window of its own (test_extension_window.py answers that) is answered here at once, and noted.
LEAVE = """(given) => {
    globalThis.leave = { asked: [], returned: [] };
    chrome.permissions.request = async ({ origins }) => { leave.asked.push(...origins); return given; };
    chrome.permissions.remove = async ({ origins }) => { leave.returned.push(...origins); return true; };
}"""


@pytest.fixture
def options(chrome: Chrome) -> Page:
    chrome.evaluate("() => chrome.storage.local.clear()")
    return opened(chrome)


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Service]:
    """A server that keeps things shortly and asks for a token."""
    (tmp_path / "tokens").write_text("a-token-of-the-operator\n")
    service = Service(tmp_path / "limited", "--max-ttl", "2h", "--create-token-file", str(tmp_path / "tokens"))
    yield service
    service.stop()


def opened(chrome: Chrome) -> Page:
    page = come_up(chrome, "options/options.html")
    page.locator("main").wait_for()
    answer_leave(page, True)
    return page


def answer_leave(page: Page, given: bool) -> None:
    page.evaluate(LEAVE, given)


def leave(page: Page, what: str) -> list[str]:
    return page.evaluate("(what) => leave[what]", what)


def add(page: Page, address: str) -> None:
    page.get_by_label(MESSAGES[f"{SERVERS}.add"]).fill(address)
    page.get_by_role("button", name=MESSAGES[f"{SERVERS}.submit"]).click()


def added(page: Page, base: str) -> None:
    expect(page.locator("#address-status")).to_have_text(MESSAGES[f"{SERVERS}.added"].format(server=base))
    expect(page.get_by_role("radio", name=base)).to_be_checked()


def refused(chrome: Chrome, page: Page, key: str, **values: object) -> None:
    """Said beside the field, which keeps what was typed and the focus; nothing was kept."""
    expect(page.locator("#address-problem")).to_have_text(MESSAGES[key].format(**values))
    expect(page.get_by_label(MESSAGES[f"{SERVERS}.add"])).to_be_focused()
    assert settings(chrome) is None


def settings(chrome: Chrome) -> dict[str, Any] | None:
    return kept(chrome).get("settings")


def saved(page: Page, card: str) -> None:
    expect(page.locator(f"#{card} .heading").get_by_role("status")).to_have_text(MESSAGES["extension.options.saved"])


def test_before_anything_is_set(chrome: Chrome, options: Page) -> None:
    expect(options.get_by_role("radio", name="http://127.0.0.1:8080")).to_be_checked()
    expect(options.get_by_label(MESSAGES["create.expires"])).to_have_value(str(DAY))
    expect(options.get_by_label(MESSAGES["create.views"])).to_have_value("1")
    assert options.get_by_role("checkbox").evaluate_all("(boxes) => boxes.map(({ checked }) => checked)") == [True] * 5 + [False]
    assert settings(chrome) is None, "looking changes nothing"


def test_a_server_that_answers_is_shared_to(chrome: Chrome, options: Page, service: Service) -> None:
    add(options, f" {service.base}/ ")
    added(options, service.base)
    assert settings(chrome) == {"servers": [{"base": service.base, "token": ""}], "base": service.base}
    expect(options.get_by_role("radio")).to_have_count(1)
    add(options, service.base)
    expect(options.locator("#address-problem")).to_have_text(MESSAGES[f"{SERVERS}.known"])


def test_several_servers_with_a_token(chrome: Chrome, options: Page, service: Service, limited: Service) -> None:
    add(options, service.base)
    added(options, service.base)
    add(options, limited.base)
    added(options, limited.base)
    expect(options.get_by_text(MESSAGES[f"{SERVERS}.asksToken"].format(server=limited.base))).to_be_visible()
    token = options.get_by_label(MESSAGES[f"{SERVERS}.tokenName"].format(server=limited.base))
    expect(token).to_be_focused()
    expect(
        options.get_by_text(MESSAGES[f"{SERVERS}.tokenHint"].format(server=limited.base.removeprefix("http://")))
    ).to_be_visible()
    token.fill(" a-token-of-the-operator ")
    token.blur()
    saved(options, "servers-card")
    expect(options.get_by_text(MESSAGES[f"{SERVERS}.asksToken"].format(server=limited.base))).to_be_hidden()
    assert settings(chrome)["servers"][1] == {"base": limited.base, "token": "a-token-of-the-operator"}

    # What this server does not take is said, and not offered.
    expect(options.locator("#ttl-problem")).not_to_be_empty()
    assert f"{3 * DAY}" not in options.locator("#ttl option").evaluate_all("(all) => all.map(({ value }) => value)")
    options.get_by_label(MESSAGES["create.views"]).fill("0")
    options.get_by_label(MESSAGES["create.views"]).blur()
    expect(options.locator("#views-problem")).to_have_text(MESSAGES["extension.options.share.views"].format(max=MOST_VIEWS))
    assert "views" not in settings(chrome)

    options.get_by_role("radio", name=service.base).check()
    chrome.until(lambda: settings(chrome)["base"] == service.base)
    expect(options.locator("#ttl-problem")).to_be_hidden()
    options.get_by_role("button", name=MESSAGES[f"{SERVERS}.removeName"].format(server=limited.base)).click()
    expect(options.get_by_role("radio")).to_have_count(1)
    assert settings(chrome)["servers"] == [{"base": service.base, "token": ""}], "its token is gone with it"


@pytest.mark.parametrize(
    "address", ["", "not an address", "https://", "ftp://keylink.example.org", "https://a.example/?query", "mailto:a@b"]
)
def test_what_is_no_address_is_not_kept(chrome: Chrome, options: Page, address: str) -> None:
    add(options, address)
    refused(chrome, options, f"{SERVERS}.address")


def test_plain_http_is_for_this_device_alone(chrome: Chrome, options: Page) -> None:
    add(options, "http://keylink.example.org")
    refused(chrome, options, f"{SERVERS}.insecure")


def test_something_else_than_a_keylink_server_is_not_kept(chrome: Chrome, options: Page, service: Service) -> None:
    options.route("**/api/v1/limits", lambda route: route.fulfill(json={"version": "of something else"}))
    add(options, service.base)
    refused(chrome, options, f"{SERVERS}.notKeylink")


@pytest.mark.parametrize("given", [True, False])
def test_the_browsers_leave_is_asked_for_as_a_server_is_set(chrome: Chrome, options: Page, service: Service, given: bool) -> None:
    """For that host alone. Who refuses it shares to a server that answers without."""
    answer_leave(options, given)
    add(options, service.base)
    added(options, service.base)
    assert leave(options, "asked") == ["http://127.0.0.1/*"]
    assert leave(options, "returned") == []
    assert settings(chrome)["base"] == service.base


@pytest.mark.parametrize("address", ["not an address", "http://keylink.example.org", "https://999.1.1.1", "https://[:::]"])
def test_for_what_cannot_be_a_server_no_leave_is_asked(chrome: Chrome, options: Page, address: str) -> None:
    add(options, address)
    expect(options.locator("#address-problem")).not_to_be_empty()
    assert leave(options, "asked") == []
    assert settings(chrome) is None


def test_a_server_in_the_list_can_be_given_the_leave_that_it_lacks(options: Page, service: Service) -> None:
    """As the notification of a failed share says."""
    answer_leave(options, False)
    add(options, service.base)
    added(options, service.base)
    answer_leave(options, True)
    add(options, service.base)
    expect(options.locator("#address-problem")).to_have_text(MESSAGES[f"{SERVERS}.known"])
    assert leave(options, "asked") == ["http://127.0.0.1/*"]


def test_where_nobody_answers_nothing_is_kept_and_no_leave(chrome: Chrome, options: Page) -> None:
    nobody = LocalSite({})
    nobody.close()
    base = nobody.base.replace("127.0.0.1", "localhost")
    add(options, base)
    refused(chrome, options, f"{SERVERS}.unanswered")
    chrome.until(lambda: leave(options, "returned") == ["http://localhost/*"])


def test_a_leave_that_was_refused_can_be_given_where_nobody_answers_without(chrome: Chrome, options: Page) -> None:
    nobody = LocalSite({})
    nobody.close()
    answer_leave(options, False)
    add(options, nobody.base)
    host = nobody.base.removeprefix("http://")
    refused(chrome, options, "extension.unanswered", host=host)
    options.get_by_role("button", name=MESSAGES["extension.allow"].format(host=host)).click()
    refused(chrome, options, "extension.refused", host=host)
    assert leave(options, "asked") == ["http://127.0.0.1/*"] * 2


def test_opening_links_here_takes_the_browsers_leave(chrome: Chrome, options: Page) -> None:
    box = options.get_by_role("checkbox", name=MESSAGES["extension.options.open.always"])
    options.evaluate("() => { chrome.permissions.request = async ({ origins }) => origins[0] !== 'http://127.0.0.1/*'; }")
    box.click()
    expect(box).not_to_be_checked()
    expect(options.get_by_role("alert").locator("visible=true")).to_have_text(MESSAGES["extension.options.open.refused"])
    assert settings(chrome) is None
    options.evaluate("() => { chrome.permissions.request = async () => true; }")
    box.click()
    saved(options, "open-card")
    assert settings(chrome) == {"opensHere": True}


def test_all_else_is_kept_as_it_is_changed(chrome: Chrome, options: Page) -> None:
    options.get_by_label(MESSAGES["create.expires"]).select_option("3600")
    options.get_by_label(MESSAGES["create.views"]).fill("3")
    options.get_by_label(MESSAGES["create.passphrase"]).select_option("words")
    saved(options, "share-card")
    options.get_by_role("checkbox", name=MESSAGES["extension.menu.screenshot"]).uncheck()
    saved(options, "menu-card")
    options.get_by_label(MESSAGES["extension.options.theme"]).select_option("dark")
    saved(options, "look-card")
    expected = {"ttl": 3600, "views": 3, "passphrase": "words", "menu": {"screenshot": False}, "theme": "dark"}
    chrome.until(lambda: settings(chrome) == expected)
    options.reload()
    expect(options.get_by_label(MESSAGES["create.expires"])).to_have_value("3600")
    expect(options.get_by_label(MESSAGES["create.views"])).to_have_value("3")
    expect(options.get_by_role("checkbox", name=MESSAGES["extension.menu.screenshot"])).not_to_be_checked()


@pytest.mark.parametrize(
    ("theme", "system", "paper"), [("dark", "light", "rgb(23, 21, 19)"), ("light", "dark", "rgb(250, 248, 244)")]
)
def test_the_theme_is_worn_from_the_first_paint_by_every_page(
    chrome: Chrome, options: Page, theme: str, system: str, paper: str
) -> None:
    options.emulate_media(color_scheme=system)
    options.get_by_label(MESSAGES["extension.options.theme"]).select_option(theme)
    expect(options.locator("html")).to_have_css("background-color", paper)
    page = chrome.context.new_page()
    page.emulate_media(color_scheme=system)
    # What is painted before any module has run, and before the settings are read.
    page.add_init_script("chrome.storage.local.get = () => new Promise(() => undefined);")
    page.goto(f"chrome-extension://{chrome.id}/popup/popup.html")
    expect(page.locator("html")).to_have_css("background-color", paper)
    expect(page.locator("main")).to_be_hidden()
    options.get_by_label(MESSAGES["extension.options.theme"]).select_option("system")
    expect(options.locator("html")).not_to_have_css("background-color", paper)


def test_the_language_is_spoken_by_every_page(chrome: Chrome, options: Page) -> None:
    other = popup(chrome)
    options.get_by_label(MESSAGES["language"]).select_option("ar")
    for page in (options, other):
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        expect(page.locator("html")).to_have_attribute("lang", "ar")
    options.locator("#language").select_option("")
    for page in (options, other):
        expect(page.locator("html")).to_have_attribute("lang", "en")


def test_what_an_administrator_has_set_is_told_and_cannot_be_changed(chrome: Chrome, service: Service) -> None:
    page = chrome.context.new_page()
    servers = [{"base": service.base, "token": "a-token-of-the-operator"}]
    fixed = {"servers": servers, "ttl": 300, "menu": {"file": False}, "theme": "dark"}
    page.add_init_script(f"chrome.storage.managed.get = async () => ({json.dumps(fixed)});")
    page.goto(f"chrome-extension://{chrome.id}/options/options.html")
    expect(page.get_by_label(MESSAGES["create.expires"])).to_be_disabled()
    expect(page.get_by_label(MESSAGES["create.expires"])).to_have_value("300")
    expect(page.get_by_role("checkbox", name=MESSAGES["extension.options.menu.file"])).to_be_disabled()
    expect(page.get_by_role("checkbox", name=MESSAGES["extension.menu.link"])).to_be_enabled()
    expect(page.get_by_label(MESSAGES[f"{SERVERS}.add"])).to_be_hidden()
    page.get_by_text(MESSAGES[f"{SERVERS}.token"], exact=True).click()
    token = page.get_by_label(MESSAGES[f"{SERVERS}.tokenName"].format(server=service.base))
    expect(token).to_be_disabled()
    expect(token).to_have_value("")
    expect(page.get_by_text(MESSAGES["extension.options.managed"]).locator("visible=true")).to_have_count(5)


def test_by_keyboard_alone(chrome: Chrome, options: Page, service: Service) -> None:
    options.keyboard.press("Tab")
    expect(options.get_by_role("radio")).to_be_focused()
    options.get_by_label(MESSAGES[f"{SERVERS}.add"]).focus()
    options.keyboard.type(service.base)
    options.keyboard.press("Enter")
    added(options, service.base)
    for _ in range(30):
        options.keyboard.press("Tab")
        if options.evaluate("() => document.activeElement.id") == "menu.link":
            break
    options.keyboard.press("Space")
    chrome.until(lambda: settings(chrome).get("menu") == {"link": False})


def test_how_it_looks(chrome: Chrome, options: Page, service: Service, limited: Service) -> None:
    add(options, service.base)
    added(options, service.base)
    add(options, limited.base)
    added(options, limited.base)
    examine_everywhere(chrome, options, "options")
    add(options, "not an address")
    examine_everywhere(chrome, options, "options-refused")
