"""What a page does when something of its own fails, or a text is not made for pages."""

import pytest
from playwright.sync_api import Browser, Page
from programs import Programs
from steps import look, press_open, shown_text


@pytest.mark.parametrize("lost", ["**/pages/open.*.js", "**/keylink/client.*.js", "**/pages/messages.*.js"])
def test_a_script_that_does_not_load_costs_no_link(browser: Browser, programs: Programs, lost: str) -> None:
    link = programs.share_text("still in the address bar")["link"]
    # Not watched: a script that is missing is an error in the console.
    page = browser.new_page()
    page.route(lost, lambda route: route.fulfill(status=503))
    page.goto(link)
    page.wait_for_function("address => location.href === address", arg=link)
    page.unroute(lost)
    page.goto("about:blank")
    look(page, link)
    press_open(page)
    assert shown_text(page) == "still in the address bar"
    page.close()


@pytest.mark.parametrize(("text", "direction"), [("x" * 1_000_000, "ltr"), ("\u05d0" * 500_000, "rtl")])
def test_one_line_of_megabytes_is_shown(page: Page, programs: Programs, text: str, direction: str) -> None:
    look(page, programs.share_text(text)["link"])
    press_open(page)
    assert shown_text(page) == text
    assert page.locator("pre").get_attribute("dir") == direction
