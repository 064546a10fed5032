"""How a page looks and what axe finds, in every state: light and dark, wide and narrow, in languages of each direction.

A test drives a page into a state and has it examined. The names of the pictures are the list of states.
"""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from catalogues import CATALOGUES
from playwright.sync_api import Page

SCREENSHOTS = Path(__file__).parent / "screenshots"
"""Ignored by git; for people to look at."""

SIZES = {"wide": (1280, 800), "narrow": (360, 740)}
THEMES = ("light", "dark")

LANGUAGES = [tag for tag in ("en", "de", "ar", "ja") if tag in CATALOGUES]
"""The words of the tests, long ones, ones that run to the left, ones without spaces."""

PICTURES = {("light", "narrow"), ("dark", "wide")}
"""Of the languages after the first; of that one all are taken."""

PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

# By script: under a dialog that has to be answered the control is out of reach for a person.
SPEAK = """(tag) => {
    const control = document.querySelector(".languages select");
    control.value = tag;
    control.dispatchEvent(new Event("change"));
}"""

AXE = Axe()


def examine(page: Page, name: str, languages: list[str] = LANGUAGES) -> None:
    """Takes the pictures of a state and fails on whatever axe finds. Afterwards the page speaks the language that it did."""
    SCREENSHOTS.mkdir(exist_ok=True)
    found = []
    before = page.locator("html").get_attribute("lang") or ""
    speaks = page.locator(".languages select").count() > 0
    for tag in languages if speaks else LANGUAGES[:1]:
        if speaks:
            speak(page, tag)
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            for size in SIZES:
                overflow = fit(page, size)
                if overflow > 0:
                    found.append(f"{name}, {tag}, {size}: {overflow} px too wide")
                if tag == LANGUAGES[0]:
                    page.screenshot(path=SCREENSHOTS / f"{name}-{theme}-{size}.png", animations="disabled")
                elif (theme, size) in PICTURES:
                    page.screenshot(path=SCREENSHOTS / f"{name}-{tag}-{theme}-{size}.png", animations="disabled")
            found += [f"{name}, {tag}, {theme}: {problem}" for problem in problems(page)]
    if speaks:
        speak(page, before)
    assert found == []


def fit(page: Page, size: str) -> int:
    """Makes the window as tall as the page, and painted: a full-page screenshot may be neither yet. Answers by how many
    pixels the page is too wide for it."""
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    whole = page.evaluate("() => document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(height, whole)})
    page.evaluate(PAINTED)
    return page.evaluate("() => document.documentElement.scrollWidth - innerWidth")


def speak(page: Page, tag: str) -> None:
    if page.locator("html").get_attribute("lang") == tag:
        return
    page.evaluate(SPEAK, tag)
    page.locator(f"html[lang={tag}]").wait_for(state="attached")


def problems(page: Page) -> list[str]:
    return [
        f"{violation['id']}: {node['html']} {node['failureSummary']}"
        for violation in AXE.run(page).response["violations"]
        for node in violation["nodes"]
    ]
