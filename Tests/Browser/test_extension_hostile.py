"""A page that does all it can to learn what the extension makes of it, and learns nothing."""

from collections.abc import Iterator

import pytest
from chrome import Chrome, says
from ledger import LINK
from localsite import Answer, LocalSite
from playwright.sync_api import Page
from programs import Programs

SECRET = "the hostile page's own secret"

# It redefines what a script may redefine, listens to all it can, looks at its document and its clipboard again and again,
# and writes down what it gets to see.
HOSTILE = """<!doctype html><title>hostile</title><pre id="secret">the hostile page's own secret</pre><textarea></textarea>
<img id="picture" src="/picture"><script>
    window.seen = [];
    const stringify = JSON.stringify, push = Array.prototype.push;
    const note = (...what) => {
        try { push.call(window.seen, what.map(String).join(" ")); } catch (error) { window.failed = error; }
    };

    // Every event that a document can hear of, at the window and on its way there.
    const types = new Set(["copy", "cut", "paste", "beforecopy", "beforecut", "beforepaste", "message", "messageerror", "storage",
        "focusin", "focusout", "selectionchange", "selectstart", "visibilitychange", "hashchange", "popstate", "beforeinput",
        "securitypolicyviolation", "compositionend", "readystatechange", "unhandledrejection", "DOMContentLoaded"]);
    for (const holder of [window, document, HTMLElement.prototype]) {
        for (const name in holder) if (name.startsWith("on")) types.add(name.slice(2));
    }
    for (const type of types) {
        for (const target of [window, document]) {
            target.addEventListener(type, (event) => {
                let text = "";
                try { text = event.clipboardData?.getData("text") ?? ""; } catch (error) { text = error.name; }
                note("event", type, text, stringify(event.data ?? event.detail ?? null), event.target?.value ?? "");
            }, true);
        }
    }

    // Every change of the document, and what it loads.
    new MutationObserver((changes) => changes.forEach(({ target }) => note("change", target.outerHTML ?? target.data)))
        .observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    new PerformanceObserver((list) => list.getEntries().forEach(({ name }) => note("loaded", name)))
        .observe({ entryTypes: ["resource", "navigation", "mark", "measure"] });

    // Whatever is called on the prototypes that a script which reads, fetches, encodes or sends would use.
    const spied = [Selection, Range, Document, Element, HTMLElement, Node, HTMLTextAreaElement, HTMLInputElement, Blob,
        FileReader, Response, Request, Headers, ReadableStream, ReadableStreamDefaultReader, TextEncoder, TextDecoder, URL,
        Storage, Clipboard, MessagePort, BroadcastChannel, Array, String, RegExp, Promise, Uint8Array, Map, EventTarget,
        XMLHttpRequest];
    for (const { prototype, name: owner } of spied) {
        for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
            if (typeof value !== "function" || name === "constructor") continue;
            let busy = false;
            prototype[name] = function (...values) {
                if (!busy && !window.quiet) {
                    busy = true;
                    const texts = values.filter((value) => typeof value === "string");
                    try { note("call", owner, name, ...texts); } finally { busy = false; }
                }
                return value.apply(this, values);
            };
        }
    }
    for (const name of ["fetch", "open", "postMessage", "getSelection", "btoa", "atob", "structuredClone", "setTimeout"]) {
        const original = window[name];
        window[name] = function (...values) {
            if (!window.quiet) note("call", name, ...values);
            return original.apply(this, values);
        };
    }
    document.execCommand = (...values) => { note("execCommand", ...values); return false; };
    navigator.clipboard.writeText = async (text) => note("written", text);
    window.chrome = new Proxy({}, { get: (_, name) => { note("chrome", name); return undefined; } });
    Object.defineProperty(window, "browser", { get: () => { note("browser"); return undefined; } });
    for (const name of ["link", "text", "result", "port", "share", "keylink", "name", "address"]) {
        const set = function (value) {
            note("set", name, value);
            Object.defineProperty(this, name, { value, writable: true, configurable: true });
        };
        Object.defineProperty(Object.prototype, name, { configurable: true, get: () => undefined, set });
    }

    // What stands in the document and, where it may, in the clipboard, over and over.
    const frames = document.getElementsByTagName("iframe");
    setInterval(() => {
        note("document", document.documentElement.outerHTML.length, frames.length, document.querySelector("textarea").value,
            Object.keys(window).length);
        navigator.clipboard.readText().then((text) => note("clipboard", text), () => 0);
    }, 20);
    window.ready = true;
</script>"""


