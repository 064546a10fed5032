"""`keylink verify-site` asks what Chromium and Firefox ask, but for what tells one machine from another."""

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from chromium import ARGUMENTS, executable
from engine_firefox import Firefox
from liar import Asked, Liar
from playwright.sync_api import Playwright
from programs import Programs
from service import Service

SCRIPT, JSON, PAGE = "text/javascript", "application/json", "text/html"
FILES = {
    "/": (
        PAGE,
        '<!doctype html><link rel="icon" href="/image.svg"><link rel="stylesheet" href="/style.css">'
        '<link rel="preload" href="/preload.json" as="fetch" crossorigin><link rel="modulepreload" href="/module.js">'
        '<script type="module" src="/script.js"></script>'
        '<a id="file" href="/file.zip" download>file</a>',
    ),
    "/style.css": ("text/css", "body {}"),
    "/image.svg": ("image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "/preload.json": (JSON, "{}"),
    "/script.js": (
        SCRIPT,
        "fetch('/fetch.json'); new Worker('/worker.js', { type: 'module' }); navigator.serviceWorker.register('/service.js')",
    ),
    "/module.js": (SCRIPT, "export {}"),
    "/fetch.json": (JSON, "{}"),
    "/worker.js": (SCRIPT, "import './imported.js'"),
    "/imported.js": (SCRIPT, "export {}"),
    "/service.js": (SCRIPT, ""),
}
"""One of each kind that a browser asks for otherwise; the pages of the site ask for no more."""

# What differs between machines, releases and connections of one browser.
VARIES = [
    (re.compile(r"\((?:X11|Windows|Linux)[^)]*\)"), "(system)"),
    (re.compile(r"127\.0\.0\.1:\d+"), "host"),
    (re.compile(r"HeadlessChrome"), "Chrome"),
    (re.compile(r"(Chrome|Firefox)/[\d.]+( Mobile)?"), r"\1"),
    (re.compile(r'^"(Linux|Windows|Android)"$'), "system"),
    (re.compile(r'^(?:"[^"]*";v="\d+"(?:, )?)+$'), "brands"),
    (re.compile(r'^"[\w-]+"$'), "tag"),
]
NOT_COMPARED = {"sec-ch-ua-mobile", "Accept-Language"}
"""A phone's or not, and whose; how browsers write languages CommandTests know."""


class Site:
    """Keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked.append(Asked(self.path, self.headers))
                kind, text = FILES.get(self.path, ("text/plain", "nothing"))
                known = self.headers.get("If-None-Match") == '"tag"'
                self.send_response_only(304 if known else 200)
                fields = {"Content-Type": kind, "ETag": '"tag"', "Cache-Control": "no-cache", "Referrer-Policy": "no-referrer"}
                for name, value in fields.items():
                    self.send_header(name, value)
                if not known:
                    self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                if not known:
                    self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                """Silent: what a test prints is about the test."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def has(self, *paths: str) -> bool:
        return set(paths) <= {asked.path for asked in self.asked}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


def form(asked: Asked) -> tuple[tuple[str, str], ...]:
    """The fields in their order, without what may differ."""
    fields = []
    for name, value in asked.fields:
        for pattern, word in VARIES:
            value = pattern.sub(word, value)
        fields.append((name, "" if name in NOT_COMPARED else value))
    return tuple(fields)


def visit_with_chromium(playwright: Playwright, site: Site, folder: Path) -> None:
    context = playwright.chromium.launch_persistent_context(
        folder, executable_path=executable(), args=[*ARGUMENTS, "--accept-lang=de-DE,de,en-US,en"]
    )
    page = context.pages[0]
    visit(site, page.goto, page.wait_for_timeout)
    context.close()


def visit_with_firefox(_: Playwright, site: Site, folder: Path) -> None:
    folder.mkdir()
    firefox = Firefox(folder, more={"intl.accept_languages": "de, en-us, en"})
    try:
        visit(site, firefox.open, lambda _: firefox.run("return new Promise((done) => setTimeout(done, 100))"))
    finally:
        firefox.close()


def visit(site: Site, go: Callable[[str], object], wait: Callable[[float], object]) -> None:
    """Twice, and until everything has been asked for."""
    go(f"{site.base}/")
    wanted = set(FILES)
    for _ in range(100):
        if site.has(*wanted):
            break
        wait(100)
    assert site.has(*wanted), wanted - {asked.path for asked in site.asked}
    go("about:blank")
    go(f"{site.base}/")


@pytest.fixture(scope="module")
def ours(programs: Programs, service: Service) -> set[tuple[tuple[str, str], ...]]:
    """What the command asks, in every form."""
    liar = Liar(service.port)
    try:
        assert programs.command("verify-site", liar.base).returncode == 0
        return {form(asked) for asked in liar.asked}
    finally:
        liar.close()


@pytest.mark.parametrize("visit_with", [visit_with_chromium, visit_with_firefox])
def test_what_a_browser_asks_the_command_asks_too(
    playwright: Playwright,
    site: Site,
    ours: set[tuple[tuple[str, str], ...]],
    tmp_path: Path,
    visit_with: Callable[[Playwright, Site, Path], None],
) -> None:
    visit_with(playwright, site, tmp_path / "profile")
    # A second look at a file that is never the same twice under its name; the pages ask for those but once.
    first = [asked for asked in site.asked if asked.path == "/" or "If-None-Match" not in asked.headers]
    theirs = {asked.path + " again" * ("If-None-Match" in asked.headers): form(asked) for asked in first}
    assert {"/ again", *FILES} <= set(theirs)
    assert [(path, form) for path, form in theirs.items() if form not in ours] == []
