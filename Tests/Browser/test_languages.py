"""Which language a reader gets, how they choose another, and that every page follows without losing anything."""

from collections.abc import Callable
from pathlib import Path

import pytest
from appearance import examine
from catalogues import CATALOGUES, RIGHT_TO_LEFT, choose, english_left
from ledger import Ledger
from playwright.sync_api import BrowserContext, Page, expect
from programs import Programs
from service import Service
from steps import create, fill, look, open_text, press_open, receipt_of, says, shown_text, told_in_time

SECRET = "Server: db.example.org\nPassword: Rohrpost-7-Kranich"
NARROWEST = {"width": 320, "height": 568}
CHOICE = "() => localStorage.getItem('keylink-language')"


def heading(page: Page, tag: str, key: str) -> None:
    expect(page.get_by_role("heading", level=1, name=CATALOGUES[tag][key], exact=True)).to_be_visible()


def speaks(page: Page, tag: str) -> None:
    """All that is seen is in that language, and runs in its direction."""
    expect(page.locator("html")).to_have_attribute("lang", tag)
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if tag in RIGHT_TO_LEFT else "ltr")
    assert english_left(page, tag) == []


PICKED = {"ar-EG": "ar", "pl-PL": "pl", "zh-HK": "zh-Hant", "zh-CN": "zh-Hans", "pt-PT": "pt-BR", "nn-NO": "nb", "eu": "en"}


@pytest.mark.parametrize(("locale", "tag"), PICKED.items())
def test_the_browsers_language_is_spoken(visitor: Callable[..., BrowserContext], service: Service, locale: str, tag: str) -> None:
    page = visitor(locale=locale).new_page()
    page.goto(f"{service.base}/")
    heading(page, tag, "create.title")
    expect(page.locator(".languages select")).to_have_value(tag)
    assert page.title() == CATALOGUES[tag]["create.document"]
    if tag != "en":
        speaks(page, tag)


