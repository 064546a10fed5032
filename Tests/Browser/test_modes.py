"""What readers and their systems have set: no scripts, an old browser, colours of their own, no motion, large type, a wall."""

from collections.abc import Callable

import pytest
from appearance import SCREENSHOTS, problems
from playwright.sync_api import Browser, BrowserContext, Page, expect
from programs import Programs
from service import Service
from steps import MESSAGES, look, press_open, says, shown_text

PAGES = ["", "s/AAAAAAAAAAAAAAAAAAAAAA", "r/AAAAAAAAAAAAAAAAAAAAAA", "threat-model.html"]


@pytest.mark.parametrize("path", PAGES)
def test_without_scripts_a_sentence_says_what_is_missing(browser: Browser, service: Service, path: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{service.base}/{path}")
    expect(page.locator("noscript .problem")).to_be_visible()
    expect(page.locator("noscript .problem")).to_contain_text("JavaScript")
    expect(page.locator("#unready")).to_be_hidden()
    context.close()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("missing", ["delete globalThis.WebAssembly", "WebAssembly.validate = () => false"])
def test_without_webassembly_a_sentence_says_so(
    visitor: Callable[..., BrowserContext], service: Service, path: str, missing: str
) -> None:
    context = visitor()
    context.add_init_script(missing)
    page = context.new_page()
    page.goto(f"{service.base}/{path}")
    if path == "threat-model.html":
        says(page, "trust.title")
    else:
        expect(page.get_by_role("alert").locator("visible=true")).to_have_text(MESSAGES["problem.noWebAssembly"])


def test_forced_colours(page: Page, service: Service, programs: Programs) -> None:
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{service.base}/")
    says(page, "create.title")
    backgrounds = page.evaluate(
        "() => ['.primary', '.card'].map((part) => getComputedStyle(document.querySelector(part)).backgroundColor)"
    )
    assert backgrounds[0] != backgrounds[1], "the primary button stands out"
    page.locator("#secret").focus()
    assert page.locator("#secret").evaluate("(field) => getComputedStyle(field).outlineStyle") == "solid"
    assert problems(page) == []
    page.screenshot(path=SCREENSHOTS / "forced-colours-create.png")
    page.goto(programs.share_text("forced")["receiptLink"])
    says(page, "receipt.waiting.title")
    page.locator("#revoke").click()
    assert problems(page) == []
    page.screenshot(path=SCREENSHOTS / "forced-colours-receipt.png")


def test_without_motion_nothing_moves(page: Page, programs: Programs) -> None:
    page.emulate_media(reduced_motion="reduce")
    look(page, programs.share_text("still")["link"])
    press_open(page)
    assert shown_text(page) == "still"
    expect(page.locator("#opened-card.burning")).to_have_count(1)
    assert (
        page.evaluate(
            "() => document.getAnimations().map((animation) => animation.animationName ?? animation.transitionProperty)"
        )
        == []
    )


@pytest.mark.parametrize("path", ["", "threat-model.html"])
def test_the_largest_and_the_smallest_window(page: Page, service: Service, path: str) -> None:
    """Down to 320 px, which is also 1280 px at 400 %; and up to a screen of 3840 px, where the column grows."""
    for width, height in ((320, 256), (640, 400), (3840, 2160)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{service.base}/{path}")
        page.get_by_role("heading", level=1).locator("visible=true").wait_for()
        assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0, width
        page.screenshot(path=SCREENSHOTS / f"window-{path.split('.')[0] or 'create'}-{width}.png")
    assert page.evaluate("() => parseFloat(getComputedStyle(document.body).fontSize)") == 21


def test_large_type_keeps_its_place(page: Page, service: Service) -> None:
    """Who has set their browser's type to twice its size gets it, without scrolling sideways."""
    page.set_viewport_size({"width": 640, "height": 800})
    page.goto(f"{service.base}/")
    says(page, "create.title")
    page.evaluate("() => { document.documentElement.style.fontSize = '212.5%'; }")
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    page.screenshot(path=SCREENSHOTS / "window-create-large-type.png")
