"""The receipt: every state in its own sentence, by itself, and seldom enough."""

import json
from collections.abc import Callable

import pytest
from appearance import examine
from ledger import Ledger
from playwright.sync_api import BrowserContext, Page, Route, expect
from programs import Programs
from service import Service
from steps import MESSAGES, create, look, open_text, press_open, receipt_of, says, shown_text

SECRET = "Rohrpost-7-Kranich"
BEGUN: dict[str, object] = {"views": 3, "viewsLeft": 2, "ended": True}
HIDDEN = """(hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def events(page: Page) -> list[str | None]:
    return [row.get_attribute("data-what") for row in page.locator("#events li").all()]


def test_it_follows_what_happens(page: Page, visitor: Callable[..., BrowserContext], service: Service, ledger: Ledger) -> None:
    link = create(page, service.base, ledger, text=SECRET, passphrase="correct horse", views=2)
    receipt = receipt_of(page, ledger)
    sender = visitor().new_page()
    sender.goto(receipt)
    says(sender, "receipt.waiting.title")
    assert events(sender) == ["created"]

    reader = visitor().new_page()
    look(reader, link)
    press_open(reader, "incorrect horse")
    expect(reader.get_by_text(MESSAGES["open.wrongPassphrase"])).to_be_visible()
    sender.get_by_role("button", name=MESSAGES["receipt.look"]).click()
    expect(sender.locator("#failed-warning")).to_contain_text("A wrong passphrase was tried once.")
    examine(sender, "receipt-failed")

    press_open(reader, "correct horse")
    assert shown_text(reader) == SECRET
    sender.get_by_role("button", name=MESSAGES["receipt.look"]).click()
    expect(sender.get_by_role("heading", level=1)).to_have_text("Opened once, and still open")
    assert events(sender) == ["created", "failed", "claimed", "acknowledged"]
    examine(sender, "receipt-partly")

    assert open_text(visitor().new_page(), link, "correct horse") == SECRET
    says(sender, "receipt.opened.title")
    expect(sender.locator("#state-text")).to_contain_text("opened 2 times")
    expect(sender.get_by_role("button", name="Revoke")).to_have_count(0)


def test_revoking_asks_first(page: Page, visitor: Callable[..., BrowserContext], programs: Programs) -> None:
    shared = programs.share_text(SECRET)
    page.goto(shared["receiptLink"])
    revoke = page.get_by_role("button", name=MESSAGES["receipt.revoke"], exact=True)
    keep = page.get_by_role("button", name=MESSAGES["receipt.confirm.no"])
    revoke.click()
    expect(keep).to_be_focused()
    page.keyboard.press("Escape")
    expect(revoke).to_be_focused()
    revoke.press("Enter")
    page.route("**/api/v1/secrets/*", lambda route: route.abort("connectionfailed"))
    page.get_by_role("button", name=MESSAGES["receipt.confirm.yes"]).click()
    expect(page.get_by_role("alert").locator("visible=true")).to_have_text(MESSAGES["problem.network"])
    page.unroute("**/api/v1/secrets/*")
    page.get_by_role("button", name=MESSAGES["receipt.confirm.yes"]).click()
    says(page, "receipt.revoked.title")
    expect(page.locator("#state-text")).to_contain_text("Nobody had opened it")
    reader = visitor().new_page()
    reader.goto(shared["link"])
    says(reader, "ended.revoked.title")


@pytest.mark.parametrize(
    ("told", "changes"),
    [
        ("claimed", {"state": "claimed", "viewsLeft": 0, "events": ["created", "claimed"]}),
        ("lapsed", {"state": "opened", "viewsLeft": 0, "ended": True, "events": ["created", "claimed", "lapsed"]}),
        ("expired", {"state": "expired", "ended": True, "events": ["created", "expired"]}),
        ("opening", {"views": 3, "viewsLeft": 2, "events": ["created", "claimed"]}),
        ("unfinished", {"views": 3, "viewsLeft": 2, "events": ["created", "claimed", "lapsed"]}),
        ("expiredBegun", BEGUN | {"state": "expired", "events": ["created", "claimed", "lapsed", "expired"]}),
        ("revokedBegun", BEGUN | {"state": "revoked", "events": ["created", "claimed", "revoked"]}),
    ],
)
def test_states_that_take_minutes_to_come(page: Page, programs: Programs, told: str, changes: dict[str, object]) -> None:
    """The server's own answer with what time would have made of it."""

    def later(route: Route) -> None:
        answer = route.fetch()
        receipt = answer.json()
        at = receipt["createdAt"]
        kinds = changes["events"]
        assert isinstance(kinds, list)
        receipt |= {key: value for key, value in changes.items() if key in receipt}
        receipt["events"] = [{"at": at, "what": what} for what in kinds]
        receipt["endedAt"] = at if changes.get("ended") else None
        route.fulfill(response=answer, body=json.dumps(receipt))

    page.route("**/receipt", later)
    page.goto(programs.share_text(SECRET)["receiptLink"])
    says(page, f"receipt.{told}.title")
    assert events(page) == changes["events"]
    expect(page.locator("#refreshed")).to_be_visible(visible=not changes.get("ended"))
    examine(page, f"receipt-{told}")


def test_who_is_still_at_it_has_not_opened_it(page: Page, programs: Programs) -> None:
    """Two views of three are taken: one arrived, the other is on its way."""
    shared = programs.share_text(SECRET, "--views", "3")
    assert programs.reference("open", shared["link"]).stdout == SECRET.encode()

    def running(route: Route) -> None:
        answer = route.fetch()
        receipt = answer.json()
        receipt["viewsLeft"] -= 1
        receipt["events"].append({"at": receipt["createdAt"], "what": "claimed"})
        route.fulfill(response=answer, body=json.dumps(receipt))

    page.route("**/receipt", running)
    page.goto(shared["receiptLink"])
    expect(page.locator("#state-title")).to_have_text("Opened once, and still open")
    expect(page.locator("#views")).to_have_text("2 of 3 used")


def test_it_looks_ever_more_seldom_and_only_while_it_is_seen(page: Page, programs: Programs) -> None:
    shared = programs.share_text(SECRET)
    page.clock.install()
    page.goto(shared["receiptLink"])
    says(page, "receipt.waiting.title")

    def looks(seconds: int) -> int:
        before = page.context.watch.count("GET", "/receipt")
        for _ in range(seconds):
            page.clock.run_for(1000)
            page.evaluate("() => fetch('../mark.svg').then((answer) => answer.blob())")  # as long as an answer takes
        return page.context.watch.count("GET", "/receipt") - before

    assert 3 <= looks(60) <= 8
    page.evaluate(HIDDEN, True)
    assert looks(600) == 0
    with page.expect_request("**/receipt"):
        page.evaluate(HIDDEN, False)


def test_a_server_that_is_away_is_said(page: Page, programs: Programs, service: Service) -> None:
    shared = programs.share_text(SECRET)
    page.goto(shared["receiptLink"])
    says(page, "receipt.waiting.title")
    page.route("**/receipt", lambda route: route.abort("connectionfailed"))
    page.get_by_role("button", name=MESSAGES["receipt.look"]).click()
    expect(page.locator("#refreshed")).to_contain_text(MESSAGES["receipt.stale"].split("{")[0].strip())
    says(page, "receipt.waiting.title")
    page.unroute("**/receipt")
    page.evaluate("() => dispatchEvent(new Event('online'))")
    expect(page.locator("#refreshed")).to_contain_text(MESSAGES["receipt.refreshes"].split("{")[0].strip())
