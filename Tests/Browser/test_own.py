"""The links that this browser shared: followed, copied while the session lasts, revoked, forgotten."""

import json
from pathlib import Path

import pytest
from chrome import Chrome
from ledger import LINK, Ledger
from localsite import LocalSite
from ownpages import examine_everywhere, kept, popup, session, set_options
from playwright.sync_api import Locator, Page, expect
from programs import Programs
from service import Service
from steps import MESSAGES, created, fill

SECRET = "a secret of one's own"


def share(page: Page, ledger: Ledger, text: str = SECRET, **terms: object) -> str:
    fill(page, ledger, text=text, **terms)
    page.get_by_role("button", name=MESSAGES["create.submit"]).click()
    link = created(page, ledger)
    page.get_by_role("button", name=MESSAGES["shared.another"]).click()
    return link


def links(page: Page) -> Locator:
    page.locator("#show-own").click()
    expect(page.get_by_role("heading", level=1, name=MESSAGES["extension.own.title"])).to_be_visible()
    return page.locator("#own-list > li")


def press(row: Locator, name: str) -> None:
    row.get_by_role("button", name=MESSAGES[name], exact=True).locator("visible=true").click()


def told(row: Locator, key: str) -> None:
    expect(row.get_by_role("heading", level=2)).to_have_text(MESSAGES[key])


def test_it_says_what_became_of_each(chrome: Chrome, ledger: Ledger, programs: Programs) -> None:
    page = popup(chrome)
    first, second = share(page, ledger, "the first"), share(page, ledger, "the second", views=2)
    rows = links(page)
    expect(rows).to_have_count(2)
    told(rows.nth(0), "receipt.waiting.title")
    told(rows.nth(1), "receipt.waiting.title")
    assert programs.command("open", first).returncode == 0
    assert programs.command("open", second).returncode == 0
    page.locator("#show-share").click()
    rows = links(page)
    told(rows.nth(1), "receipt.opened.title")
    expect(rows.nth(0).get_by_role("heading", level=2)).to_have_text("Opened once, and still open")
    expect(rows.nth(1).get_by_role("button", name=MESSAGES["shared.copy"])).to_have_count(0)
    assert LINK.search(first)[3] not in json.dumps(session(chrome)), "what opens nothing is kept nowhere"


def test_copied_again_as_long_as_the_session_lasts(chrome: Chrome, ledger: Ledger, service: Service) -> None:
    set_options(chrome, passphrase="characters")
    page = popup(chrome)
    passphrase = page.locator("#passphrase")
    expect(passphrase).not_to_have_value("")
    drawn = ledger.keep(passphrase.input_value(), "passphrase")
    link = share(page, ledger)
    assert LINK.search(link)[3] not in json.dumps(kept(chrome)), "the disk has no key"
    assert drawn not in json.dumps(kept(chrome))
    reader = chrome.context.new_page()
    reader.goto(f"{service.base}/")
    page.bring_to_front()
    [row] = links(page).all()
    for name, value in (("shared.copy", link), ("shared.passphraseCopy", drawn)):
        press(row, name)
        expect(row.get_by_role("status")).to_have_text(MESSAGES["copied"])
        assert chrome.clipboard(reader) == value
        page.bring_to_front()
    chrome.evaluate("() => chrome.storage.session.clear()")  # as when the browser has been closed
    page = popup(chrome)
    [row] = links(page).all()
    told(row, "receipt.waiting.title")
    expect(row.get_by_role("button", name=MESSAGES["shared.copy"])).to_have_count(0)
    expect(row.get_by_role("button", name=MESSAGES["receipt.revoke"])).to_be_visible()


def test_revoked_after_a_question(chrome: Chrome, ledger: Ledger, programs: Programs) -> None:
    page = popup(chrome)
    link = share(page, ledger)
    row = links(page).first
    press(row, "receipt.revoke")
    expect(row.get_by_role("button", name=MESSAGES["receipt.confirm.no"])).to_be_focused()
    page.keyboard.press("Escape")
    expect(row.get_by_role("button", name=MESSAGES["receipt.revoke"])).to_be_focused()
    told(row, "receipt.waiting.title")
    page.keyboard.press("Enter")
    press(row, "receipt.confirm.yes")
    told(row, "receipt.revoked.title")
    assert programs.command("look", link).returncode == 3


