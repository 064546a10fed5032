"""Links that open nothing: each says why, and what to do next. And where the key of a link goes, which is nowhere."""

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from ledger import Ledger
from playwright.sync_api import Browser, BrowserContext, Page, expect
from programs import Programs
from service import Service
from steps import MESSAGES, look, open_text, press_open, says, shown_text


def mangled(arrived: str, link: str) -> str:
    """%s is the link up to the #, %k its key, %a and %b are parts of the key."""
    start, key = link.split("#")
    for name, part in {"%s": start, "%k": key, "%a": key[:20], "%b": key[20:]}.items():
        arrived = arrived.replace(name, part)
    return arrived


def paste(page: Page, text: str) -> None:
    page.get_by_label("Link").fill(text)
    page.get_by_role("button", name=MESSAGES["paste.submit"]).click()


def test_opened(page: Page, programs: Programs) -> None:
    link = programs.share_text("opened by the command")["link"]
    assert programs.reference("open", link).stdout == b"opened by the command"
    page.goto(link)
    says(page, "ended.opened.title")


def test_revoked(page: Page, visitor: Callable[..., BrowserContext], programs: Programs) -> None:
    shared = programs.share_text("revoked by the command")
    assert programs.command("revoke", shared["receiptLink"]).returncode == 0
    page.goto(shared["link"])
    says(page, "ended.revoked.title")


def test_never_there(page: Page, service: Service, ledger: Ledger) -> None:
    page.goto(ledger.keep_link(f"{service.base}/s/AAAAAAAAAAAAAAAAAAAAAA#{'A' * 43}"))
    says(page, "ended.not-found.title")


def test_another_key(page: Page, programs: Programs, ledger: Ledger) -> None:
    link = programs.share_text("not with this key")["link"]
    page.goto(ledger.keep_link(f"{link.split('#')[0]}#{'B' * 42}A"))
    says(page, "ended.not-found.title")


def test_without_a_key_it_asks_for_the_whole_link(page: Page, programs: Programs) -> None:
    link = programs.share_text("the key came later")["link"]
    page.goto(link.split("#")[0])
    says(page, "ended.noKey.title")
    page.get_by_label("Link").fill(f"  “{link}”. ")
    page.get_by_role("button", name=MESSAGES["paste.submit"]).click()
    press_open(page)
    assert shown_text(page) == "the key came later"


def test_after_a_reload_it_asks_for_the_link_and_says_why(page: Page, programs: Programs) -> None:
    link = programs.share_text("loaded twice")["link"]
    look(page, link)
    page.reload()
    says(page, "ended.reloaded.title")
    expect(page.locator("#ended-text")).to_have_text(MESSAGES["ended.reloaded.text"])
    assert link.split("#")[1] not in page.evaluate("() => JSON.stringify([history.state, location.href])")

    # What is pasted by hand without its key is not whole, whatever the page did before.
    page.get_by_label("Link").fill(link.split("#")[0])
    page.get_by_role("button", name=MESSAGES["paste.submit"]).click()
    says(page, "ended.noKey.title")

    page.get_by_label("Link").fill(link)
    page.get_by_role("button", name=MESSAGES["paste.submit"]).click()
    press_open(page)
    assert shown_text(page) == "loaded twice"
    page.reload()
    says(page, "ended.reloaded.title")


def test_coming_back_to_a_link_says_that_it_was_loaded_anew(page: Page, service: Service, programs: Programs) -> None:
    link = programs.share_text("left and come back to")["link"]
    look(page, link)
    page.goto(f"{service.base}/threat-model.html")
    page.go_back()
    # The browser may have kept the page as it was, key in memory; otherwise it was loaded anew.
    heading = page.get_by_role("heading", level=1).locator("visible=true")
    expect(heading).to_have_text(re.compile(f"{MESSAGES['ended.reloaded.title']}|{MESSAGES['open.title']}"))


def test_a_receipt_that_is_loaded_anew_says_so(page: Page, programs: Programs) -> None:
    receipt = programs.share_text("asked for twice")["receiptLink"]
    page.goto(receipt.split("#")[0])
    says(page, "receipt.ask.title")
    page.goto(receipt)
    says(page, "receipt.waiting.title")
    page.reload()
    says(page, "receipt.reloaded.title")
    page.get_by_label("Receipt address").fill(receipt)
    page.get_by_role("button", name=MESSAGES["paste.submit"]).click()
    says(page, "receipt.waiting.title")


