"""The exact text of a selection, wherever it lies on the page, by the menu and by the keys."""

from collections.abc import Iterator

import pytest
from chrome import Chrome, says
from localsite import LocalSite
from playwright.sync_api import Frame, Page
from programs import Programs

SECRET = "ssh-key AAAAC3NzaC1lZDI1NTE5\n\n    indented: pässwörd 🗝\ttab\nlast line"
CLICKED = " ".join(SECRET.split())

PRE = f"<pre id=secret>{SECRET}</pre>"
SHADOW = """<!doctype html><title>shadow</title><p>before</p><div id=host></div><p>after</p><script>
    const outer = host.attachShadow({ mode: "MODE" });
    outer.innerHTML = "<p>in between</p><section></section>";
    const inner = outer.querySelector("section").attachShadow({ mode: "MODE" });
    inner.innerHTML = INNER;
    window.inner = inner;
</script>"""

PAGES = {
    "/": f"<!doctype html><title>notes</title><p>before</p>{PRE}<p>after</p><input id=field>",
    "/frames": "<!doctype html><title>frames</title><p>around</p><iframe src=/middle></iframe>",
    "/middle": "<!doctype html><p>between</p><iframe id=inner src=/inner></iframe>",
    "/inner": f"<!doctype html>{PRE}",
    "/password": "<!doctype html><title>login</title><input type=password id=field value='correct horse battery'>",
}
for mode in ("open", "closed"):
    PAGES[f"/{mode}"] = SHADOW.replace("MODE", mode).replace("INNER", f"`{PRE}`")
    PAGES[f"/{mode}-field"] = SHADOW.replace("MODE", mode).replace("INNER", "'<textarea rows=9></textarea>'")

IN_SHADOW = "() => { getSelection().selectAllChildren(inner.querySelector('pre')); }"
IN_FIELD = """(secret) => {
    const field = inner.querySelector("textarea");
    field.value = `not this\\n${secret}\\nnor this`;
    field.focus();
    field.setSelectionRange(9, 9 + secret.length);
}"""
SELECT = "() => { getSelection().selectAllChildren(document.querySelector('#secret')); }"


@pytest.fixture
def site() -> Iterator[LocalSite]:
    site = LocalSite(PAGES)
    yield site
    site.close()


@pytest.fixture
def page(chrome: Chrome) -> Page:
    return chrome.context.new_page()


def shared(chrome: Chrome, page: Page, programs: Programs) -> bytes:
    """Waits for the notification, and opens what it tells of."""
    [notice] = chrome.wait_for_notice()
    assert says(notice, "copied.text")
    return programs.command("open", chrome.clipboard(page)).stdout


def frame_of(page: Page, path: str) -> Frame:
    return next(frame for frame in page.frames if frame.url.endswith(path))


@pytest.mark.parametrize("mode", ["open", "closed"])
def test_in_a_shadow_root(chrome: Chrome, page: Page, site: LocalSite, programs: Programs, mode: str) -> None:
    page.goto(f"{site.base}/{mode}")
    chrome.grant_tab(page)
    page.evaluate(IN_SHADOW)
    chrome.click_menu_item(page, CLICKED)
    assert shared(chrome, page, programs) == SECRET.encode()


@pytest.mark.parametrize("mode", ["open", "closed"])
def test_in_a_field_in_a_shadow_root(chrome: Chrome, page: Page, site: LocalSite, programs: Programs, mode: str) -> None:
    page.goto(f"{site.base}/{mode}-field")
    chrome.grant_tab(page)
    page.evaluate(IN_FIELD, SECRET)
    chrome.click_menu_item(page, CLICKED)
    assert shared(chrome, page, programs) == SECRET.encode()


def test_in_a_frame_in_a_frame(chrome: Chrome, page: Page, site: LocalSite, programs: Programs) -> None:
    page.goto(f"{site.base}/frames")
    chrome.grant_tab(page)
    frame_of(page, "/inner").evaluate(SELECT)
    click = {"menuItemId": "selection", "selectionText": CLICKED, "frameId": chrome.frames(page)["/inner"]}
    chrome.click(page, click)
    assert shared(chrome, page, programs) == SECRET.encode()


def test_in_a_frame_of_another_site_its_words_are_shared_and_that_is_said(
    chrome: Chrome, page: Page, site: LocalSite, programs: Programs
) -> None:
    other = site.base.replace("127.0.0.1", "localhost")
    around = LocalSite({"/": f"<!doctype html><title>around</title><iframe src={other}/inner></iframe>"})
    page.goto(f"{around.base}/")
    chrome.grant_tab(page)
    frame_of(page, "/inner").evaluate(SELECT)
    assert list(chrome.frames(page)) == ["/"], "the leave that a click gives does not reach it"
    chrome.click(page, {"menuItemId": "selection", "selectionText": CLICKED, "frameId": 99})
    [notice] = chrome.wait_for_notice()
    assert says(notice, "copied.text", "inexact")
    assert programs.command("open", chrome.clipboard(page)).stdout == CLICKED.encode()
    around.close()


def test_a_password_behind_bullets(chrome: Chrome, page: Page, site: LocalSite, programs: Programs) -> None:
    page.goto(f"{site.base}/password")
    chrome.grant_tab(page)
    page.locator("#field").select_text()
    chrome.click_menu_item(page, "•" * len("correct horse battery"))
    assert shared(chrome, page, programs) == b"correct horse battery"


@pytest.mark.parametrize("path", ["/", "/open", "/closed"])
def test_by_the_keys(chrome: Chrome, page: Page, site: LocalSite, programs: Programs, path: str) -> None:
    page.goto(f"{site.base}{path}")
    chrome.grant_tab(page)
    page.evaluate(SELECT if path == "/" else IN_SHADOW)
    chrome.press_keys(page)
    assert shared(chrome, page, programs) == SECRET.encode()


def test_by_the_keys_in_the_frame_that_has_them(chrome: Chrome, page: Page, site: LocalSite, programs: Programs) -> None:
    page.goto(f"{site.base}/frames")
    chrome.grant_tab(page)
    page.evaluate("() => getSelection().selectAllChildren(document.querySelector('p'))")
    inner = frame_of(page, "/inner")
    inner.locator("#secret").click()
    inner.evaluate(SELECT)
    chrome.press_keys(page)
    assert shared(chrome, page, programs) == SECRET.encode()


def test_by_the_keys_with_nothing_selected(chrome: Chrome, page: Page, site: LocalSite) -> None:
    page.goto(f"{site.base}/")
    chrome.grant_tab(page)
    chrome.press_keys(page)
    [notice] = chrome.wait_for_notice()
    assert says(notice, "failed.nothingHere")
    assert chrome.shares() == []
