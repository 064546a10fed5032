"""An administrator presets the extension: what is fixed holds from the first click on, and nobody here can change it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from administrator import governed_chromium
from chrome import Chrome
from chromium import EXTENSION
from ledger import LINK, Ledger
from localsite import LocalSite
from playwright.sync_api import Playwright, expect
from programs import Programs
from service import Service

TOKEN = "a-create-token-that-an-administrator-hands-out"
Governed = Callable[[dict[str, Any]], Chrome]


@pytest.fixture
def governed(playwright: Playwright, tmp_path: Path, extension: Path, ledger: Ledger) -> Iterator[Governed]:
    started: list[Chrome] = []

    def start(preset: dict[str, Any]) -> Chrome:
        program = governed_chromium(tmp_path, extension, preset)
        chrome = Chrome(playwright, tmp_path / "profile", extension, ledger, program=program)
        started.append(chrome)
        # Policies come a moment after the start.
        chrome.until(lambda: chrome.evaluate("() => chrome.storage.managed.get(null)") == preset)
        return chrome

    yield start
    for chrome in started:
        chrome.close()


@pytest.fixture
def closed(tmp_path: Path, ledger: Ledger) -> Iterator[Service]:
    """A server that lets only people with a token share."""
    (tmp_path / "tokens").write_text(f"{ledger.keep(TOKEN, 'create token')}\n")
    service = Service(tmp_path / "closed", "--create-token-file", str(tmp_path / "tokens"))
    yield service
    service.stop()


def test_what_is_preset_is_what_is_shared_with(governed: Governed, closed: Service, programs: Programs) -> None:
    site = LocalSite({"/": "<!doctype html><title>notes</title><p>notes</p>"})
    chrome = governed(
        {
            "servers": [{"base": closed.base, "token": TOKEN}],
            "views": 3,
            "ttl": 3600,
            "menu": {"file": False, "screenshot": False},
        }
    )
    chrome.until(lambda: chrome.menu() == ["open", "selection", "replace", "link"])
    page = chrome.context.new_page()
    page.goto(f"{site.base}/")
    chrome.click_menu_item(page, "shared as the administrator wants it")
    chrome.until(lambda: LINK.search(chrome.clipboard(page)) is not None)
    link = chrome.clipboard(page)
    assert link.startswith(f"{closed.base}/s/")
    looked = json.loads(programs.command("look", "--json", link).stdout)
    assert looked["viewsLeft"] == 3
    assert programs.command("open", link).stdout == b"shared as the administrator wants it"
    site.close()


def test_what_is_fixed_cannot_be_changed(governed: Governed, closed: Service) -> None:
    chrome = governed({"servers": [{"base": closed.base, "token": TOKEN}], "ttl": 3600, "opensHere": True, "theme": "dark"})
    options = chrome.context.new_page()
    options.goto(f"chrome-extension://{chrome.id}/options/options.html")
    for field in ("ttl", "opensHere", "theme"):
        expect(options.locator(f"#{field}")).to_be_disabled()
        expect(options.locator(f"#{field}-managed")).to_be_visible()
    for field in ("passphrase", "language"):
        expect(options.locator(f"#{field}")).to_be_enabled()
        expect(options.locator(f"#{field}-managed")).to_be_hidden()
    expect(options.locator("#servers-managed")).to_be_visible()
    # What this browser has stored, or stores some other way, changes nothing.
    own = {"settings": {"servers": [{"base": "http://127.0.0.1:9", "token": ""}], "ttl": 60, "theme": "light"}}
    chrome.evaluate("(own) => chrome.storage.local.set(own)", own)
    options.reload()
    expect(options.locator("#ttl")).to_have_value("3600")
    expect(options.locator("#theme")).to_have_value("dark")
    expect(options.locator("#servers")).to_contain_text(closed.base.removeprefix("http://"))


AREAS = """async () => {
    const [{ id: tabId }] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
    const read = () => Promise.all(["local", "session", "managed"].map(async (area) => {
        return chrome.storage[area]?.get(null).then(JSON.stringify, () => "refused") ?? "refused";
    }));
    const [{ result }] = await chrome.scripting.executeScript({ target: { tabId }, func: read });
    return result;
}"""


def test_what_runs_in_a_page_reads_no_settings(governed: Governed, closed: Service) -> None:
    """The extension's own script there does not need them; a page's process that was taken over would ask for tokens."""
    site = LocalSite({"/": "<!doctype html><title>notes</title><p>notes</p>"})
    chrome = governed({"servers": [{"base": closed.base, "token": TOKEN}]})
    page = chrome.context.new_page()
    page.goto(f"{site.base}/")
    chrome.grant_tab(page)
    assert chrome.evaluate(AREAS) == ["refused"] * 3
    site.close()


def test_the_schema_names_every_setting() -> None:
    schema = json.loads((EXTENSION / "managed.json").read_text(encoding="utf-8"))["properties"]
    settings = (EXTENSION / "settings.js").read_text(encoding="utf-8")
    defaults = settings[settings.index("const DEFAULTS = {") : settings.index("};", settings.index("const DEFAULTS = {"))]
    for name in schema:
        assert f"  {name}:" in defaults, f"managed.json names {name}, which is no setting"
    named = {line.split(":")[0].strip() for line in defaults.splitlines()[1:] if line.startswith("  ")}
    assert named <= set(schema)
