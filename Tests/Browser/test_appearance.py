"""Every state of the pages: axe finds nothing, nothing runs off the screen, and there is a picture to look at."""

from collections.abc import Callable
from pathlib import Path

from appearance import examine
from ledger import Ledger
from playwright.sync_api import BrowserContext, Page, expect
from programs import Programs
from service import Service
from steps import MESSAGES, create, fill, look, open_text, press_open, receipt_of, says, shown_text, told_in_time

SECRET = "Server: db.example.org\nUser:   report\nPassword: Rohrpost-7-Kranich"


def files(folder: Path) -> list[Path]:
    (folder / "contract 2026 (signed).pdf").write_bytes(bytes(2_400_000))
    (folder / "a-name-that-is-long-enough-to-need-two-lines-on-a-phone-and-then-some-more.tar.gz").write_bytes(bytes(900))
    return sorted(folder.iterdir())


def test_sharing(page: Page, service: Service, ledger: Ledger, tmp_path: Path) -> None:
    page.goto(f"{service.base}/")
    says(page, "create.title")
    examine(page, "create")
    page.get_by_role("button", name="Create link").click()
    examine(page, "create-empty")
    fill(page, ledger, text=SECRET, files=files(tmp_path), passphrase="correct horse battery", views=3)
    examine(page, "create-filled")
    page.get_by_role("button", name="Create link").click()
    says(page, "shared.title")
    examine(page, "created")
    page.get_by_text(MESSAGES["shared.receipt"], exact=True).click()
    examine(page, "created-receipt")


def test_working(page: Page, service: Service, ledger: Ledger) -> None:
    page.goto(f"{service.base}/")
    fill(page, ledger, text=SECRET)
    page.route("**/api/v1/secrets?*", lambda route: route.abort("connectionfailed"))
    page.get_by_role("button", name="Create link").click()
    says(page, "working.waiting")
    examine(page, "working-waiting")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alert").locator("visible=true")).to_have_text(MESSAGES["create.stopped"])


def test_opening(page: Page, programs: Programs, tmp_path: Path) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse battery")
    link = programs.share_text(SECRET, "--passphrase-file", str(passphrase))["link"]
    look(page, link)
    examine(page, "open")
    press_open(page, "incorrect horse")
    expect(page.get_by_text(MESSAGES["open.wrongPassphrase"])).to_be_visible()
    examine(page, "open-wrong-passphrase")
    press_open(page, "correct horse battery")
    shown_text(page)
    examine(page, "opened")


def test_opened_files(page: Page, programs: Programs, tmp_path: Path) -> None:
    link = programs.share(*map(str, files(tmp_path)))["link"]
    look(page, link)
    press_open(page)
    says(page, "opened.title")
    told_in_time(page)
    examine(page, "opened-files")


def test_gone(page: Page, visitor: Callable[..., BrowserContext], programs: Programs) -> None:
    shared = programs.share_text(SECRET)
    page.goto(shared["link"].split("#")[0])
    says(page, "ended.noKey.title")
    examine(page, "gone-no-key")
    open_text(visitor().new_page(), shared["link"])
    page.goto(shared["link"])
    says(page, "ended.opened.title")
    examine(page, "gone-opened")
    page.goto(shared["receiptLink"])
    says(page, "receipt.opened.title")
    examine(page, "receipt-opened")


def test_receipt(page: Page, service: Service, ledger: Ledger) -> None:
    create(page, service.base, ledger, text=SECRET, views=2)
    page.goto(receipt_of(page, ledger))
    says(page, "receipt.waiting.title")
    examine(page, "receipt-waiting")
    page.get_by_role("button", name="Revoke", exact=True).click()
    examine(page, "receipt-revoking")
    page.get_by_role("button", name=MESSAGES["receipt.confirm.yes"]).click()
    says(page, "receipt.revoked.title")
    examine(page, "receipt-revoked")


def test_what_the_server_can_see(page: Page, service: Service) -> None:
    page.goto(f"{service.base}/")
    page.get_by_role("link", name=MESSAGES["threatModel.link"]).click()
    says(page, "trust.title")
    examine(page, "threat-model")