def test_no_sentence_denies_the_views_that_were_taken(
    page: Page, visitor: Callable[..., BrowserContext], programs: Programs
) -> None:
    link = programs.share_text("read by somebody before", "--views", "3")["link"]
    assert open_text(visitor().new_page(), link) == "read by somebody before"
    look(page, link)
    expect(page.locator("#views")).to_contain_text("2 more times")
    expect(page.locator("#ready")).not_to_contain_text("Nothing has been opened")
    assert open_text(visitor().new_page(), link) == "read by somebody before"


@pytest.mark.parametrize("kept", [1, 20, 42])
def test_cut_off(page: Page, programs: Programs, kept: int) -> None:
    link = programs.share_text("cut off on the way")["link"]
    address, key = link.split("#")
    page.goto(f"{address}#{key[:kept]}")
    says(page, "ended.cut.title")
    page.get_by_label("Link").fill(link)
    page.get_by_role("button", name=MESSAGES["paste.submit"]).click()
    press_open(page)
    assert shown_text(page) == "cut off on the way"


def test_more_than_the_link(page: Page, programs: Programs) -> None:
    link = programs.share_text("with something at its end")["link"]
    page.goto(f"{link}and-more")
    says(page, "ended.surplus.title")
    expect(page.locator("#ended-text")).to_contain_text("51 are there")


def test_an_escaped_hash_opens_and_warns(browser: Browser, programs: Programs) -> None:
    # The key is in the path here, so the server does see it: exactly that is what the page has to say.
    # Its log still must not (test_log.py).
    link = programs.share_text("escaped on the way")["link"]
    page = browser.new_context().new_page()
    page.goto(link.replace("#", "%23"))
    expect(page.get_by_text(MESSAGES["open.exposed.escaped"])).to_be_visible()
    assert "%23" not in page.url
    press_open(page)
    assert shown_text(page) == "escaped on the way"
    page.context.close()


@pytest.mark.parametrize("arrived", ["%s?fbclid=IwAR0x&utm_source=mail#%k", "%s#%k%20please", "%s#%a %b", "%s#%k&gclid=x"])
def test_what_was_added_on_the_way_is_passed_over(page: Page, programs: Programs, arrived: str) -> None:
    """In the address bar; what can be pasted is in Spec/vectors/paste.json."""
    link = programs.share_text("added to on the way")["link"]
    page.goto(mangled(arrived, link))
    press_open(page)
    expect(page.locator("#exposed-note")).to_be_hidden()
    expect(page.locator("#server-word")).to_have_text(MESSAGES["server.blind"])
    assert page.url == link.split("#")[0]
    assert shown_text(page) == "added to on the way"


@pytest.mark.parametrize("arrived", ["%s%23%k", "%s%2523%k", "%s?fbclid=x%23%k"])
def test_an_escaped_key_is_not_sent_again(browser: Browser, programs: Programs, arrived: str) -> None:
    """Nor said to be unknown to the server."""
    link = programs.share_text("escaped, and loaded again")["link"]
    key = link.split("#")[1]
    page = browser.new_context().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/pages/open.*.js", lambda route: route.fulfill(status=503))
    page.goto(mangled(arrived, link))
    page.wait_for_function("key => location.hash === `#${key}`", arg=key)
    assert sum(key in address for address in asked) == 1, "as it was called"
    page.unroute("**/pages/open.*.js")
    asked.clear()
    page.reload()
    expect(page.get_by_role("button", name="Open secret")).to_be_visible()
    assert not any(key in address for address in asked if "#" not in address)

    page.goto(mangled(arrived, link))
    expect(page.get_by_text(MESSAGES["open.exposed.escaped"])).to_be_visible()
    expect(page.locator("#server-word")).to_have_text(MESSAGES["server.mayHaveKey"])
    assert page.url.split("?")[0] == link.split("#")[0] and key not in page.url
    page.context.close()


