"""What people see at an address where nothing is, and that links with something too much at their end still lead there."""

import re

import pytest
from appearance import examine
from playwright.sync_api import Browser, Page, expect
from programs import Programs
from service import Service
from steps import MESSAGES, press_open, says, shown_text

NOTHING = re.compile("There is nothing at this address")


@pytest.mark.parametrize("path", ["/s", "/s/", "/S/abc#key", "/a/b/c", "//nobody.example/s/"])
def test_an_address_where_nothing_is(browser: Browser, service: Service, path: str) -> None:
    # Not watched: the browser says in the console that it was a 404.
    page = browser.new_page()
    answers: list[tuple[str, int]] = []
    page.on("response", lambda answer: answers.append((answer.url, answer.status)))
    page.goto(service.base + path)
    says(page, "missing.title")
    expect(page).to_have_title(MESSAGES["missing.document"])
    page.wait_for_load_state("networkidle")
    assert [status for _, status in answers] == [404] + [200] * (len(answers) - 1)
    assert len(answers) > 5 and all(url.startswith(f"{service.base}/") for url, _ in answers)
    # Said in its own language in the first round, as every page is.
    assert [url for url, _ in answers if "/locales/en." in url]
    page.get_by_role("link", name=MESSAGES["missing.share"]).click()
    says(page, "create.title")
    assert page.url == f"{service.base}/"
    page.close()


def test_how_it_looks(browser: Browser, service: Service) -> None:
    page = browser.new_page()
    page.goto(f"{service.base}/s/")
    says(page, "missing.title")
    examine(page, "missing")
    page.close()


def test_without_scripts(browser: Browser, service: Service) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{service.base}/s")
    expect(page.get_by_text(NOTHING).locator("visible=true")).to_have_count(1)
    context.close()


@pytest.mark.parametrize("ending", ["/", "/?utm_source=mail"])
def test_a_link_with_something_before_its_key(page: Page, service: Service, programs: Programs, ending: str) -> None:
    link = programs.share_text("still whole")["link"]
    page.goto(link.replace("#", f"{ending}#"))
    press_open(page)
    assert shown_text(page) == "still whole"
    # The key is gone from the address bar, as ever.
    assert "#" not in page.url
