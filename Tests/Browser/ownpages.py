"""The extension's own pages: brought up, watched, and examined in each theme and in both directions."""

from appearance import examine
from chrome import Chrome
from ledger import Ledger
from playwright.sync_api import Page
from watch import Watch

POPUP = {"width": 360, "height": 600}
"""The most that Chrome gives a popup is 800 by 600."""

DIRECTIONS = ("en", "ar")


def come_up(chrome: Chrome, path: str, viewport: dict[str, int] | None = None) -> Page:
    """A page of the extension's, in a tab: a popup is the same document in a window of its own."""
    page = chrome.context.new_page()
    if viewport:
        page.set_viewport_size(viewport)
    page.goto(f"chrome-extension://{chrome.id}/{path}")
    return page


def popup(chrome: Chrome) -> Page:
    page = come_up(chrome, "popup/popup.html", POPUP)
    page.locator("main").wait_for()
    return page


def watched(chrome: Chrome, base: str, ledger: Ledger) -> Watch:
    """Everything that the browser asks for from here on, and complains about."""
    return Watch(chrome.context, {base}, ledger)


def set_options(chrome: Chrome, **options: object) -> None:
    """As if they had been chosen on the options page earlier."""
    chrome.evaluate(
        """async (options) => {
            const { settings } = await chrome.storage.local.get("settings");
            await chrome.storage.local.set({ settings: { ...settings, ...options } });
        }""",
        options,
    )


def examine_everywhere(chrome: Chrome, page: Page, name: str) -> None:
    """Pictures and axe, wide and narrow, light and dark, from left to right and from right to left."""
    for tag in DIRECTIONS:
        set_options(chrome, language=tag)
        page.locator(f"html[lang={tag}]").wait_for(state="attached")
        examine(page, name if tag == DIRECTIONS[0] else f"{name}-{tag}")
    set_options(chrome, language="")
    page.locator(f"html[lang={DIRECTIONS[0]}]").wait_for(state="attached")


def session(chrome: Chrome) -> dict[str, object]:
    return chrome.evaluate("() => chrome.storage.session.get(null)")


def kept(chrome: Chrome) -> dict[str, object]:
    return chrome.evaluate("() => chrome.storage.local.get(null)")
