"""How a page looks and what axe finds, in light and dark, wide and narrow."""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SCREENSHOTS = Path(__file__).parent / "screenshots"
"""Ignored by git; for people to look at."""

SIZES = {"wide": (1280, 800), "narrow": (360, 740)}
THEMES = ("light", "dark")

PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def examine(page: Page, name: str) -> None:
    """Takes the four screenshots of a state and fails on whatever axe finds in either theme."""
    SCREENSHOTS.mkdir(exist_ok=True)
    found = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            # As tall as the page, and painted: a full-page screenshot may be neither yet.
            whole = page.evaluate("() => document.documentElement.scrollHeight")
            page.set_viewport_size({"width": width, "height": max(height, whole)})
            page.evaluate(PAINTED)
            page.screenshot(path=SCREENSHOTS / f"{name}-{theme}-{size}.png", animations="disabled")
            overflow = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
            if overflow > 0:
                found.append(f"{name}, {size}: {overflow} px too wide")
        found += [f"{name}, {theme}: {problem}" for problem in problems(page)]
    assert found == []


def problems(page: Page) -> list[str]:
    return [
        f"{violation['id']}: {node['html']} {node['failureSummary']}"
        for violation in Axe().run(page).response["violations"]
        for node in violation["nodes"]
    ]
