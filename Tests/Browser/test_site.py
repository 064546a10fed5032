"""How the pages come: small, all at once, once and for all, from nowhere else."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from chromium import ROOT
from ledger import Ledger
from network import Network
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from programs import Programs
from service import Service
from steps import create, open_text

LIMIT = 120_000
"""Octets over the wire until the create page can be used: heads and bodies of all answers, the API's too."""
HASHED = re.compile(r"\.[\w-]{12}\.(?:js|css|wasm|json|svg)$")


def come(page: Page, base: str) -> None:
    """Until the page can be used and has all it asks for by itself."""
    page.goto(f"{base}/")
    expect(page.get_by_role("button", name="Create link")).to_be_visible()
    page.wait_for_load_state("networkidle")


def test_the_create_page_is_small_and_comes_in_one_round(page: Page, service: Service) -> None:
    network = Network(page)
    come(page, service.base)
    print(f"create page: {network.octets} octets, {len(network.asked)} requests")
    assert 0 < network.octets < LIMIT
    files = network.files[1:]
    assert len(files) > 20
    # The HTML and its head name all of it: no script has to run before the next file is known.
    assert [asked.path for asked in files if asked.initiator == "script"] == []
    assert [path for path, count in Counter(asked.path for asked in files).items() if count > 1] == []
    assert [asked.path for asked in files if not HASHED.search(asked.path)] == []


@pytest.mark.parametrize("kind", ["s", "r"])
def test_the_other_pages_come_in_one_round(page: Page, service: Service, programs: Programs, kind: str) -> None:
    shared = programs.share_text("all at once")
    network = Network(page)
    page.goto(shared["link" if kind == "s" else "receiptLink"])
    expect(page.get_by_role("heading", level=1).locator("visible=true")).to_be_visible()
    page.wait_for_load_state("networkidle")
    print(f"page under a link: {network.octets} octets, {len(network.asked)} requests")
    files = network.files[1:]
    assert 0 < network.octets < LIMIT and len(files) > 20
    assert [asked.path for asked in files if asked.initiator == "script"] == []
    assert [path for path, count in Counter(asked.path for asked in files).items() if count > 1] == []


@pytest.mark.parametrize(("locale", "catalogue"), [("de-AT", "de"), ("pt-PT", "pt-BR"), ("zh-TW", "zh-Hant"), ("eo", "en")])
def test_the_readers_catalogue_comes_with_the_rest(browser: Browser, service: Service, locale: str, catalogue: str) -> None:
    context = browser.new_context(locale=locale)
    page = context.new_page()
    network = Network(page)
    page.goto(f"{service.base}/")
    page.locator("main").wait_for()
    page.wait_for_load_state("networkidle")
    asked = [(asked.path.split(".")[0], asked.initiator) for asked in network.files if asked.path.startswith("/locales/")]
    assert asked == [(f"/locales/{catalogue}", "other")]
    context.close()


def test_a_second_visit_asks_for_the_page_alone(page: Page, service: Service) -> None:
    come(page, service.base)
    second = page.context.new_page()
    network = Network(second)
    come(second, service.base)
    asked = [asked for asked in network.files if not asked.cached]
    assert [(asked.path, asked.status) for asked in asked] == [("/", 200)]
    # Chromium tells the status of the kept page; what came was a 304, without a body.
    assert asked[0].octets < 2_000


def test_the_pages_are_isolated_from_other_origins(page: Page, service: Service) -> None:
    page.goto(f"{service.base}/")
    assert page.evaluate("() => crossOriginIsolated")


@pytest.mark.parametrize("altered", ["pages/create.*.js", "keylink/bytes.*.js", "styles/page.*.css"])
def test_a_file_that_is_not_the_one_that_the_page_names_is_refused(browser: Browser, service: Service, altered: str) -> None:
    # Not watched: the browser says in the console what it refused.
    page = browser.new_page()

    def alter(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text() + " ")

    page.route(f"**/{altered}", alter)
    with page.expect_event("console", lambda message: "integrity" in message.text):
        page.goto(f"{service.base}/")
    page.wait_for_load_state("networkidle")
    if altered.endswith(".js"):
        expect(page.locator("#unready")).to_be_visible()
        expect(page.get_by_role("button", name="Create link")).to_be_hidden()
    else:
        assert page.evaluate("() => getComputedStyle(document.body).margin") != "0px"
    page.close()


def test_the_source_tree_serves_as_it_is(visitor: Callable[..., BrowserContext], tmp_path: Path, ledger: Ledger) -> None:
    service = Service(tmp_path / "unbuilt", web=ROOT / "WebUI")
    try:
        context = visitor()
        context.watch.allow(service.base)
        link = create(context.new_page(), service.base, ledger, text="unbuilt")
        assert open_text(context.new_page(), link) == "unbuilt"
    finally:
        service.stop()
