"""Sharing from the popup: the page's form, with what the options say, in a window that may close at any moment."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from chrome import Chrome
from chromium import ROOT
from ledger import LINK, Ledger
from localsite import LocalSite
from ownpages import examine_everywhere, popup, session, set_options
from playwright.sync_api import Page, Route, expect
from programs import Programs
from service import Service
from steps import MESSAGES, created, fill, receipt_of, says

SECRET = "ssh-key AAAAC3NzaC1lZDI1NTE5\n\n    indented: pässwörd 🗝\ttab\nlast line"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Service]:
    """Another server, which wants a token and keeps things shortly."""
    (tmp_path / "tokens").write_text("a-token-of-the-operator\n")
    service = Service(tmp_path / "elsewhere", "--create-token-file", str(tmp_path / "tokens"), "--max-ttl", "2h")
    yield service
    service.stop()


def press_create(page: Page) -> None:
    page.get_by_role("button", name=MESSAGES["create.submit"]).click()


def status_of(programs: Programs, receipt: str) -> dict[str, object]:
    done = programs.command("status", "--json", receipt)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_text_files_and_every_option(chrome: Chrome, ledger: Ledger, programs: Programs, tmp_path: Path) -> None:
    (tmp_path / "a file.bin").write_bytes(bytes(range(256)) * 500)
    page = popup(chrome)
    fill(page, ledger, text=SECRET, files=[tmp_path / "a file.bin"], passphrase="correct horse battery", views=3)
    page.get_by_label(MESSAGES["create.expires"]).select_option("3600")
    press_create(page)
    link = created(page, ledger)
    assert status_of(programs, receipt_of(page, ledger))["viewsLeft"] == 3
    page.get_by_role("button", name=MESSAGES["shared.qr"]).click()
    expect(page.get_by_role("img", name=MESSAGES["shared.qrName"])).to_be_visible()
    (tmp_path / "passphrase").write_text("correct horse battery")
    out = tmp_path / "opened"
    out.mkdir()
    opened = programs.command("open", link, "--passphrase-file", str(tmp_path / "passphrase"), "--output", str(out))
    assert opened.returncode == 0, opened.stderr.decode()
    assert (out / "a file.bin").read_bytes() == bytes(range(256)) * 500
    assert SECRET.encode() in [file.read_bytes() for file in out.iterdir()]


def test_the_habits_of_the_options(chrome: Chrome, ledger: Ledger, programs: Programs, tmp_path: Path) -> None:
    set_options(chrome, ttl=300, views=2, passphrase="words")
    page = popup(chrome)
    expect(page.get_by_label(MESSAGES["create.expires"])).to_have_value("300")
    expect(page.get_by_label("Views")).to_have_value("2")
    drawn = page.locator("#passphrase")
    expect(drawn).not_to_have_value("")
    passphrase = ledger.keep(drawn.input_value(), "passphrase")
    page.get_by_role("textbox", name="Secret").fill(ledger.keep_text(SECRET))
    press_create(page)
    link = created(page, ledger)
    (tmp_path / "passphrase").write_text(passphrase)
    assert programs.command("open", link, "--passphrase-file", str(tmp_path / "passphrase")).stdout == SECRET.encode()
    page.get_by_role("button", name=MESSAGES["shared.another"]).click()
    expect(drawn).not_to_have_value("")
    assert drawn.input_value() != passphrase, "another secret, another passphrase"
    expect(page.get_by_label("Views")).to_have_value("2")


def test_another_server_with_its_token(chrome: Chrome, ledger: Ledger, service: Service, elsewhere: Service) -> None:
    servers = [{"base": service.base, "token": ""}, {"base": elsewhere.base, "token": "a-token-of-the-operator"}]
    set_options(chrome, servers=servers, base=service.base)
    page = popup(chrome)
    page.get_by_label(MESSAGES["extension.popup.server"]).select_option(elsewhere.base)
    expect(page.get_by_label(MESSAGES["create.expires"]).locator("option[value='86400']")).to_have_count(0)
    expect(page.get_by_label(MESSAGES["create.token"])).to_be_hidden()
    fill(page, ledger, text=SECRET)
    press_create(page)
    assert created(page, ledger).startswith(f"{elsewhere.base}/s/")


def test_a_token_that_is_missing_is_asked_for(chrome: Chrome, ledger: Ledger, elsewhere: Service) -> None:
    chrome.set_server(elsewhere.base)
    page = popup(chrome)
    fill(page, ledger, text=SECRET)
    page.get_by_label(MESSAGES["create.token"]).fill("a-token-of-the-operator")
    press_create(page)
    created(page, ledger)


def test_what_is_typed_outlasts_the_window_and_nothing_of_it_the_sharing(chrome: Chrome, ledger: Ledger) -> None:
    page = popup(chrome)
    fill(page, ledger, text=SECRET, passphrase="correct horse battery", views=3)
    chrome.until(lambda: "draft" in session(chrome) and session(chrome)["draft"]["views"] == 3)
    page.close()
    page = popup(chrome)
    expect(page.get_by_role("textbox", name="Secret")).to_have_value(SECRET)
    expect(page.locator("#passphrase")).to_have_value("correct horse battery")
    expect(page.get_by_label("Views")).to_have_value("3")
    press_create(page)
    created(page, ledger)
    kept = json.dumps(session(chrome), ensure_ascii=False)
    assert "indented" not in kept and "correct horse battery" not in kept
    assert "indented" not in json.dumps(chrome.evaluate("() => chrome.storage.local.get(null)"))


def test_a_draft_is_taken_along_into_a_tab(chrome: Chrome, ledger: Ledger) -> None:
    page = popup(chrome)
    fill(page, ledger, text=SECRET)
    with chrome.context.expect_page() as opened:
        page.get_by_role("button", name=MESSAGES["extension.popup.tab"], exact=True).first.click()
    tab = opened.value
    expect(tab.get_by_role("textbox", name="Secret")).to_have_value(SECRET)
    expect(tab.get_by_role("button", name=MESSAGES["extension.popup.tab"])).to_have_count(0)
    assert page.is_closed()


def test_a_window_closed_before_the_server_had_it(chrome: Chrome, ledger: Ledger, programs: Programs) -> None:
    page = popup(chrome)
    fill(page, ledger, text=SECRET)
    page.route("**/api/v1/secrets?*", lambda route: route.abort("connectionfailed"))
    press_create(page)
    says(page, "working.waiting")
    page.close()
    page = popup(chrome)
    expect(page.get_by_role("alert").locator("visible=true")).to_have_text(MESSAGES["extension.popup.interrupted"])
    expect(page.get_by_role("textbox", name="Secret")).to_have_value(SECRET)
    press_create(page)
    assert programs.command("open", created(page, ledger)).stdout == SECRET.encode()


def test_a_window_closed_once_the_server_had_it(chrome: Chrome, ledger: Ledger, programs: Programs) -> None:
    page = popup(chrome)
    fill(page, ledger, text=SECRET)
    stored: list[int] = []

    def lose(route: Route) -> None:
        stored.append(route.fetch().status)  # and nobody hears of it

    page.route("**/api/v1/secrets?*", lose)
    press_create(page)
    chrome.until(lambda: stored == [201])
    page.close()
    page = popup(chrome)
    link = created(page, ledger)
    assert LINK.search(link)
    assert programs.command("open", link).stdout == SECRET.encode()
    page.locator("#show-own").click()
    expect(page.locator("#own-list > li")).to_have_count(1)


def test_no_server_is_set_up(chrome: Chrome) -> None:
    nobody = LocalSite({})
    nobody.close()
    chrome.evaluate("() => chrome.storage.local.clear()")
    page = popup(chrome)
    page.route("http://127.0.0.1:8080/**", lambda route: route.abort("connectionrefused"))
    page.reload()
    expect(page.get_by_role("alert").locator("visible=true")).to_have_text(
        MESSAGES["extension.popup.notSetUp"].format(server="http://127.0.0.1:8080")
    )
    with chrome.context.expect_page() as opened:
        page.locator("#help").get_by_role("button", name=MESSAGES["extension.options"]).click()
    assert opened.value.url.endswith("/options/options.html")


def test_by_keyboard_alone(chrome: Chrome, ledger: Ledger, programs: Programs) -> None:
    page = popup(chrome)
    page.get_by_role("textbox", name="Secret").focus()
    page.keyboard.type("typed by hand")
    page.keyboard.press("Control+Enter")
    link = created(page, ledger)
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("() => document.activeElement.id"))
    assert {"link", "copy-link", "show-qr", "another"} <= set(reached), reached
    assert programs.command("open", link).stdout == b"typed by hand"


def test_how_it_looks(chrome: Chrome, ledger: Ledger) -> None:
    page = popup(chrome)
    examine_everywhere(chrome, page, "popup")
    fill(page, ledger, text=SECRET, files=[ROOT / "README.md"], passphrase="correct horse battery", views=3)
    examine_everywhere(chrome, page, "popup-filled")
    press_create(page)
    created(page, ledger)
    examine_everywhere(chrome, page, "popup-shared")
