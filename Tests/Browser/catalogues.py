"""The pages' catalogues, and what is left of English on a page that is read in another language."""

import json
import re

from chromium import ROOT
from playwright.sync_api import Page

CATALOGUES: dict[str, dict[str, str]] = {
    file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted((ROOT / "WebUI/locales").glob("*.json"))
}
RIGHT_TO_LEFT = {"ar", "fa", "he"}
NAMES = {"Keylink"}
"""What every language writes alike."""

SHOWN = """() => {
    const visible = (element) => element.checkVisibility({ visibilityProperty: true });
    const own = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
    const elements = [...document.querySelectorAll("body *")].filter(
        (element) => visible(element) && !element.closest("script, style, option, bdi, pre, textarea, svg, [lang]:not(html)"));
    return [
        document.title,
        ...elements.filter(own).map((element) => element.textContent),
        ...elements.flatMap((element) => [element.getAttribute("aria-label"), element.getAttribute("placeholder")]),
    ].filter(Boolean).map((text) => text.trim());
}"""


def choose(page: Page, tag: str) -> None:
    """Through the control at the foot of the page, until the page speaks that language."""
    page.locator(".languages select").select_option(tag)
    page.locator(f"html[lang={tag}]").wait_for(state="attached")


def english_left(page: Page, tag: str) -> list[str]:
    """Whatever the reader sees or hears that is worded as English is, and not as their language is."""
    other = CATALOGUES[tag]
    english = [shape for key, text in CATALOGUES["en"].items() if other[key] != text for shape in shapes(text)]
    own = [shape for text in other.values() for shape in shapes(text)]
    matches = [text for text in page.evaluate(SHOWN) if any(shape.fullmatch(text) for shape in english)]
    return [text for text in matches if text not in NAMES and not any(shape.fullmatch(text) for shape in own)]


def shapes(text: str) -> list[re.Pattern[str]]:
    """What a message may look like once its values are in, for each form of its plural that has words of its own."""
    found = re.search(r"\{\w+, plural, ((?:[^{}]+\{(?:[^{}]|\{\w+\})*\}\s*)+)\}", text)
    if found is None:
        if len(re.findall(r"[^\W\d_]", re.sub(r"\{\w+\}", "", text))) < 3:
            return []
        return [re.compile(".+?".join(re.escape(piece) for piece in re.split(r"\{\w+\}", text)), re.DOTALL)]
    forms = re.findall(r"\{((?:[^{}]|\{\w+\})*)\}", found[1])
    whole = [text[: found.start()] + form.replace("#", "{number}") + text[found.end() :] for form in forms]
    return [shape for form in whole for shape in shapes(form)]