@pytest.fixture
def page(chrome: Chrome) -> Iterator[Page]:
    site = LocalSite({"/": HOSTILE, "/picture": Answer(b"not a picture", "image/png")})
    page = chrome.context.new_page()
    page.goto(f"{site.base}/")
    assert page.evaluate("() => ready"), "it came to its end"
    its_ears_are_open(page)
    chrome.grant_tab(page)
    yield page
    site.close()


# What an extension that is careless might do in a page, and what the page then has noted.
CARELESS = """(word) => {
    document.querySelector("#secret").dataset.word = word;
    btoa(word);
    new TextEncoder().encode(word);
    dispatchEvent(new CustomEvent("message", { detail: word }));
    ({}).link = word;
    void window.chrome[word];
}"""
NOTED = """(word) => ["change", "call btoa", "call TextEncoder encode", "event message", "set link", "chrome"].every((what) =>
    seen.some((line) => line.startsWith(what) && line.includes(word))) && seen.some((line) => line.startsWith("document"))"""


def its_ears_are_open(page: Page) -> None:
    """Or it would learn nothing of the most careless extension either."""
    page.evaluate(CARELESS, "overheard")
    page.wait_for_function(NOTED, arg="overheard")
    assert page.evaluate("() => window.failed === undefined"), "and it could write all of it down"


def learnt(page: Page) -> str:
    """All that the page has noted, and all that can be found in it."""
    return page.evaluate(
        """() => {
            window.quiet = true;
            const fields = [...document.querySelectorAll("textarea")].map(({ value }) => value);
            return JSON.stringify([seen, document.documentElement.outerHTML, fields, { ...localStorage }, { ...sessionStorage }]);
        }"""
    )


def knows_nothing(chrome: Chrome, page: Page, programs: Programs, wanted: bytes) -> None:
    """Of the link and its parts, of the receipt, of the extension; and yet it opens to what was shared."""
    chrome.until(lambda: any(says(notice, "copied.text") for notice in chrome.notices()))
    [share] = chrome.shares()
    known = learnt(page)
    for link in (share["shared"]["link"], share["shared"]["receiptLink"]):
        for part in (link, *LINK.search(link).groups()[1:]):
            assert part not in known
    assert chrome.id not in known
    opened = programs.command("open", share["shared"]["link"], "--output", "-")
    assert opened.stdout == wanted


@pytest.mark.parametrize("by", ["menu", "keys"])
def test_of_a_selection(chrome: Chrome, page: Page, programs: Programs, by: str) -> None:
    page.evaluate("() => getSelection().selectAllChildren(document.querySelector('#secret'))")
    if by == "keys":
        chrome.press_keys(page)
    else:
        chrome.click_menu_item(page, SECRET)
    knows_nothing(chrome, page, programs, SECRET.encode())


def test_of_a_selection_that_it_makes_up(chrome: Chrome, page: Page, programs: Programs) -> None:
    """The user saw one text; what a page says of its selection afterwards is not what is shared."""
    page.evaluate("() => { Selection.prototype.toString = () => 'made up'; }")
    page.evaluate("() => getSelection().selectAllChildren(document.querySelector('#secret'))")
    chrome.click_menu_item(page, SECRET)
    knows_nothing(chrome, page, programs, SECRET.encode())


def test_of_a_file_that_it_holds(chrome: Chrome, page: Page, programs: Programs) -> None:
    chrome.click(page, {"menuItemId": "image", "srcUrl": page.url + "picture"})
    knows_nothing(chrome, page, programs, b"not a picture")


def test_of_an_address(chrome: Chrome, page: Page, programs: Programs) -> None:
    chrome.click(page, {"menuItemId": "link", "linkUrl": "https://example.org/reset?token=1"})
    knows_nothing(chrome, page, programs, b"https://example.org/reset?token=1")


def test_what_it_is_given_it_does_hear(chrome: Chrome, page: Page) -> None:
    """Where the user has a selection replaced, the page learns the link, as it must, and the receipt no more than ever."""
    page.evaluate("() => { const field = document.querySelector('textarea'); field.value = 'a secret'; field.select(); }")
    chrome.click_menu_item(page, "a secret", item="replace")
    chrome.until(lambda: any(says(notice, "replaced.text") for notice in chrome.notices()))
    [share] = chrome.shares()
    heard = "(link) => seen.some((line) => line.startsWith('event') && line.includes(link))"
    assert page.evaluate(heard, share["shared"]["link"])
    assert LINK.search(share["shared"]["receiptLink"])[3] not in learnt(page)
