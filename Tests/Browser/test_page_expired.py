"""A secret that nobody opened in time."""

import time

from ledger import Ledger
from playwright.sync_api import Page
from programs import Programs
from steps import says

GONE = 3


def test_expired(page: Page, expiring: dict[str, str], programs: Programs, ledger: Ledger) -> None:
    # Asked of the server, whose clock alone counts; looking burns nothing.
    deadline = time.monotonic() + 120
    while programs.reference("look", expiring["link"]).returncode != GONE:
        assert time.monotonic() < deadline, "it does not expire"
        page.wait_for_timeout(500)
    page.goto(expiring["link"])
    says(page, "ended.expired.title")
    page.goto(expiring["receiptLink"])
    says(page, "receipt.expired.title")
