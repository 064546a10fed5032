"""The extension in a real window: the menu that a mouse opens, the keys that a hand presses, and the browser's own question."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chrome import Chrome
from ledger import LINK, Ledger
from localsite import Answer, LocalSite
from ownpages import come_up, kept
from playwright.sync_api import Page, Playwright, expect
from programs import Programs
from screen import Screen
from service import Service
from steps import MESSAGES, press_open, shown_text

SECRET = "first line of a key\nits second, indented:    pässwörd 🗝"
PAGES = {"/": f"<!doctype html><title>notes</title><pre id=secret>{SECRET}</pre>"}

# Of the page's upper left corner, on the screen.
CORNER = "() => [screenX + (outerWidth - innerWidth) / 2, screenY + outerHeight - innerHeight]"
MIDDLE = "() => [screenX + outerWidth / 2, screenY + outerHeight - innerHeight / 2]"


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    screen = Screen(tmp_path)
    yield screen
    screen.close()


@pytest.fixture
def chrome(
    playwright: Playwright, tmp_path: Path, extension: Path, service: Service, ledger: Ledger, screen: Screen
) -> Iterator[Chrome]:
    chrome = Chrome(playwright, tmp_path / "profile", extension, ledger, screen=screen)
    chrome.set_server(service.base)
    yield chrome
    chrome.close()


@pytest.fixture
def page(chrome: Chrome) -> Iterator[Page]:
    site = LocalSite(PAGES)
    page = chrome.context.new_page()
    page.goto(f"{site.base}/")
    chrome.select(page, "#secret")
    yield page
    site.close()


def choose_from_menu(
    chrome: Chrome, screen: Screen, page: Page, find: Callable[[], tuple[float, float]], done: Callable[[], bool]
) -> None:
    """With the right button on the selection, and then by the keyboard. Again where it did not come to what is waited for:
    a slow machine opens the menu before the extension has put its item there, or misses a click while it draws the page."""

    def chosen() -> bool:
        at = find()
        before = screen.windows()
        screen.click(*at, button=3)
        if not come_to(page, lambda: screen.windows() > before):
            return False
        # From its end: what a developer inspects with, and before that what extensions have to offer.
        screen.press("Up", "Up", "Return")
        return come_to(page, done)

    chrome.until(lambda: "selection" in chrome.menu())
    chrome.until(chosen, tries=10)


def come_to(page: Page, condition: Callable[[], bool]) -> bool:
    for _ in range(50):
        if condition():
            return True
        page.wait_for_timeout(100)
    return False


def link_on_clipboard(chrome: Chrome, page: Page) -> str | None:
    found = chrome.clipboard(page)
    return found if LINK.search(found) else None


def test_the_menu_under_the_right_button(chrome: Chrome, page: Page, screen: Screen, programs: Programs) -> None:
    def find() -> tuple[float, float]:
        box = page.locator("#secret").bounding_box()
        left, top = page.evaluate(CORNER)
        return left + box["x"] + 20, top + box["y"] + 5

    choose_from_menu(chrome, screen, page, find, lambda: link_on_clipboard(chrome, page) is not None)
    opened = programs.command("open", link_on_clipboard(chrome, page))
    assert (opened.returncode, opened.stdout) == (0, SECRET.encode())


def pdf(line: str) -> bytes:
    """A page full of one line, so that one of them is wherever it is clicked."""
    text = "BT /F1 40 Tf 46 TL 30 760 Td " + f"({line}) Tj T* " * 16 + "ET"
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(text)}>>stream\n{text}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Courier>>",
    ]
    # Without a table of where they stand: viewers look for them.
    body = "".join(f"{number} 0 obj\n{text}\nendobj\n" for number, text in enumerate(objects, 1))
    return f"%PDF-1.4\n{body}trailer<</Size 6/Root 1 0 R>>\n%%EOF\n".encode()


def test_a_line_in_the_pdf_viewer(chrome: Chrome, page: Page, screen: Screen, programs: Programs) -> None:
    """Chrome lets no script into its viewer, and tells what is selected there all the same."""
    site = LocalSite({"/contract.pdf": Answer(pdf("correct horse battery"), "application/pdf")})
    viewer = chrome.context.new_page()
    viewer.goto(f"{site.base}/contract.pdf")

    def find() -> tuple[float, float]:
        viewer.bring_to_front()
        at = viewer.evaluate(MIDDLE)
        screen.click(*at, times=3)
        return at

    choose_from_menu(chrome, screen, viewer, find, lambda: link_on_clipboard(chrome, page) is not None)
    opened = programs.command("open", link_on_clipboard(chrome, page))
    assert (opened.returncode, opened.stdout) == (0, b"correct horse battery")
    site.close()


def test_the_keys(chrome: Chrome, page: Page, screen: Screen, programs: Programs) -> None:
    screen.press("alt+shift+s")
    chrome.until(lambda: link_on_clipboard(chrome, page) is not None)
    opened = programs.command("open", link_on_clipboard(chrome, page))
    assert (opened.returncode, opened.stdout) == (0, SECRET.encode())


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Service]:
    """A server that answers no page of another origin: only the browser's leave leads there."""
    service = Service(tmp_path / "closed", "--cors-origin", "https://keylink.example.org")
    yield service
    service.stop()


