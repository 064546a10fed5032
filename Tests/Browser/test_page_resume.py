"""The page when the line breaks, the tab is reloaded, or two tabs open the same link."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from ledger import Ledger
from playwright.sync_api import BrowserContext, Page, Route, expect
from programs import Programs
from steps import MESSAGES, created, fill, look, press_open, save, says, shown_text
from wire import Wire

CLAIM = "/claim"
# Octets that do not compress and do not repeat: a piece that is missing or doubled shows.
LARGE = Random(2).randbytes(6_000_000)


def share_large(programs: Programs, folder: Path) -> str:
    file = folder / "large.bin"
    file.write_bytes(LARGE)
    return programs.share(str(file))["link"]


def through(wire: Wire, link: str) -> str:
    """The same link, with the wire between."""
    return f"{wire.base}/s/{link.split('/s/')[1]}"


def test_a_download_that_breaks_goes_on_by_itself(
    page: Page, visitor: Callable[..., BrowserContext], wire: Wire, programs: Programs, tmp_path: Path
) -> None:
    link = share_large(programs, tmp_path)
    page.context.watch.allow(wire.base)
    look(page, through(wire, link))
    wire.cut_after(2_000_000)
    press_open(page)
    says(page, "working.waiting")
    assert wire.cuts == 1

    stranger = visitor().new_page()
    stranger.goto(link)
    says(stranger, "ended.claimed.title")

    wire.mend()
    assert save(page, "large.bin") == LARGE
    assert page.context.watch.count("POST", CLAIM) == 1, "one claim"
    assert page.context.watch.count("GET", CLAIM) >= 1, "gone on from where it was"


@pytest.mark.parametrize("how", ["button", "Escape"])
def test_a_stopped_opening_goes_on_without_another_view(
    page: Page, wire: Wire, programs: Programs, tmp_path: Path, how: str
) -> None:
    link = share_large(programs, tmp_path)
    page.context.watch.allow(wire.base)
    look(page, through(wire, link))
    wire.cut_after(1_000_000)
    press_open(page)
    says(page, "working.waiting")
    if how == "button":
        page.get_by_role("button", name="Cancel").click()
    else:
        page.locator(".languages select").press("Escape")
        says(page, "working.waiting")  # where it closes a list, it stops nothing
        page.get_by_role("button", name="Cancel").press("Escape")
    says(page, "ended.stopped.title")
    expect(page.get_by_role("alert").locator("visible=true")).to_have_count(0)
    wire.mend()
    page.get_by_role("button", name=MESSAGES["again"]).click()
    press_open(page)
    assert save(page, "large.bin") == LARGE
    assert page.context.watch.values("idempotency-key") == 1, "the same claim, however often it is asked for"


def test_a_reload_during_a_claim_loses_nothing(
    page: Page, visitor: Callable[..., BrowserContext], wire: Wire, programs: Programs, tmp_path: Path
) -> None:
    link = share_large(programs, tmp_path)
    page.context.watch.allow(wire.base)
    look(page, through(wire, link))
    wire.cut_after(1_000_000)
    press_open(page)
    says(page, "working.waiting")
    wire.mend()
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()

    # The key was never stored, so the page asks for the link; a stranger gets nothing meanwhile.
    says(page, "resume.title")
    stranger = visitor().new_page()
    stranger.goto(link)
    says(stranger, "ended.claimed.title")

    page.get_by_label("Link").fill(through(wire, link))
    page.get_by_role("button", name=MESSAGES["paste.submit"]).click()
    expect(page.locator("#resume-note")).to_be_visible()
    press_open(page)
    assert save(page, "large.bin") == LARGE


def test_two_tabs_make_one_claim(page: Page, programs: Programs) -> None:
    link = programs.share_text("seen in one tab alone")["link"]
    other = page.context.new_page()
    look(page, link)
    look(other, link)
    claims: list[Route] = []
    page.route("**/claim", lambda route: claims.append(route))
    with page.expect_request("**/claim"):
        press_open(page)
    press_open(other)
    says(other, "ended.in-use.title")
    for claim in claims:
        claim.continue_()
    page.unroute("**/claim")
    assert shown_text(page) == "seen in one tab alone"
    assert page.context.watch.count("POST", CLAIM) == 1


def test_an_upload_whose_answer_is_lost_makes_no_second_secret(page: Page, wire: Wire, ledger: Ledger) -> None:
    page.context.watch.allow(wire.base)
    page.goto(f"{wire.base}/")
    fill(page, ledger, text="stored once")
    wire.silence(lambda piece: piece.startswith(b"POST /api/v1/secrets"))
    page.get_by_role("button", name="Create link").click()
    for _ in range(200):
        if wire.unanswered:
            break
        page.wait_for_timeout(50)
    assert wire.unanswered == 1
    wire.cut()
    wire.mend()
    link = created(page, ledger)
    assert page.context.watch.values("keylink-link-verifier") == 1, (
        "whatever is sent again, by the page or by Chrome itself, has the same verifiers"
    )
    reader = page.context.new_page()
    look(reader, link)
    press_open(reader)
    assert shown_text(reader) == "stored once"
