"""A selection in a field that becomes the link: as if typed, so that pages notice and the user can undo it."""

from collections.abc import Iterator

import pytest
from chrome import Chrome, says
from ledger import LINK
from localsite import LocalSite
from playwright.sync_api import Page
from programs import Programs
from wire import Wire

SECRET = "first line\n  second line"
BEFORE, AFTER = "Hello,\n", "\nbye"

# A page that keeps a model of its own, as frameworks do: what it was not told of is undone.
FIELDS = """<!doctype html><title>form</title>
<textarea id=area rows=9></textarea><input id=line><input id=short maxlength=20><textarea id=fixed readonly>a secret</textarea>
<div id=editor contenteditable style="white-space: pre-wrap"></div><div id=host></div><script>
    window.heard = [];
    for (const type of ["beforeinput", "input"]) {
        document.addEventListener(type, (event) => heard.push([type, event.inputType]), true);
    }
    window.model = {};
    document.addEventListener("input", ({ target }) => { model[target.id] = target.value ?? target.innerText; });
    const inner = host.attachShadow({ mode: "closed" });
    inner.innerHTML = "<textarea></textarea>";
    window.hidden = inner.querySelector("textarea");
</script>"""

SELECT_IN_FIELD = """([field, before, secret, after]) => {
    const element = field === "hidden" ? hidden : document.getElementById(field);
    if (before !== null) element.value = before + secret + after;
    const start = element.value.indexOf(secret);
    element.focus();
    element.setSelectionRange(start, start + secret.length);
}"""

SELECT_IN_EDITOR = """([before, secret, after]) => {
    const [text, ...rest] = [before, secret, after].map((part) => document.createTextNode(part));
    editor.replaceChildren(text, ...rest);
    editor.focus();
    getSelection().setBaseAndExtent(rest[0], 0, rest[0], secret.length);
}"""


@pytest.fixture
def page(chrome: Chrome) -> Iterator[Page]:
    site = LocalSite({"/": FIELDS})
    page = chrome.context.new_page()
    page.goto(f"{site.base}/")
    chrome.grant_tab(page)
    yield page
    site.close()


def replace(chrome: Chrome, page: Page, text: str) -> None:
    chrome.click_menu_item(page, text.replace("\n", " "), item="replace")


def link_of(chrome: Chrome) -> str:
    [share] = chrome.shares()
    return share["shared"]["link"]


@pytest.mark.parametrize("field", ["area", "line", "hidden"])
def test_in_a_field(chrome: Chrome, page: Page, programs: Programs, field: str) -> None:
    before, secret, after = ("Hello, ", "a secret", " bye") if field == "line" else (BEFORE, SECRET, AFTER)
    page.evaluate(SELECT_IN_FIELD, [field, before, secret, after])
    replace(chrome, page, secret)
    [notice] = chrome.wait_for_notice()
    assert says(notice, "replaced.text")
    link = link_of(chrome)
    value = "() => (document.getElementById('FIELD') ?? hidden).value".replace("FIELD", field)
    assert page.evaluate(value) == before + link + after
    assert LINK.search(chrome.clipboard(page)) is None, "the clipboard stays the user's"
    assert programs.command("open", link).stdout == secret.encode()

    heard = page.evaluate("() => heard")
    assert heard == [["beforeinput", "insertText"], ["input", "insertText"]]
    if field != "hidden":
        assert page.evaluate(f"() => model.{field}") == before + link + after, "the page has noticed"
    page.keyboard.press("Control+z")
    assert page.evaluate(value) == before + secret + after


def test_in_an_editor(chrome: Chrome, page: Page, programs: Programs) -> None:
    page.evaluate(SELECT_IN_EDITOR, [BEFORE, SECRET, AFTER])
    replace(chrome, page, SECRET)
    [notice] = chrome.wait_for_notice()
    assert says(notice, "replaced.text")
    link = link_of(chrome)
    assert page.locator("#editor").inner_text() == BEFORE + link + AFTER
    assert page.evaluate("() => model.editor") == BEFORE + link + AFTER
    assert programs.command("open", link).stdout == SECRET.encode()
    page.keyboard.press("Control+z")
    assert page.locator("#editor").inner_text() == BEFORE + SECRET + AFTER


