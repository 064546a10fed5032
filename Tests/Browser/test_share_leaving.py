"""Nothing that was typed, chosen or made is lost by one press."""

from pathlib import Path

import pytest
from appearance import examine
from ledger import Ledger
from playwright.sync_api import Dialog, Page, expect
from service import Service
from steps import MESSAGES, create, created, fill, says


@pytest.fixture
def made(page: Page, service: Service, ledger: Ledger) -> Page:
    """A link that nobody has taken yet."""
    create(page, service.base, ledger, text="shown only here")
    return page


def test_a_link_that_nobody_took_is_not_left_without_a_question(made: Page) -> None:
    another = made.get_by_role("button", name=MESSAGES["shared.another"])
    stay = made.get_by_role("button", name=MESSAGES["shared.leave.stay"])
    another.click()
    expect(stay).to_be_focused()
    says(made, "shared.title")
    examine(made, "shared-leaving")
    made.keyboard.press("Escape")
    expect(another).to_be_focused()
    another.click()
    stay.click()
    expect(made.get_by_role("textbox", name="Link", exact=True)).not_to_be_empty()
    another.click()
    made.get_by_role("button", name=MESSAGES["shared.leave.go"]).click()
    says(made, "create.title")


def test_copying_answers_the_question(made: Page) -> None:
    made.context.grant_permissions(["clipboard-read", "clipboard-write"])
    another = made.get_by_role("button", name=MESSAGES["shared.another"])
    another.click()
    made.get_by_role("button", name=MESSAGES["shared.copy"]).click()
    expect(made.get_by_role("group", name=MESSAGES["shared.leave.title"])).to_be_hidden()
    another.click()
    says(made, "create.title")


@pytest.mark.parametrize("what", ["text", "file"])
def test_what_is_not_sent_yet_is_not_left_without_a_question(
    page: Page, service: Service, ledger: Ledger, tmp_path: Path, what: str
) -> None:
    page.goto(f"{service.base}/threat-model.html")
    page.goto(f"{service.base}/")
    file = tmp_path / "typed.txt"
    file.write_text("chosen")
    page.get_by_role("textbox", name="Secret").click()  # browsers ask only where somebody has done something
    fill(page, ledger, **({"text": "typed for long"} if what == "text" else {"files": [file]}))
    asked: list[str] = []

    def stays(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stays)
    page.locator(".brand").click()
    page.evaluate("() => history.back()")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload", "beforeunload"]
    says(page, "create.title")
    page.get_by_role("button", name=MESSAGES["create.submit"]).click()
    created(page, ledger)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name=MESSAGES["shared.copy"]).click()
    expect(page.get_by_text(MESSAGES["copied"], exact=True)).to_be_visible()
    page.locator(".brand").click()
    says(page, "create.title")
    assert len(asked) == 2, "what was sent and taken is not asked about"


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("kind", ["words", "characters"])
def test_a_drawn_passphrase_is_seen_whole_on_a_phone(page: Page, service: Service, width: int, kind: str) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(f"{service.base}/")
    page.get_by_text("More options").click()
    field = page.locator("#passphrase")
    page.get_by_role("button", name=MESSAGES[f"create.{kind}"]).click()
    expect(page.locator("#passphrase-strength")).to_contain_text("bits")
    hidden = field.evaluate(
        "(field) => [field.scrollWidth - field.clientWidth, field.scrollHeight - field.clientHeight, field.value.length]"
    )
    assert hidden[:2] == [0, 0] and hidden[2] > 10
    field.fill("two\nlines")
    expect(field).to_have_value("twolines")


def test_what_is_typed_runs_as_its_letters_do(page: Page, service: Service) -> None:
    page.goto(f"{service.base}/")
    page.get_by_text("More options").click()
    for name in ("#secret", "#passphrase"):
        field = page.locator(name)
        for text, direction in (("correct horse", "ltr"), ("\u0643\u0644\u0645\u0629", "rtl")):
            field.fill(text)
            assert field.evaluate("(field) => getComputedStyle(field).direction") == direction, name
