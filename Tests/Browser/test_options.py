"""The extension's options page, and what the extension says when a share cannot be."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chrome import Chrome
from localsite import LocalSite
from playwright.sync_api import Page, expect
from programs import Programs
from service import Service

DAY = 86_400


@pytest.fixture
def options(chrome: Chrome) -> Page:
    chrome.evaluate("() => chrome.storage.local.clear()")
    page = chrome.context.new_page()
    page.goto(f"chrome-extension://{chrome.id}/options/options.html")
    return page


@pytest.fixture
def site() -> Iterator[LocalSite]:
    site = LocalSite({"/": "<!doctype html><title>notes</title><p id=secret>a secret</p>"})
    yield site
    site.close()


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Service]:
    """A server that takes little, keeps it shortly, and asks for a token."""
    (tmp_path / "tokens").write_text("a-token-of-the-operator\n")
    arguments = ["--max-envelope-bytes", "100KB", "--max-ttl", "2h", "--create-token-file", str(tmp_path / "tokens")]
    service = Service(tmp_path / "limited", *arguments)
    yield service
    service.stop()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path / "small", "--max-envelope-bytes", "4KiB", "--max-ttl", "2h")
    yield service
    service.stop()


def save(page: Page, address: str, expiry: str | None = None) -> None:
    page.get_by_label("Server address").fill(address)
    if expiry is not None:
        page.get_by_label("Default expiry").select_option(label=expiry)
    page.get_by_role("button", name="Save").click()


def settings(chrome: Chrome) -> dict[str, Any] | None:
    return chrome.evaluate("() => chrome.storage.local.get('settings')").get("settings")


def says(chrome: Chrome, page: Page, name: str, *values: str) -> None:
    expect(page.get_by_role("alert")).to_have_text(chrome.message(name, *values))


def test_before_anything_is_set_it_is_the_server_of_make_run(options: Page) -> None:
    expect(options.get_by_label("Server address")).to_have_value("http://127.0.0.1:8080")
    expect(options.get_by_label("Default expiry").locator("option:checked")).to_have_text("1 day")


def test_nothing_can_be_typed_before_the_settings_are_read(chrome: Chrome, options: Page) -> None:
    chrome.evaluate("() => chrome.storage.local.set({ settings: { server: 'https://kept.example', ttl: 3600, saved: true } })")
    options.add_init_script(
        """
        const { local } = chrome.storage;
        const get = local.get.bind(local);
        const held = new Promise((resolve) => Object.assign(globalThis, { release: resolve, asked: false }));
        local.get = async (...keys) => {
          globalThis.asked = true;
          await held;
          return get(...keys);
        };
        """
    )
    options.reload(wait_until="commit")
    options.wait_for_function("() => globalThis.asked")
    for control in (
        options.get_by_label("Server address"),
        options.get_by_label("Default expiry"),
        options.get_by_role("button", name="Save"),
    ):
        expect(control).to_be_disabled()
    options.evaluate("() => globalThis.release()")
    expect(options.get_by_label("Server address")).to_be_enabled()
    expect(options.get_by_label("Server address")).to_have_value("https://kept.example")
    expect(options.get_by_label("Default expiry").locator("option:checked")).to_have_text("1 hour")


def test_what_is_saved_is_used(chrome: Chrome, options: Page, service: Service, site: LocalSite, programs: Programs) -> None:
    save(options, f" {service.base}/ ", "8 hours")
    expect(options.get_by_role("status")).to_have_text(chrome.message("saved"))
    expect(options.get_by_label("Server address")).to_have_value(service.base)
    assert settings(chrome) == {"server": service.base, "ttl": DAY // 3, "saved": True}

    options.reload()
    expect(options.get_by_label("Server address")).to_have_value(service.base)
    expect(options.get_by_label("Default expiry").locator("option:checked")).to_have_text("8 hours")

    page = chrome.context.new_page()
    page.goto(f"{site.base}/")
    chrome.click_menu_item(page, "for eight hours")
    chrome.wait_for_notice()
    [share] = chrome.shares()
    assert share["ttl"] == DAY // 3
    assert programs.command("open", chrome.clipboard(page)).stdout == b"for eight hours"


@pytest.mark.parametrize(
    "address", ["", "not an address", "https://", "ftp://keylink.example.org", "https://a.example/?query", "mailto:a@b"]
)
def test_what_is_no_address_is_not_saved(chrome: Chrome, options: Page, address: str) -> None:
    save(options, address)
    says(chrome, options, "optionsAddress")
    expect(options.get_by_label("Server address")).to_be_focused()
    assert settings(chrome) is None


def test_plain_http_is_for_this_device_alone(chrome: Chrome, options: Page) -> None:
    save(options, "http://keylink.example.org")
    says(chrome, options, "optionsInsecure")
    assert settings(chrome) is None


def test_where_nobody_answers_nothing_is_saved(chrome: Chrome, options: Page) -> None:
    nobody = LocalSite({})
    nobody.close()
    save(options, nobody.base)
    says(chrome, options, "optionsNetwork")
    assert settings(chrome) is None


def test_where_something_else_answers_nothing_is_saved(chrome: Chrome, options: Page, site: LocalSite) -> None:
    save(options, site.base)
    # Another server's answer is not even readable without its consent, so it may look like none.
    expect(options.get_by_role("alert")).not_to_be_empty()
    assert settings(chrome) is None


def test_a_server_that_asks_for_a_token_is_not_saved(chrome: Chrome, options: Page, limited: Service) -> None:
    save(options, limited.base)
    says(chrome, options, "optionsToken")
    assert settings(chrome) is None


def test_an_expiry_that_the_server_refuses_is_not_saved(chrome: Chrome, options: Page, small: Service) -> None:
    save(options, small.base, "3 days")
    says(chrome, options, "optionsExpiry", "2 hours")
    expect(options.get_by_label("Default expiry")).to_be_focused()
    assert settings(chrome) is None
    save(options, small.base, "1 hour")
    expect(options.get_by_role("status")).to_have_text(chrome.message("saved"))


def test_the_toolbar_button_leads_here(chrome: Chrome, site: LocalSite) -> None:
    page = chrome.context.new_page()
    page.goto(f"{site.base}/")
    chrome.grant_tab(page)  # presses the button, and fails unless a page opens


def failure(chrome: Chrome, site: LocalSite, server: str, text: str, ttl: int = 3_600) -> dict[str, str]:
    """Shares towards a server that will not have it, and answers the notice."""
    chrome.set_server(server, ttl)
    page = chrome.context.new_page()
    page.goto(f"{site.base}/")
    chrome.click_menu_item(page, text)
    [notice] = chrome.wait_for_notice()
    assert notice["title"] == chrome.message("failedTitle")
    assert chrome.shares()[0]["shared"] is None
    return notice


def test_too_large_is_said(chrome: Chrome, site: LocalSite, small: Service) -> None:
    for text in ("long " * 2_000, "very long " * 20_000):
        notice = failure(chrome, site, small.base, text)
        assert notice["message"] == chrome.message("failedTooLarge")
        chrome.evaluate("() => { globalThis.notices = []; return chrome.storage.session.clear(); }")


def test_a_missing_token_is_said_and_leads_to_the_options(chrome: Chrome, site: LocalSite, limited: Service) -> None:
    notice = failure(chrome, site, limited.base, "refused for want of a token")
    assert notice["message"] == chrome.message("failedToken", limited.base)
    with chrome.context.expect_page() as opened:
        chrome.evaluate("(id) => chrome.notifications.onClicked.dispatch(id)", notice["id"])
    assert opened.value.url.endswith("/options/options.html")
    assert chrome.shares() == []


def test_a_refused_expiry_is_said(chrome: Chrome, site: LocalSite, small: Service) -> None:
    notice = failure(chrome, site, small.base, "refused for its expiry", ttl=DAY)
    assert notice["message"] == chrome.message("failedExpiry", small.base)


def test_a_server_that_is_down_is_said(chrome: Chrome, site: LocalSite, small: Service) -> None:
    small.stop()
    notice = failure(chrome, site, small.base, "refused for nobody is there")
    assert notice["message"] == chrome.message("failedNetwork", small.base)