def set_server(page: Page, screen: Screen, base: str, keys: list[str], done: Callable[[], bool]) -> None:
    """With these keys for the browser's question, which is in no document. It may be a moment on its way: a key before it does
    nothing on a page that waits for the answer, and one between the two may have refused."""
    submit = page.get_by_role("button", name=MESSAGES["extension.options.servers.submit"])
    page.get_by_label(MESSAGES["extension.options.servers.add"]).fill(base)
    submit.click()

    def answered() -> bool:
        screen.press(*keys)
        if come_to(page, done):
            return True
        if page.locator("#help").is_visible():
            submit.click()
        return False

    assert any(answered() for _ in range(5)), "the question was not answered"


def leaves(chrome: Chrome) -> list[str]:
    return chrome.evaluate("async () => (await chrome.permissions.getAll()).origins")


def test_the_browsers_question_as_a_server_is_set(
    chrome: Chrome, page: Page, screen: Screen, closed: Service, ledger: Ledger, tmp_path: Path
) -> None:
    """Refused, nothing is set. Allowed, a server that answers nobody else is shared to, and its links open here, always."""
    (tmp_path / "runs").mkdir()
    programs = Programs(tmp_path / "runs", closed.base, ledger)
    chrome.evaluate("() => chrome.storage.local.clear()")
    options = come_up(chrome, "options/options.html")
    problem = options.locator("#address-problem")
    host = closed.base.removeprefix("http://")
    set_server(options, screen, closed.base, ["Return"], lambda: problem.text_content() != "")
    expect(problem).to_have_text(MESSAGES["extension.unanswered"].format(host=host))
    assert (leaves(chrome), kept(chrome)) == ([], {})

    set_server(options, screen, closed.base, ["shift+Tab", "Return"], lambda: leaves(chrome) != [])
    expect(options.get_by_role("radio", name=closed.base)).to_be_checked()
    assert leaves(chrome) == ["http://127.0.0.1/*"], "for this host, and no other"
    chrome.click_menu_item(page, "shared by the browser's leave")
    chrome.wait_for_notice()
    assert programs.command("open", chrome.clipboard(page)).stdout == b"shared by the browser's leave"

    # There is no second question: the leave is there.
    options.bring_to_front()
    options.get_by_role("checkbox", name=MESSAGES["extension.options.open.always"]).check()
    chrome.until(lambda: len(chrome.evaluate("() => chrome.declarativeNetRequest.getDynamicRules()")) == 1)
    page.goto(programs.share_text(SECRET)["link"])
    assert page.url.startswith(f"chrome-extension://{chrome.id}/open/open.html")
    press_open(page)
    assert shown_text(page) == SECRET

    options.bring_to_front()
    unanswered = MESSAGES["extension.options.servers.unanswered"]
    set_server(options, screen, "http://localhost:9", ["shift+Tab", "Return"], lambda: problem.text_content() == unanswered)
    chrome.until(lambda: leaves(chrome) == ["http://127.0.0.1/*"])  # what was not set has none
