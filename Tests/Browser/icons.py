"""The extension's icons, rendered from the one mark: python Tests/Browser/icons.py writes them anew."""

import base64

from chromium import ARGUMENTS, EXTENSION, ROOT, executable
from playwright.sync_api import Browser, sync_playwright

SIZES = (16, 32, 48, 128)
MARK = ROOT / "WebUI/mark.svg"


def render(browser: Browser, size: int) -> bytes:
    """PNG of the mark, size × size pixels, on nothing."""
    svg = base64.b64encode(MARK.read_bytes()).decode()
    page = browser.new_page(viewport={"width": size, "height": size})
    try:
        page.set_content(
            "<style>body { margin: 0 } img { display: block }</style>"
            f'<img width="{size}" height="{size}" src="data:image/svg+xml;base64,{svg}">'
        )
        return page.screenshot(omit_background=True)
    finally:
        page.close()


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        for size in SIZES:
            (EXTENSION / f"icons/{size}.png").write_bytes(render(browser, size))
        browser.close()


if __name__ == "__main__":
    main()