def test_two_links_are_one_too_many(page: Page, programs: Programs) -> None:
    shared = programs.share_text("one of two")
    page.goto(shared["link"].split("#")[0])
    paste(page, f"{shared['link']} {shared['receiptLink']}")
    says(page, "ended.several.title")
    paste(page, f"It is here:\n<{shared['link'][:-20]}=\n{shared['link'][-20:]}>.")
    press_open(page)
    assert shown_text(page) == "one of two"


def test_wrapped_by_a_link_scanner(page: Page, service: Service, programs: Programs) -> None:
    link = programs.share_text("wrapped on the way")["link"]
    page.goto(f"{service.base}/s/{link.split('/s/')[1].split('#')[0]}")
    page.get_by_label("Link").fill(f"https://scanner.example/?url={quote(link, safe='')}&data=1")
    page.get_by_role("button", name=MESSAGES["paste.submit"]).click()
    expect(page.get_by_text(MESSAGES["open.exposed.wrapped"])).to_be_visible()
    press_open(page)
    assert shown_text(page) == "wrapped on the way"


def test_a_receipt_is_not_a_link(page: Page, programs: Programs) -> None:
    shared = programs.share_text("mixed up")
    page.goto(shared["receiptLink"].replace("/r/", "/s/"))
    says(page, "ended.not-found.title")
    page.goto(shared["link"].replace("/s/", "/r/"))
    says(page, "receipt.not-found.title")
    assert open_text(page, shared["link"]) == "mixed up"


def test_the_key_leaves_the_address_bar_and_goes_nowhere(page: Page, programs: Programs) -> None:
    link = programs.share_text("its key stays in memory")["link"]
    key = link.split("#")[1]
    look(page, link)
    assert page.url == link.split("#")[0]
    stored = """async () => JSON.stringify([
        { ...localStorage }, { ...sessionStorage }, history.state, document.cookie, document.referrer,
        (await indexedDB.databases()).map(({ name }) => name), await caches.keys(), document.documentElement.outerHTML,
    ])"""
    assert key not in page.evaluate(stored)
    press_open(page)
    assert shown_text(page) == "its key stays in memory"
    left = page.evaluate(stored)
    assert key not in left
    assert page.evaluate("() => localStorage.length") == 0, "a claim that has ended leaves no record"
    page.go_back()
    assert key not in page.url


def test_the_receipt_key_leaves_the_address_bar_too(page: Page, programs: Programs) -> None:
    receipt = programs.share_text("its receipt")["receiptLink"]
    page.goto(receipt)
    says(page, "receipt.waiting.title")
    assert page.url == receipt.split("#")[0]


def test_a_link_pasted_over_the_page_is_followed(page: Page, programs: Programs) -> None:
    first, second = (programs.share_text(text)["link"] for text in ("the first", "the second"))
    look(page, first)
    with page.expect_navigation(url=lambda address: address.startswith(second.split("#")[0])):
        page.evaluate("(link) => { location.href = link; }", second)
    press_open(page)
    assert shown_text(page) == "the second"


def test_a_key_pasted_over_the_page_is_followed(page: Page, programs: Programs, ledger: Ledger) -> None:
    """The fragment alone is another: nothing is loaded, and the page has to notice by itself."""
    link = programs.share_text("the right key at last")["link"]
    page.goto(ledger.keep_link(f"{link.split('#')[0]}#{'B' * 42}A"))
    says(page, "ended.not-found.title")
    page.evaluate("(link) => { window.stayed = true; location.href = link; }", link)
    press_open(page)
    assert shown_text(page) == "the right key at last"
    assert page.evaluate("() => window.stayed")


def test_an_injected_script_does_not_run(browser: Browser, service: Service) -> None:
    page = browser.new_context().new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(f"{service.base}/")
    assigned = page.evaluate(
        """() => {
            const script = document.createElement("script");
            let assigned = "assigned";
            try { script.textContent = "document.title = 'run'"; } catch (error) { assigned = error.name; }
            script.append("document.title = 'run'");
            document.body.append(script);
            const image = new Image();
            image.src = "https://elsewhere.example/collect";
            return assigned;
        }"""
    )
    assert assigned == "TypeError", "Trusted Types"
    page.wait_for_function("() => document.title !== ''")
    assert page.title() == MESSAGES["create.document"]
    assert sum("elsewhere.example" in text for text in refused) == 1
    assert any("TrustedScript" in text for text in refused)
    page.context.close()
