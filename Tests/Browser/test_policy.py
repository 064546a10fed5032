"""The policy that pages come with: it reports nothing of what they do themselves, and refuses what is slipped into them."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ledger import Ledger
from localsite import LocalSite
from playwright.sync_api import Browser, BrowserContext, Page
from service import Service
from steps import create, open_file, open_text

REPORTS = """
    globalThis.reports = [];
    addEventListener("securitypolicyviolation", (event) => reports.push(event.effectiveDirective));
"""


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """A page that is not watched for complaints: here they are what is asked for."""
    context = browser.new_context()
    context.add_init_script(REPORTS)
    yield context.new_page()
    context.close()


def test_the_main_flow_breaks_no_rule(
    visitor: Callable[..., BrowserContext], service: Service, ledger: Ledger, tmp_path: Path
) -> None:
    """Text with a passphrase (a worker stretches), a file that takes a pool of workers, a receipt. The console is watched."""
    context = visitor()
    context.add_init_script(REPORTS)
    page = context.new_page()
    large = tmp_path / "large.bin"
    large.write_bytes(os.urandom(3_000_000))
    text = create(page, service.base, ledger, text="within the rules", passphrase="a passphrase of five words")
    assert page.evaluate("() => reports") == []
    assert open_text(page, text, "a passphrase of five words") == "within the rules"
    assert page.evaluate("() => reports") == []
    link = create(page, service.base, ledger, files=[large])
    assert page.evaluate("() => reports") == []
    assert open_file(page, link, large.name) == large.read_bytes()
    assert page.evaluate("() => reports") == []
    for path in ("threat-model.html", "r/AAAAAAAAAAAAAAAAAAAAAA"):
        page.goto(f"{service.base}/{path}")
        page.locator("main").wait_for()
        assert page.evaluate("() => reports") == []


TRUSTED = "require-trusted-types-for"
INJECTED = {
    "inline script": ("document.body.append(Object.assign(document.createElement('script'), {textContent: MARK}))", TRUSTED),
    "event handler": ("document.body.setAttribute('onclick', MARK), document.body.click()", TRUSTED),
    "eval": ("(0, eval)(MARK)", TRUSTED),
    "function": ("new Function(MARK)()", TRUSTED),
    "timer": ("setTimeout(MARK)", TRUSTED),
    "markup": ("document.body.innerHTML = '<img src=x onerror=\"' + MARK + '\">'", TRUSTED),
    "frame": ("document.createElement('iframe').srcdoc = '<p>'", TRUSTED),
    "writing": ("document.write('<p>')", TRUSTED),
    "worker by text": ("new Worker('worker.js')", TRUSTED),
    "another policy": ("trustedTypes.createPolicy('other', {createHTML: (text) => text})", "trusted-types"),
    "the same policy again": ("trustedTypes.createPolicy('keylink', {createHTML: (text) => text})", "trusted-types"),
    "inline style": ("document.body.append(Object.assign(document.createElement('style'), {textContent: 'p {}'}))", "style-src"),
    "base": ("document.head.append(Object.assign(document.createElement('base'), {href: ELSEWHERE}))", "base-uri"),
    "script from elsewhere": ("import(ELSEWHERE + '/script.js')", "script-src"),
    "call to elsewhere": ("fetch(ELSEWHERE + '/script.js')", "connect-src"),
    "picture from elsewhere": ("document.body.append(Object.assign(new Image(), {src: ELSEWHERE + '/script.js'}))", "img-src"),
    "form": (
        "document.body.append(Object.assign(document.createElement('form'), {action: ELSEWHERE, id: 'f'})), f.submit()",
        "form-action",
    ),
}


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[LocalSite]:
    site = LocalSite({"/script.js": "globalThis.marked = true"})
    yield site
    site.close()


@pytest.mark.parametrize("attack", INJECTED)
def test_what_is_slipped_in_is_refused(stranger: Page, service: Service, elsewhere: LocalSite, attack: str) -> None:
    code, directive = INJECTED[attack]
    stranger.goto(f"{service.base}/")
    stranger.get_by_role("button", name="Create link").wait_for()
    # Through the protocol, past the policy, as far as the very step that it is to stop.
    session = stranger.context.new_cdp_session(stranger)
    given = f"const MARK = 'globalThis.marked = true', ELSEWHERE = {elsewhere.base!r};"
    expression = f"(async () => {{ {given} try {{ return await ({code}); }} catch (error) {{ return String(error); }} }})()"
    options = {"awaitPromise": True, "allowUnsafeEvalBlockedByCSP": False}
    session.send("Runtime.evaluate", {"expression": expression, **options})
    stranger.wait_for_function("() => reports.length > 0")
    assert directive in {report.removesuffix("-elem").removesuffix("-attr") for report in stranger.evaluate("() => reports")}
    assert stranger.evaluate("() => globalThis.marked") is None


def test_what_is_slipped_into_the_page_on_its_way_is_refused(stranger: Page, service: Service) -> None:
    inline = "<script>globalThis.marked = true</script><style>main { display: none }</style></head>"
    stranger.route(
        f"{service.base}/",
        lambda route: route.fulfill(response=(answer := route.fetch()), body=answer.text().replace("</head>", inline)),
    )
    stranger.goto(f"{service.base}/")
    stranger.get_by_role("button", name="Create link").wait_for()
    assert set(stranger.evaluate("() => reports")) == {"script-src-elem", "style-src-elem"}
    assert stranger.evaluate("() => globalThis.marked") is None


def test_only_our_own_origin_is_vouched_for(stranger: Page, service: Service, elsewhere: LocalSite) -> None:
    stranger.goto(f"{service.base}/")
    name = stranger.locator("link[rel=modulepreload][href^='keylink/trusted.']").get_attribute("href")
    refused = stranger.evaluate(
        """async ([name, elsewhere]) => {
            const { trustedScript } = await import(new URL(name, location.href));
            const verdicts = [String(trustedScript(new URL(name, location.href)))];
            for (const address of [elsewhere, "data:text/javascript,1", URL.createObjectURL(new Blob(["1"]))]) {
                try { verdicts.push(String(trustedScript(new URL(address)))); } catch (error) { verdicts.push(error.name); }
            }
            return verdicts;
        }""",
        [name, f"{elsewhere.base}/script.js"],
    )
    assert refused == [f"{service.base}/{name}", "TypeError", "TypeError", "TypeError"]
