"""What a page does when something of its own fails, or a text is not made for pages."""

import pytest
from playwright.sync_api import Browser, Page, expect
from programs import Programs
from service import Service
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


def test_a_full_storage_is_no_reason_to_stay_shut(page: Page, service: Service, programs: Programs) -> None:
    """Other pages of the same origin may have filled it."""
    page.goto(f"{service.base}/threat-model.html")
    page.evaluate(
        """() => {
            for (let size = 1 << 22, at = 0; size >= 1; at++) {
                try {
                    localStorage.setItem(`other ${at}`, "x".repeat(size));
                } catch (error) {
                    if (error.name !== "QuotaExceededError") throw error;
                    size /= 2; // full, for pieces of this size
                }
            }
        }"""
    )
    look(page, programs.share_text("opened though nothing fits")["link"])
    press_open(page)
    assert shown_text(page) == "opened though nothing fits"
    page.goto(f"{service.base}/")
    page.locator(".languages select").select_option("de")
    expect(page.locator("html")).to_have_attribute("lang", "de")


@pytest.mark.parametrize(("text", "direction"), [("x" * 1_000_000, "ltr"), ("\u05d0" * 500_000, "rtl")])
def test_one_line_of_megabytes_is_shown(page: Page, programs: Programs, text: str, direction: str) -> None:
    look(page, programs.share_text(text)["link"])
    press_open(page)
    assert shown_text(page) == text
    assert page.locator("pre").get_attribute("dir") == direction
