"""A text that was opened: masked, shown as it is, copied, taken off the clipboard again; however long or hostile."""

import time
from collections.abc import Callable

import pytest
from appearance import LANGUAGES, examine
from playwright.sync_api import BrowserContext, Page, expect
from programs import Programs
from steps import MESSAGES, look, press_open, shown_text, unmask

PASSWORD = "Rohrpost-7-Kranich  two spaces"


def opened(page: Page, programs: Programs, text: str) -> None:
    look(page, programs.share_as_text(text))
    press_open(page)
    expect(page.get_by_role("region", name="Secret")).to_be_visible()


def test_a_short_text_is_masked_until_it_is_asked_for(page: Page, programs: Programs) -> None:
    opened(page, programs, PASSWORD)
    region = page.get_by_role("region", name="Secret")
    expect(region).to_contain_text(MESSAGES["opened.hidden"])
    assert PASSWORD not in page.content(), "neither for eyes nor for a screen reader"
    examine(page, "opened-masked")
    page.get_by_role("button", name=MESSAGES["opened.show"], exact=True).click()
    expect(region).to_be_focused()
    assert region.evaluate("(element) => element.textContent") == PASSWORD
    examine(page, "opened-shown")
    page.get_by_role("button", name=MESSAGES["opened.hide"], exact=True).click()
    assert PASSWORD not in page.content()


def test_monospace_and_wrapping_on_demand(page: Page, programs: Programs) -> None:
    text = "\n".join(f"A letter of some length, line {number}. " * 8 for number in range(20))
    opened(page, programs, text)
    region = page.get_by_role("region", name="Secret")
    font = "(element) => getComputedStyle(element).fontFamily"
    prose = region.evaluate(font)
    exact = page.get_by_role("button", name=MESSAGES["opened.exact"])
    expect(exact).to_have_attribute("aria-pressed", "false")
    exact.click()
    expect(exact).to_have_attribute("aria-pressed", "true")
    assert region.evaluate(font) != prose
    overflow = "(element) => element.scrollWidth - element.clientWidth"
    assert region.evaluate(overflow) <= 0
    wrap = page.get_by_role("button", name=MESSAGES["opened.wrapped"])
    wrap.press("Space")
    expect(wrap).to_have_attribute("aria-pressed", "false")
    assert region.evaluate(overflow) > 0
    assert region.evaluate("(element) => element.textContent") == text
    examine(page, "opened-letter")


def test_the_clipboard_is_emptied_after_a_minute(visitor: Callable[..., BrowserContext], programs: Programs) -> None:
    page = visitor(permissions=["clipboard-read", "clipboard-write"]).new_page()
    page.clock.install()
    opened(page, programs, PASSWORD)
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_text(MESSAGES["opened.copied"])).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == PASSWORD
    page.clock.fast_forward("01:01")
    expect(page.get_by_text(MESSAGES["opened.copied.emptied"])).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == ""


def test_what_was_copied_since_is_left_alone(visitor: Callable[..., BrowserContext], programs: Programs) -> None:
    page = visitor(permissions=["clipboard-read", "clipboard-write"]).new_page()
    page.clock.install()
    opened(page, programs, PASSWORD)
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_text(MESSAGES["opened.copied"])).to_be_visible()
    page.evaluate("() => navigator.clipboard.writeText('a recipe')")
    page.clock.fast_forward("01:01")
    expect(page.get_by_text(MESSAGES["opened.copied.replaced"])).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == "a recipe"


def test_a_clipboard_that_cannot_be_read_is_emptied_by_hand(visitor: Callable[..., BrowserContext], programs: Programs) -> None:
    page = visitor(permissions=["clipboard-read", "clipboard-write"]).new_page()
    # As in browsers that never let a page read, and with the reader elsewhere meanwhile.
    page.add_init_script("navigator.permissions.query = async () => { throw new TypeError('unknown'); };")
    page.clock.install()
    opened(page, programs, PASSWORD)
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_text(MESSAGES["opened.copied"])).to_be_visible()
    page.evaluate("() => window.dispatchEvent(new Event('blur'))")
    page.clock.fast_forward("01:01")
    expect(page.get_by_text(MESSAGES["opened.copied.unsure"])).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == PASSWORD, "it might have been something else"
    examine(page, "opened-clipboard")
    page.get_by_role("button", name=MESSAGES["opened.empty"]).click()
    expect(page.get_by_text(MESSAGES["opened.copied.emptied"])).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == ""


LINES = "".join(f"{number:06d}  some text on a line of its own\n" for number in range(100_000))
LONG_LINE = "five million characters and not one line break " * 106_383


@pytest.mark.parametrize(("name", "text"), [("lines", LINES), ("line", LONG_LINE), ("blank", "\n" * 1_000_000)])
def test_enormous_texts_stay_usable(page: Page, programs: Programs, name: str, text: str) -> None:
    opened(page, programs, text)
    assert shown_text(page) == text
    started = time.monotonic()
    region = page.get_by_role("region", name="Secret")
    region.evaluate("(element) => { element.scrollTop = element.scrollHeight / 2; }")
    page.get_by_role("button", name=MESSAGES["opened.wrapped"]).click()
    page.get_by_role("button", name=MESSAGES["opened.exact"]).click()
    region.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    print(f"{name}: {len(text)} characters, scrolled and laid out anew in {time.monotonic() - started:.2f} s")
    expect(page.get_by_text(MESSAGES["opened.longLine"])).to_be_visible(visible=name == "line")
    if name != "blank":
        # What is enormous here is the secret, in whatever language the page is.
        examine(page, f"opened-{name}", LANGUAGES[:1])


def test_a_selection_is_copied_as_it_is_stored(visitor: Callable[..., BrowserContext], programs: Programs) -> None:
    page = visitor(permissions=["clipboard-read", "clipboard-write"]).new_page()
    text = "".join(f"{number}\t two  spaces \n\n" for number in range(3000)) + "x" * 40_000
    opened(page, programs, text)
    region = page.get_by_role("region", name="Secret")
    region.evaluate("(element) => getSelection().selectAllChildren(element)")
    page.keyboard.press("Control+c")
    assert page.evaluate("() => navigator.clipboard.readText()") == text


HOSTILE = {
    "script": "<script>document.title = 'run'</script><img src=x onerror=\"document.title='run'\"><svg onload=alert(1)>",
    "bidi": "pay to \u202e4321 elcyc\u202c and \u2066isolated\u2069 \u202dleft\u202c",
    "controls": "bell \x07, escape \x1b[31mred, null \x00, backspace \x08, line\u2028and paragraph\u2029 separators, \ufeffmark",
    "combining": "z" + "\u0351\u0489" * 2000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_texts_are_only_text(page: Page, programs: Programs, kind: str) -> None:
    opened(page, programs, HOSTILE[kind])
    unmask(page)
    region = page.get_by_role("region", name="Secret")
    assert region.evaluate("(element) => [element.textContent, element.childElementCount]") == [HOSTILE[kind], 0]
    assert page.title() == MESSAGES["opened.document"]
    expect(page.get_by_text(MESSAGES["opened.reorders"])).to_be_visible(visible=kind == "bidi")
    examine(page, f"hostile-{kind}")
