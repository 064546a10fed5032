"""Sharing while the connection breaks, is gone, or comes back: one secret in the end, and nothing that has to be typed again."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from appearance import examine
from ledger import Ledger
from playwright.sync_api import BrowserContext, Page, Request, expect
from programs import Programs
from service import Service
from steps import MESSAGES, created, fill, receipt_of, says
from wire import Wire

LARGE = 24_000_000


def press(page: Page, name: str = "create.submit") -> None:
    page.get_by_role("button", name=MESSAGES[name]).click()


def until(page: Page, condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come to that")


@pytest.fixture
def wired(page: Page, wire: Wire) -> Page:
    """The page, with the wire between it and the server."""
    page.context.watch.allow(wire.base)
    page.goto(f"{wire.base}/")
    says(page, "create.title")
    return page


def sends(request: Request) -> bool:
    return request.method == "POST" and "/api/v1/secrets?" in request.url


def test_offline_in_the_middle_and_on_again(wired: Page, wire: Wire, programs: Programs, ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "large.bin").write_bytes(bytes(LARGE))
    fill(wired, ledger, text="sent over two connections", files=[tmp_path / "large.bin"])
    wire.hold(lambda piece: piece.startswith(b"POST /api/v1/secrets"))
    press(wired)
    says(wired, "working.sending")
    until(wired, lambda: wire.held == 1)
    examine(wired, "working-sending")
    wired.context.set_offline(True)
    wire.cut()
    says(wired, "working.offline")
    examine(wired, "working-offline")
    wire.mend()
    wired.context.set_offline(False)
    link = created(wired, ledger)
    assert wired.context.watch.values("keylink-link-verifier") == 1, "the same octets under the same verifiers"
    folder = tmp_path / "out"
    folder.mkdir()
    found = programs.command("open", link.replace(wire.base, programs.base), "--output", str(folder))
    assert found.returncode == 0, found.stderr.decode()
    assert (folder / "large.bin").stat().st_size == LARGE


def test_a_page_that_comes_up_offline_goes_on_when_it_is_online(page: Page, service: Service, ledger: Ledger) -> None:
    page.route("**/api/v1/limits", lambda route: route.abort("internetdisconnected"))
    page.goto(f"{service.base}/")
    alert = page.get_by_role("alert").locator("visible=true")
    expect(alert).to_have_text(MESSAGES["problem.network"])
    page.unroute("**/api/v1/limits")
    page.evaluate("() => dispatchEvent(new Event('online'))")
    expect(alert).to_have_count(0)
    fill(page, ledger, text="late but whole")
    press(page)
    created(page, ledger)


@pytest.mark.parametrize("how", ["button", "Escape"])
def test_cancelling_keeps_the_form_and_goes_on_with_what_was_sealed(
    wired: Page, wire: Wire, programs: Programs, ledger: Ledger, how: str
) -> None:
    fill(wired, ledger, text="stopped and sent again", views=2, passphrase="kept in its field")
    wire.hold(lambda piece: piece.startswith(b"POST /api/v1/secrets"))
    press(wired)
    says(wired, "working.sending")
    until(wired, lambda: wire.held == 1)
    if how == "button":
        wired.get_by_role("button", name=MESSAGES["cancel"]).click()
    else:
        wired.keyboard.press("Escape")
    expect(wired.get_by_role("alert").locator("visible=true")).to_have_text(MESSAGES["create.stopped"])
    expect(wired.get_by_role("textbox", name="Secret")).to_have_value("stopped and sent again")
    expect(wired.locator("#passphrase")).to_have_value("kept in its field")
    wire.mend()
    press(wired)
    link = created(wired, ledger)
    assert wired.context.watch.values("keylink-link-verifier") == 1
    looked = programs.command("look", link.replace(wire.base, programs.base))
    assert b"Views left  2" in looked.stdout


def lose_the_answer(page: Page, wire: Wire) -> None:
    """The server stores it, the answer never comes, and the person stops waiting; then the line is whole again."""
    wire.silence(lambda piece: piece.startswith(b"POST /api/v1/secrets"))
    press(page)
    until(page, lambda: wire.unanswered == 1)
    page.get_by_role("button", name=MESSAGES["cancel"]).click()
    wire.cut()
    wire.mend()


def test_what_was_stored_without_an_answer_and_then_changed_is_taken_back(
    wired: Page, wire: Wire, programs: Programs, ledger: Ledger
) -> None:
    fill(wired, ledger, text="not what is wanted in the end")
    lose_the_answer(wired, wire)
    wired.get_by_role("textbox", name="Secret").fill(ledger.keep_text("what is wanted instead"))
    with wired.expect_response(lambda answer: answer.request.method == "DELETE") as revoked:
        press(wired)
        link = created(wired, ledger)
    assert revoked.value.status == 204
    assert revoked.value.url.split("/")[-1] not in link
    assert programs.command("open", link.replace(wire.base, programs.base)).stdout == b"what is wanted instead"


def test_after_a_lost_answer_one_press_finds_what_was_stored(wired: Page, wire: Wire, ledger: Ledger) -> None:
    fill(wired, ledger, text="stored before the answer was lost")
    lose_the_answer(wired, wire)
    sent = []
    wired.on("request", lambda request: sent.append(len(request.post_data_buffer or b"")) if sends(request) else None)
    press(wired)
    created(wired, ledger)
    assert sent == [0], "the server was asked, and nothing was sent a second time"


def test_a_server_that_asks_to_wait_gets_its_time(page: Page, service: Service, ledger: Ledger) -> None:
    page.goto(f"{service.base}/")
    refusal = {"type": "about:blank", "title": "busy", "status": 503, "code": "shutting-down"}
    page.route(
        "**/api/v1/secrets?*",
        lambda route: route.fulfill(
            status=503, json=refusal, content_type="application/problem+json", headers={"Retry-After": "1"}
        ),
    )
    fill(page, ledger, text="patient")
    press(page)
    says(page, "working.busy")
    examine(page, "working-busy")
    page.unroute("**/api/v1/secrets?*")
    created(page, ledger)


def test_a_create_token_is_asked_for_and_costs_no_second_sealing(
    visitor: Callable[..., BrowserContext], ledger: Ledger, tmp_path: Path
) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text(f"{ledger.keep('a-token-of-this-test', 'create token')}\n")
    closed = Service(tmp_path / "closed", "--create-token-file", str(tokens))
    try:
        page = visitor().new_page()
        page.context.watch.allow(closed.base)
        page.goto(f"{closed.base}/")
        field = page.get_by_label("Create token")
        expect(field).to_be_visible()
        examine(page, "create-token")
        fill(page, ledger, text="for members only")
        press(page)
        expect(page.get_by_role("alert").locator("visible=true")).to_have_text(MESSAGES["problem.missing-token"])
        field.fill("not-the-token")
        press(page)
        expect(page.get_by_role("alert").locator("visible=true")).to_have_text(MESSAGES["problem.not-allowed"])
        field.fill("a-token-of-this-test")
        press(page)
        created(page, ledger)
        assert page.context.watch.values("keylink-link-verifier") == 1
    finally:
        closed.stop()


def test_a_full_server_is_told_and_an_emptied_one_takes_it(
    visitor: Callable[..., BrowserContext], ledger: Ledger, tmp_path: Path
) -> None:
    full = Service(tmp_path / "full", "--max-storage-bytes", "3MB")
    try:
        page = visitor().new_page()
        page.context.watch.allow(full.base)
        page.goto(f"{full.base}/")
        (tmp_path / "large.bin").write_bytes(bytes(2_000_000))
        fill(page, ledger, files=[tmp_path / "large.bin"])
        press(page)
        created(page, ledger)
        receipt = receipt_of(page, ledger)
        page.get_by_role("button", name=MESSAGES["shared.another"]).click()
        page.get_by_role("button", name=MESSAGES["shared.leave.go"]).click()
        fill(page, ledger, text="waits for room", files=[tmp_path / "large.bin"])
        press(page)
        expect(page.get_by_role("alert").locator("visible=true")).to_have_text(MESSAGES["problem.storage-full"])
        examine(page, "create-server-full")
        other = page.context.new_page()
        other.goto(receipt)
        other.get_by_role("button", name=MESSAGES["receipt.revoke"], exact=True).click()
        other.get_by_role("button", name=MESSAGES["receipt.confirm.yes"]).click()
        says(other, "receipt.revoked.title")
        press(page, "again")
        created(page, ledger)
        assert page.context.watch.values("keylink-link-verifier") == 2, "one for each secret"
    finally:
        full.stop()


def test_progress_is_read_out_now_and_then(wired: Page, wire: Wire, ledger: Ledger, tmp_path: Path) -> None:
    wired.clock.install()
    (tmp_path / "large.bin").write_bytes(bytes(LARGE))
    fill(wired, ledger, files=[tmp_path / "large.bin"])
    spoken = wired.locator("[data-meter=spoken]")
    spoken.evaluate(
        """(place) => {
            globalThis.said = [];
            new MutationObserver(() => said.push(place.textContent)).observe(place, { childList: true });
        }"""
    )
    wire.hold(lambda piece: piece.startswith(b"POST /api/v1/secrets"))
    press(wired)
    says(wired, "working.sending")
    until(wired, lambda: wire.held == 1)
    assert wired.evaluate("() => said") == []
    wired.clock.fast_forward(11_000)
    wire.mend()
    created(wired, ledger)
    said = wired.evaluate("() => said")
    assert len(said) == 1, "however many times the numbers changed"
    assert re.fullmatch(r"\d+% done, .+ left", said[0])
