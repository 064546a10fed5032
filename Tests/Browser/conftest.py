"""Fixtures of the browser tests: a server, Chromium with and without the extension, and the ledger of all secrets."""

import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chrome import Chrome
from chromium import ARGUMENTS, EXTENSION, ROOT, executable
from ledger import Ledger
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from programs import Programs
from service import Service
from watch import Watch
from wire import Wire

LAST = ["test_page_expired.py", "test_log.py"]

expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a minute to pass comes late, and what looks through the log of the whole run comes last."""
    items.sort(key=lambda item: LAST.index(item.path.name) if item.path.name in LAST else -1)


MEASURED = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def measured(pytestconfig: pytest.Config) -> list[str]:
    """Lines for people to read at the end of the run."""
    return pytestconfig.stash.setdefault(MEASURED, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = config.stash.get(MEASURED, [])
    if lines:
        terminalreporter.section("measured")
        terminalreporter.write_line("\n".join(lines))


@pytest.fixture(scope="session")
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The server of most tests. Its log, at the most talkative level, is searched at the end."""
    service = Service(tmp_path_factory.mktemp("service"), "--log-level", "trace")
    yield service
    service.stop()


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory, service: Service, ledger: Ledger) -> Programs:
    return Programs(tmp_path_factory.mktemp("programs"), service.base, ledger)


@pytest.fixture(scope="session", autouse=True)
def expiring(programs: Programs) -> dict[str, str]:
    """Shared at the very beginning for the shortest time that the server allows, so that no test has to wait for it."""
    return programs.share_text("nobody opens this in time", "--ttl", "60s")


@pytest.fixture
def wire(service: Service) -> Iterator[Wire]:
    wire = Wire(service.port)
    yield wire
    wire.close()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def visitor(browser: Browser, service: Service, ledger: Ledger) -> Iterator[Callable[..., BrowserContext]]:
    """Makes people: contexts that share nothing. Each is watched, and judged when the test is over."""
    opened: list[tuple[BrowserContext, Watch]] = []

    def come(**options: object) -> BrowserContext:
        context = browser.new_context(**{"accept_downloads": True, "locale": "en-GB", "timezone_id": "UTC", **options})
        watch = Watch(context, {service.base}, ledger)
        context.watch = watch
        opened.append((context, watch))
        return context

    yield come
    for context, _ in opened:
        context.close()
    for _, watch in opened:
        watch.check()


@pytest.fixture
def page(visitor: Callable[..., BrowserContext]) -> Page:
    return visitor().new_page()


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension as it ships, unzipped. It makes what the unpacked folder lacks, too."""
    folder = tmp_path_factory.mktemp("package")
    words = [sys.executable, str(ROOT / "Scripts/package-extension"), str(folder / "keylink-extension.zip")]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    with zipfile.ZipFile(folder / "keylink-extension.zip") as packed:
        packed.extractall(folder / "extension")
    return folder / "extension"


SHARING = {"test_extension", "test_extension_capture", "test_extension_replace", "test_extension_selection"}
"""Tried on both: the folder with its links into WebUI, and what people download. Everything else on the latter."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "extension" in metafunc.fixturenames:
        forms = ["unpacked", "packed"] if metafunc.module.__name__ in SHARING else ["packed"]
        metafunc.parametrize("extension", forms, indirect=True)


@pytest.fixture
def extension(request: pytest.FixtureRequest, package: Path) -> Path:
    return {"unpacked": EXTENSION, "packed": package}[request.param]


@pytest.fixture
def chrome(playwright: Playwright, tmp_path: Path, extension: Path, service: Service, ledger: Ledger) -> Iterator[Chrome]:
    """Chromium with the extension, set to this run's server."""
    chrome = Chrome(playwright, tmp_path / "profile", extension, ledger)
    chrome.set_server(service.base)
    yield chrome
    chrome.close()
