"""What people do on the page, in the words of its accessible names."""

import json
import re
from pathlib import Path

from chromium import ROOT
from ledger import Ledger
from playwright.sync_api import Page, expect

# The page's own sentences: tests ask which of them is shown, not how it is worded.
MESSAGES: dict[str, str] = json.loads((ROOT / "WebUI/locales/en.json").read_text(encoding="utf-8"))

WAITING = re.compile(re.escape(MESSAGES["opened.until.text"].split("when ")[0]))
"""The server was not told yet that it arrived."""
CONFIRMED = re.compile(
    "|".join(re.escape(MESSAGES[name].split("{")[0]) for name in ("opened.gone", "opened.left", "opened.confirmed"))
)
"""It was, and answered. (That somebody else is opening it begins like that there are views left.)"""


def create(
    page: Page,
    base: str,
    ledger: Ledger,
    *,
    text: str | None = None,
    files: list[Path] | None = None,
    passphrase: str | None = None,
    views: int | None = None,
) -> str:
    """Shares through the page and answers the link."""
    page.goto(f"{base}/")
    fill(page, ledger, text=text, files=files, passphrase=passphrase, views=views)
    page.get_by_role("button", name="Create link").click()
    return created(page, ledger)


def fill(
    page: Page,
    ledger: Ledger,
    *,
    text: str | None = None,
    files: list[Path] | None = None,
    passphrase: str | None = None,
    views: int | None = None,
) -> None:
    if text is not None:
        ledger.keep_text(text)
        page.get_by_role("textbox", name="Secret").fill(text)
    if files:
        page.get_by_label("Files").set_input_files([str(file) for file in files])
    if passphrase is not None or views is not None:
        page.get_by_text("More options").click()
    if passphrase is not None:
        page.get_by_label("Passphrase").fill(ledger.keep(passphrase, "passphrase"))
    if views is not None:
        page.get_by_label("Views").fill(str(views))


def created(page: Page, ledger: Ledger) -> str:
    field = page.get_by_role("textbox", name="Link", exact=True)
    expect(field).to_be_visible()
    return ledger.keep_link(field.input_value())


def receipt_of(page: Page, ledger: Ledger) -> str:
    """The receipt's address, on the page that shows a new link."""
    return ledger.keep_link(page.get_by_label("Receipt address").input_value())


def look(page: Page, link: str) -> None:
    """Follows a link, up to the question whether to open it."""
    page.goto(link)
    expect(page.get_by_role("button", name="Open secret")).to_be_visible()


def press_open(page: Page, passphrase: str | None = None) -> None:
    if passphrase is not None:
        page.get_by_label("Passphrase").fill(passphrase)
    page.get_by_role("button", name="Open secret").click()


def open_text(page: Page, link: str, passphrase: str | None = None) -> str:
    """Opens a text through the page and answers it, once the server knows that it arrived if there is nothing but the text."""
    look(page, link)
    press_open(page, passphrase)
    return shown_text(page)


def shown_text(page: Page) -> str:
    region = page.get_by_role("region", name="Secret")
    expect(region).to_be_visible()
    unmask(page)
    text = region.evaluate("(element) => element.textContent")
    told_in_time(page)
    return text


def unmask(page: Page) -> None:
    """Short texts are masked until they are asked for."""
    show = page.locator("#contents").get_by_role("button", name=MESSAGES["opened.show"], exact=True)
    if show.count() > 0:
        show.first.click()


def open_file(page: Page, link: str, name: str, passphrase: str | None = None) -> bytes:
    """Opens a link to a file through the page, saves it, and answers its content, once the server knows that it arrived."""
    look(page, link)
    press_open(page, passphrase)
    return save(page, name)


def save(page: Page, name: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Save {name}").click()
    content = Path(download.value.path()).read_bytes()
    expect(page.locator("#contents li", has_text=name).locator(".outcome")).not_to_be_empty()
    told_in_time(page)
    return content


def told_in_time(page: Page) -> None:
    """The server is told that it arrived as soon as each text was seen and each file saved, and not before."""
    hidden = page.get_by_text(MESSAGES["opened.hidden"]).count()
    unsaved = page.locator("#contents .outcome:empty").count()
    expect(page.locator("#fate")).to_have_text(WAITING if hidden + unsaved else CONFIRMED)


def confirmed(page: Page) -> None:
    """The acknowledgement was answered: whatever is asked of the server from here on, it knows."""
    expect(page.locator("#fate")).to_have_text(CONFIRMED)


def says(page: Page, name: str, within: float | None = None) -> None:
    """The page's heading is the sentence of that name, `within` milliseconds if that may take long."""
    expect(page.get_by_role("heading", level=1, name=MESSAGES[name], exact=True)).to_be_visible(timeout=within)
