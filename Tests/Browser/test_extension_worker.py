"""The extension's service worker dies whenever Chrome likes. Nothing is lost, nothing is shared twice."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from chrome import Chrome, says
from ledger import LINK, Ledger
from localsite import LocalSite
from playwright.sync_api import Page
from programs import Programs
from wire import Wire


@pytest.fixture
def page(chrome: Chrome) -> Iterator[Page]:
    site = LocalSite({"/": "<!doctype html><title>notes</title><p id=secret>a secret</p>"})
    page = chrome.context.new_page()
    page.goto(f"{site.base}/")
    yield page
    site.close()


def is_creation(piece: bytes) -> bool:
    return piece.startswith(b"POST /api/v1/secrets")


def link_from_clipboard(chrome: Chrome, page: Page) -> str:
    """Waits for it: a worker that was started anew is not observed in time for its notification."""
    chrome.until(lambda: LINK.search(chrome.clipboard(page)) is not None)
    return chrome.clipboard(page)


def copied(chrome: Chrome) -> bool:
    return bool(chrome.shares()) and all(share["done"] for share in chrome.shares())


def test_a_worker_that_was_stopped_before_the_click(chrome: Chrome, page: Page, programs: Programs) -> None:
    chrome.evaluate("() => { globalThis.mark = true; }")
    chrome.stop_worker()
    chrome.wake_worker()
    assert chrome.evaluate("() => globalThis.mark") is None, "it is another worker"
    chrome.click_menu_item(page, "shared by a fresh worker")
    chrome.wait_for_notice()
    assert programs.command("open", chrome.clipboard(page)).stdout == b"shared by a fresh worker"


def test_stopped_while_the_answer_is_on_its_way(
    chrome: Chrome, page: Page, wire: Wire, programs: Programs, ledger: Ledger
) -> None:
    """The server has stored it: the next worker learns so under the same verifiers, and no second secret is made."""
    chrome.set_server(wire.base)
    wire.silence(is_creation)
    chrome.click_menu_item(page, "stored, but the answer was lost")
    chrome.until(lambda: wire.unanswered > 0)
    [draft] = [share["draft"] for share in chrome.shares()]
    for key in ("linkKey", "receiptKey"):
        ledger.keep(draft[key], "key")
    chrome.stop_worker()
    wire.mend()

    # Nobody helps: the offscreen document wakes the next worker.
    link = link_from_clipboard(chrome, page)
    assert link.endswith(draft["linkKey"]), "the sealing of the first worker, not another"
    chrome.until(lambda: copied(chrome))
    [share] = chrome.shares()
    assert share["id"] in chrome.notification_ids()
    assert programs.command("open", link).stdout == b"stored, but the answer was lost"


def test_stopped_before_the_server_had_it(chrome: Chrome, page: Page, wire: Wire, programs: Programs, ledger: Ledger) -> None:
    """The document beside it goes on, and the next worker hears of it: one sealing, one link."""
    chrome.set_server(wire.base)
    wire.hold(is_creation)
    chrome.click_menu_item(page, "never arrived at first")
    chrome.until(lambda: wire.held > 0)
    [draft] = [share["draft"] for share in chrome.shares()]
    for key in ("linkKey", "receiptKey"):
        ledger.keep(draft[key], "key")
    chrome.stop_worker()
    wire.cut()
    wire.mend()
    link = link_from_clipboard(chrome, page)
    assert link.endswith(draft["linkKey"])
    assert programs.command("open", link).stdout == b"never arrived at first"


def test_the_document_beside_it_dies_as_well(chrome: Chrome, page: Page, wire: Wire, programs: Programs, ledger: Ledger) -> None:
    """The server knows nothing: the next worker shares anew what was kept in the session's memory."""
    chrome.set_server(wire.base)
    wire.hold(is_creation)
    chrome.click_menu_item(page, "never arrived at first")
    chrome.until(lambda: wire.held > 0)
    [draft] = [share["draft"] for share in chrome.shares()]
    for key in ("linkKey", "receiptKey"):
        ledger.keep(draft[key], "key")
    chrome.evaluate("() => chrome.offscreen.closeDocument()")
    chrome.stop_worker()
    wire.cut()
    wire.mend()
    chrome.wake_worker()
    link = link_from_clipboard(chrome, page)
    assert not link.endswith(draft["linkKey"])
    assert programs.command("open", link).stdout == b"never arrived at first"