def test_another_language_loses_nothing_and_is_remembered(page: Page, service: Service, ledger: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "kept.txt"
    file.write_bytes(b"kept")
    page.goto(f"{service.base}/")
    fill(page, ledger, text=SECRET, files=[file], passphrase="correct horse battery", views=3)
    choose(page, "ar")
    heading(page, "ar", "create.title")
    speaks(page, "ar")
    expect(page.locator("#secret")).to_have_value(SECRET)
    expect(page.locator("#passphrase")).to_have_value("correct horse battery")
    expect(page.locator("#views")).to_have_value("3")
    expect(page.locator("#file-list bdi")).to_have_text("kept.txt")

    page.get_by_role("button", name=CATALOGUES["ar"]["create.submit"]).click()
    heading(page, "ar", "shared.title")
    link = ledger.keep_link(page.locator("#link").input_value())
    ledger.keep_link(page.locator("#receipt").input_value())
    choose(page, "pl")
    heading(page, "pl", "shared.title")
    speaks(page, "pl")
    expect(page.locator("#link")).to_have_value(link)

    other = page.context.new_page()
    other.goto(link)
    heading(other, "pl", "open.title")
    speaks(other, "pl")

    choose(other, "en")
    assert other.evaluate(CHOICE) is None, "what the browser asks for anyway is no choice"
    other.close(run_before_unload=False)


def test_a_choice_lasts_as_long_as_the_page_where_storage_is_refused(
    visitor: Callable[..., BrowserContext], service: Service
) -> None:
    context = visitor()
    context.add_init_script(
        """Object.defineProperty(globalThis, "localStorage", {
            get() { throw new DOMException("refused by the reader's settings", "SecurityError"); },
        });"""
    )
    page = context.new_page()
    page.goto(f"{service.base}/")
    choose(page, "ar")
    heading(page, "ar", "create.title")
    page.reload()
    heading(page, "en", "create.title")


def test_a_language_that_cannot_be_loaded_changes_nothing(page: Page, service: Service) -> None:
    page.goto(f"{service.base}/")
    page.route("**/locales/ar*.json", lambda route: route.abort("connectionfailed"))
    control = page.locator(".languages select")
    control.select_option("ar")
    expect(page.get_by_role("alert").locator("visible=true")).to_have_text(
        CATALOGUES["en"]["language.failed"].replace("{language}", "\u2068العربية\u2069")
    )
    expect(control).to_have_value("en")
    assert page.evaluate(CHOICE) is None
    page.unroute("**/locales/ar*.json")
    choose(page, "ar")
    heading(page, "ar", "create.title")
    expect(page.get_by_role("alert").locator("visible=true")).to_have_count(0)


def test_an_opened_secret_stays_while_the_language_changes(page: Page, programs: Programs, tmp_path: Path) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse battery")
    link = programs.share_text(SECRET, "--passphrase-file", str(passphrase))["link"]
    look(page, link)
    press_open(page, "incorrect horse")
    expect(page.get_by_role("alert").locator("visible=true")).to_have_count(1)
    choose(page, "ar")
    expect(page.locator("#passphrase")).to_have_value("incorrect horse")
    speaks(page, "ar")
    choose(page, "en")
    press_open(page, "correct horse battery")
    assert shown_text(page) == SECRET
    choose(page, "ar")
    expect(page.locator("#contents pre")).to_have_text(SECRET)
    speaks(page, "ar")


def test_what_ended_is_told_in_the_language_chosen_last(
    page: Page, visitor: Callable[..., BrowserContext], programs: Programs
) -> None:
    shared = programs.share_text(SECRET)
    page.goto(shared["link"][:-3])
    says(page, "ended.cut.title")
    choose(page, "ar")
    speaks(page, "ar")
    assert open_text(visitor().new_page(), shared["link"]) == SECRET
    page.goto(shared["link"])
    heading(page, "ar", "ended.opened.title")
    choose(page, "pl")
    speaks(page, "pl")
    page.goto(shared["receiptLink"])
    heading(page, "pl", "receipt.opened.title")
    choose(page, "ar")
    speaks(page, "ar")


def test_right_to_left(visitor: Callable[..., BrowserContext], service: Service, ledger: Ledger, tmp_path: Path) -> None:
    page = visitor(locale="ar").new_page()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{service.base}/")
    heading(page, "ar", "create.title")
    brand = page.locator(".brand").bounding_box()
    assert brand is not None and brand["x"] > 640, "the page begins on the right"
    (tmp_path / "contract (signed).pdf").write_bytes(bytes(2_400_000))
    page.locator("#secret").fill(ledger.keep_text(SECRET))
    page.locator("#files").set_input_files([tmp_path / "contract (signed).pdf"])
    page.locator("#more summary").click()
    examine(page, "arabic-create")
    page.locator("#form button[type=submit]").click()
    heading(page, "ar", "shared.title")
    link = ledger.keep_link(page.locator("#link").input_value())
    ledger.keep_link(page.locator("#receipt").input_value())
    assert page.locator("#link").evaluate("(field) => getComputedStyle(field).direction") == "ltr"
    examine(page, "arabic-created")
    page.context.close()

    page = visitor(locale="ar").new_page()
    page.goto(link)
    heading(page, "ar", "open.title")
    examine(page, "arabic-open")
    page.locator("#form button[type=submit]").click()
    heading(page, "ar", "opened.title")
    page.locator("#contents .reveal").click()
    with page.expect_download():
        page.locator("#contents .save").click()
    expect(page.locator("#fate")).to_have_text(CATALOGUES["ar"]["opened.gone"])
    examine(page, "arabic-opened")
    page.goto(f"{service.base}/threat-model.html")
    heading(page, "ar", "trust.title")
    examine(page, "arabic-threat-model")


# Between any two of their characters a line may end.
UNSPACED = ("ja", "th", "zh-Hans", "zh-Hant")
# Words that stand on two lines, though nothing in them says that they may be parted there.
TORN = """() => {
    const torn = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        const holder = text.parentElement;
        if (!holder.checkVisibility() || holder.closest("textarea, select, pre, .exact")) continue;
        for (const { index, 0: word } of text.data.matchAll(/[\\p{L}\\p{M}\\p{N}]+/gu)) {
            const range = new Range();
            range.setStart(text, index);
            range.setEnd(text, index + word.length);
            const tops = [...range.getClientRects()].map(({ top }) => top);
            if (Math.max(...tops) - Math.min(...tops) > 8) torn.push(word);
        }
    }
    return torn;
}"""


@pytest.mark.parametrize("place", ["create", "shared", "open", "opened", "ended", "receipt", "trust"])
def test_every_language_fits_the_narrowest_screen(
    page: Page, service: Service, programs: Programs, ledger: Ledger, tmp_path: Path, place: str
) -> None:
    page.set_viewport_size(NARROWEST)
    if place == "create":
        page.goto(f"{service.base}/")
        page.locator("#more summary").click()
    elif place == "shared":
        create(page, service.base, ledger, text=SECRET)
        receipt_of(page, ledger)
        page.locator("#shared summary").first.click()
    elif place == "open":
        look(page, programs.share_text(SECRET)["link"])
    elif place == "opened":
        for name in ("one.txt", "two.txt"):
            (tmp_path / name).write_text("looked at")
        look(page, programs.share(str(tmp_path / "one.txt"), str(tmp_path / "two.txt"))["link"])
        press_open(page)
        says(page, "opened.title")
        told_in_time(page)
    elif place == "ended":
        page.goto(programs.share_text(SECRET)["link"].split("#")[0])
        says(page, "ended.noKey.title")
    elif place == "receipt":
        page.goto(programs.share_text(SECRET)["receiptLink"])
        says(page, "receipt.waiting.title")
        page.locator("#revoke").click()
    else:
        page.goto(f"{service.base}/threat-model.html")
        says(page, "trust.title")
    wrong = []
    for tag in CATALOGUES:
        choose(page, tag)
        overflow = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        if overflow > 0:
            wrong.append(f"{tag}: {overflow} px too wide")
        if tag not in UNSPACED:
            wrong += [f"{tag}: {word} is torn" for word in page.evaluate(TORN)]
        if tag != "en":
            wrong += [f"{tag}: {text}" for text in english_left(page, tag)]
    assert wrong == []