@pytest.mark.parametrize("field", ["short", "fixed"])
def test_a_field_that_takes_no_link(chrome: Chrome, page: Page, field: str) -> None:
    page.evaluate(SELECT_IN_FIELD, [field, None if field == "fixed" else "", "a secret", ""])
    replace(chrome, page, "a secret")
    [notice] = chrome.wait_for_notice()
    assert says(notice, "notReplaced", "copied.text")
    assert chrome.clipboard(page) == link_of(chrome)
    assert page.locator(f"#{field}").input_value() == "a secret"


def test_a_field_that_has_changed_meanwhile(chrome: Chrome, page: Page, wire: Wire) -> None:
    chrome.set_server(wire.base)
    wire.hold(lambda piece: piece.startswith(b"POST /api/v1/secrets"))
    page.evaluate(SELECT_IN_FIELD, ["area", BEFORE, SECRET, AFTER])
    replace(chrome, page, SECRET)
    chrome.until(lambda: wire.held > 0)
    page.locator("#area").fill("something else by now")
    wire.mend()
    [notice] = chrome.wait_for_notice()
    assert says(notice, "notReplaced", "copied.text")
    assert chrome.clipboard(page) == link_of(chrome)
    assert page.locator("#area").input_value() == "something else by now"


@pytest.mark.parametrize("text", ["word", "two words"])
def test_a_field_in_a_frame_that_no_script_may_reach(chrome: Chrome, page: Page, text: str) -> None:
    """Of another site, for one: what is in it stays, and whoever meant to replace it is told so."""
    chrome.click(page, {"menuItemId": "replace", "selectionText": text, "frameId": 99, "editable": True})
    [notice] = chrome.wait_for_notice()
    assert says(notice, "notReplaced", "copied.text", *(["inexact"] if " " in text else []))
    assert chrome.clipboard(page) == link_of(chrome)


def test_a_page_that_was_left_meanwhile(chrome: Chrome, page: Page, wire: Wire) -> None:
    chrome.set_server(wire.base)
    wire.hold(lambda piece: piece.startswith(b"POST /api/v1/secrets"))
    page.evaluate(SELECT_IN_FIELD, ["area", BEFORE, SECRET, AFTER])
    replace(chrome, page, SECRET)
    chrome.until(lambda: wire.held > 0)
    page.reload()
    wire.mend()
    [notice] = chrome.wait_for_notice()
    assert says(notice, "notReplaced", "copied.text")
    assert chrome.clipboard(page) == link_of(chrome)


def test_an_editor_that_puts_it_in_by_itself(chrome: Chrome, page: Page) -> None:
    """As those do that draw their page from a model of their own."""
    page.evaluate("""() => editor.addEventListener("beforeinput", (event) => {
        event.preventDefault();
        requestAnimationFrame(() => { editor.innerText = `(${event.data})`; });
    })""")
    page.evaluate(SELECT_IN_EDITOR, [BEFORE, SECRET, AFTER])
    replace(chrome, page, SECRET)
    [notice] = chrome.wait_for_notice()
    assert says(notice, "replaced.text")
    assert page.locator("#editor").inner_text() == f"({link_of(chrome)})"


def test_an_editor_that_refuses_is_not_forced(chrome: Chrome, page: Page) -> None:
    page.evaluate("() => editor.addEventListener('beforeinput', (event) => event.preventDefault())")
    page.evaluate(SELECT_IN_EDITOR, [BEFORE, SECRET, AFTER])
    replace(chrome, page, SECRET)
    [notice] = chrome.wait_for_notice()
    assert says(notice, "notReplaced", "copied.text")
    assert page.locator("#editor").inner_text() == BEFORE + SECRET + AFTER
    assert chrome.clipboard(page) == link_of(chrome)


def test_pressing_the_notification_copies_the_link(chrome: Chrome, page: Page) -> None:
    page.evaluate(SELECT_IN_FIELD, ["area", BEFORE, SECRET, AFTER])
    replace(chrome, page, SECRET)
    [notice] = chrome.wait_for_notice()
    chrome.evaluate("(id) => chrome.notifications.onClicked.dispatch(id)", notice["id"])
    chrome.wait_for_notice(2)
    assert chrome.clipboard(page) == link_of(chrome)