def test_stopped_with_two_shares_under_way(chrome: Chrome, page: Page, wire: Wire, programs: Programs) -> None:
    chrome.set_server(wire.base)
    wire.silence(is_creation)
    texts = ["one of two under way", "two of two under way"]
    chrome.click_menu_item(page, *texts)
    chrome.until(lambda: wire.unanswered > 1)
    chrome.stop_worker()
    wire.mend()
    link_from_clipboard(chrome, page)
    chrome.until(lambda: copied(chrome) and len(chrome.shares()) == 2)
    opened = [programs.command("open", share["shared"]["link"]).stdout.decode() for share in chrome.shares()]
    assert sorted(opened) == texts


def test_when_all_is_done_nothing_keeps_the_worker_awake(chrome: Chrome, page: Page) -> None:
    chrome.click_menu_item(page, "and then it may sleep")
    chrome.wait_for_notice()
    contexts = "() => chrome.runtime.getContexts({ contextTypes: ['OFFSCREEN_DOCUMENT'] })"
    chrome.until(lambda: chrome.evaluate(contexts) == [])


def test_offline_it_says_so_and_goes_on_when_asked(chrome: Chrome, page: Page, wire: Wire, programs: Programs) -> None:
    chrome.set_server(wire.base)
    wire.cut()
    chrome.click_menu_item(page, "shared at the second try")
    [notice] = chrome.wait_for_notice()
    assert says(notice, "failed.permission")
    assert urlsplit(wire.base).netloc in notice["message"]
    assert LINK.search(chrome.clipboard(page)) is None

    # Even a worker that knows nothing of it any more can be asked to try again.
    chrome.stop_worker()
    wire.mend()
    chrome.wake_worker()
    chrome.evaluate("(id) => chrome.notifications.onClicked.dispatch(id)", notice["id"])
    assert says(chrome.wait_for_notice()[0], "copied.text", "inexact")
    assert programs.command("open", chrome.clipboard(page)).stdout == b"shared at the second try"


def test_fifty_shares_at_once(chrome: Chrome, page: Page, programs: Programs) -> None:
    """All come out, each with a link of its own that opens to its own text."""
    texts = [f"number {number} of fifty secrets" for number in range(50)]
    chrome.click_menu_item(page, *texts)
    notices = chrome.wait_for_notice(50)
    assert len({notice["id"] for notice in notices}) == 50
    assert {notice["title"] for notice in notices} == {"Link copied"}
    links = chrome.own_links()
    assert len(set(links)) == 50
    assert sorted(programs.command("open", link).stdout.decode() for link in links) == sorted(texts)
    assert chrome.clipboard(page) in links


def test_fifty_shares_and_a_worker_that_is_stopped_over_and_over(chrome: Chrome, page: Page, programs: Programs) -> None:
    """Between a click and its result, and between two results."""
    texts = [f"number {number} of fifty secrets" for number in range(50)]
    chrome.click_menu_item(page, *texts)
    chrome.until(lambda: len(chrome.shares()) == 50)
    for _ in range(4):
        before = len(chrome.own_links())
        chrome.stop_worker()
        chrome.wake_worker()
        chrome.until(lambda before=before: len(chrome.own_links()) > min(before, 49))
    chrome.until(lambda: copied(chrome))
    links = chrome.own_links()
    assert sorted(programs.command("open", link).stdout.decode() for link in links) == sorted(texts)