def test_a_server_out_of_reach_is_said_and_nothing_is_lost(chrome: Chrome, ledger: Ledger, tmp_path: Path) -> None:
    away = Service(tmp_path / "away")
    chrome.set_server(away.base)
    page = popup(chrome)
    share(page, ledger)
    away.stop()
    row = links(page).first
    expect(row.get_by_text(MESSAGES["extension.own.unreached"])).to_be_visible()
    press(row, "receipt.revoke")
    press(row, "receipt.confirm.yes")
    expect(row.get_by_role("alert").locator("visible=true")).to_have_text(MESSAGES["problem.network"])
    away.start()
    press(row, "receipt.confirm.yes")
    told(row, "receipt.revoked.title")
    away.stop()


@pytest.mark.parametrize("way", ["extension.own.forget", "extension.own.clear"])
def test_forgotten_at_will_in_every_place(chrome: Chrome, ledger: Ledger, programs: Programs, way: str) -> None:
    page = popup(chrome)
    link = share(page, ledger)
    row = links(page).first
    place = row if way == "extension.own.forget" else page.locator("#own-foot")
    press(place, way)
    press(place, f"{way}.yes")
    expect(page.get_by_text(MESSAGES["extension.own.empty"])).to_be_visible()
    identifier = LINK.search(link)[2]
    assert identifier not in json.dumps([kept(chrome), session(chrome)])
    assert programs.command("open", link).stdout == SECRET.encode(), "the link goes on working"


@pytest.mark.parametrize("way", ["extension.own.forget", "extension.own.clear", "opened"])
def test_what_was_shared_from_a_page_leaves_no_link_either(chrome: Chrome, programs: Programs, way: str) -> None:
    """Its notification would have copied it again, and brought it back into the list."""
    site = LocalSite({"/": "<!doctype html><title>notes</title>"})
    page = chrome.context.new_page()
    page.goto(f"{site.base}/")
    chrome.click_menu_item(page, "a-secret-in-a-page")
    [notice] = chrome.wait_for_notice()
    chrome.until(lambda: all(share["done"] for share in chrome.shares()))
    [share] = chrome.shares()
    identifier, key = LINK.search(share["shared"]["link"]).groups()[1:]
    if way == "opened":
        assert programs.command("open", share["shared"]["link"]).returncode == 0
        row = links(popup(chrome)).first
        told(row, "receipt.opened.title")
    else:
        window = popup(chrome)
        row = links(window).first
        press(row if way == "extension.own.forget" else window.locator("#own-foot"), way)
        press(row if way == "extension.own.forget" else window.locator("#own-foot"), f"{way}.yes")
        expect(window.get_by_text(MESSAGES["extension.own.empty"])).to_be_visible()
    chrome.until(lambda: key not in json.dumps(session(chrome)))
    listed = kept(chrome)
    chrome.evaluate("(id) => chrome.notifications.onClicked.dispatch(id)", notice["id"])
    page.wait_for_timeout(1000)  # for what must not come
    assert chrome.shares() == []
    assert key not in json.dumps(session(chrome))
    assert kept(chrome) == listed
    assert (identifier in json.dumps(listed)) == (way == "opened")
    site.close()


def test_a_list_that_another_window_changes_follows(chrome: Chrome, ledger: Ledger) -> None:
    watching = popup(chrome)
    rows = links(watching)
    expect(rows).to_have_count(0)
    share(popup(chrome), ledger)
    expect(rows).to_have_count(1)


def test_how_it_looks(chrome: Chrome, ledger: Ledger) -> None:
    page = popup(chrome)
    share(page, ledger, "to be revoked")
    share(page, ledger, "to wait", views=3)
    rows = links(page)
    press(rows.nth(1), "receipt.revoke")
    press(rows.nth(1), "receipt.confirm.yes")
    told(rows.nth(1), "receipt.revoked.title")
    press(rows.nth(0), "receipt.revoke")
    examine_everywhere(chrome, page, "own")
