"""The pictures of the store's listing, taken of the extension as it ships: Extension/store/screenshots, ignored by git."""

from collections.abc import Callable
from pathlib import Path

import pytest
from chrome import Chrome
from chromium import EXTENSION
from playwright.sync_api import BrowserContext, Page, expect
from programs import Programs

SCREENSHOTS = EXTENSION / "store/screenshots"
SIZE = {"width": 1280, "height": 800}
POPUP = {"width": 360, "height": 600}

# A popup is as narrow as Chrome has it; around it nothing but paper.
STAGE = """<!doctype html><style>
    body { margin: 0; height: 100vh; display: grid; place-items: center; background: #e4dfd6 }
    img { height: 720px; border-radius: 12px; box-shadow: 0 4px 24px rgb(28 27 26 / 0.16) }
</style><img>"""


@pytest.fixture
def extension(package: Path) -> Path:
    """What people download."""
    return package


@pytest.fixture
def stage(visitor: Callable[..., BrowserContext]) -> Page:
    return visitor(viewport=SIZE).new_page()


def come_up(chrome: Chrome, path: str, size: dict[str, int]) -> Page:
    page = chrome.context.new_page()
    page.set_viewport_size(size)
    chrome.context.new_cdp_session(page).send("Emulation.setScrollbarsHidden", {"hidden": True})
    page.goto(f"chrome-extension://{chrome.id}/{path}")
    return page


def keep(picture: bytes, name: str) -> None:
    assert picture[16:24] == SIZE["width"].to_bytes(4, "big") + SIZE["height"].to_bytes(4, "big")
    SCREENSHOTS.mkdir(exist_ok=True)
    (SCREENSHOTS / f"{name}.png").write_bytes(picture)


def keep_popup(page: Page, stage: Page, name: str) -> None:
    """The popup as it stands there, on the stage, sharp at twice its size."""
    devtools = page.context.new_cdp_session(page)
    clip = {"x": 0, "y": 0, **POPUP, "scale": 2}
    shot = devtools.send("Page.captureScreenshot", {"format": "png", "clip": clip})["data"]
    stage.set_content(STAGE)
    shown = "(image, data) => { image.src = `data:image/png;base64,${data}`; return image.decode(); }"
    stage.locator("img").evaluate(shown, shot)
    keep(stage.screenshot(), name)


def test_popup(chrome: Chrome, stage: Page) -> None:
    popup = come_up(chrome, "popup/popup.html", POPUP)
    popup.locator("#secret").fill("Host:      db.example.org\nUser:      reporting\nPassword:  Rohrpost-7-Kranich")
    keep_popup(popup, stage, "1-share")
    popup.locator("#form button[type=submit]").click()
    expect(popup.locator("#shared")).to_be_visible()
    popup.evaluate("() => scrollTo(0, 0)")
    keep_popup(popup, stage, "2-shared")
    popup.locator("#show-own").click()
    expect(popup.locator("#own-list li")).to_have_count(1)
    keep_popup(popup, stage, "3-own-links")


def test_open_page(chrome: Chrome, programs: Programs) -> None:
    link = programs.share_text("Host:      db.example.org\nUser:      reporting\nPassword:  Rohrpost-7-Kranich")["link"]
    page = come_up(chrome, f"open/open.html#{link}", SIZE)
    expect(page.get_by_role("button", name="Open secret")).to_be_visible()
    keep(page.screenshot(), "4-open")


def test_options(chrome: Chrome) -> None:
    page = come_up(chrome, "options/options.html", SIZE)
    expect(page.locator("#servers .server")).to_be_visible()
    keep(page.screenshot(), "5-options")
