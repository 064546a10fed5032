"""The page, from text or files to a link, and from a link to exactly those."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from ledger import Ledger
from playwright.sync_api import BrowserContext, Page, expect
from service import Service
from steps import MESSAGES, create, created, fill, look, open_file, open_text, press_open, receipt_of, save, says, shown_text

TEXT = "user: ambrose\n\tpässwörd:  two  spaces, a tab 🗝\n\nlast line with trailing space \n"


def test_a_text_opens_once_and_exactly(
    page: Page, visitor: Callable[..., BrowserContext], service: Service, ledger: Ledger
) -> None:
    link = create(page, service.base, ledger, text=TEXT)
    assert re.fullmatch(rf"{re.escape(service.base)}/s/[A-Za-z0-9_-]{{22}}#[A-Za-z0-9_-]{{43}}", link)

    reader = visitor().new_page()
    assert open_text(reader, link) == TEXT
    expect(reader.locator("#fate")).to_have_text(MESSAGES["opened.gone"])

    second = visitor().new_page()
    second.goto(link)
    says(second, "ended.opened.title")
    # It says when, in the reader's language; the year is sure to be there.
    expect(second.get_by_role("alert").locator("visible=true")).to_contain_text(
        re.compile(r"opened on \d+ \w+ 20\d\d at \d\d:\d\d")
    )


def test_the_link_can_be_copied(page: Page, service: Service, ledger: Ledger) -> None:
    link = create(page, service.base, ledger, text="copy me somewhere")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=service.base)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text(MESSAGES["copied"], exact=True)).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == link


def test_an_opened_text_can_be_copied(
    page: Page, visitor: Callable[..., BrowserContext], service: Service, ledger: Ledger
) -> None:
    link = create(page, service.base, ledger, text=TEXT)
    reader = visitor(permissions=["clipboard-read", "clipboard-write"]).new_page()
    open_text(reader, link)
    reader.get_by_role("button", name="Copy", exact=True).click()
    expect(reader.get_by_text(MESSAGES["opened.copied"], exact=True)).to_be_visible()
    assert reader.evaluate("() => navigator.clipboard.readText()") == TEXT


def test_files_are_saved_to_the_exact_bytes(
    page: Page, visitor: Callable[..., BrowserContext], service: Service, ledger: Ledger, tmp_path: Path
) -> None:
    contents = {
        "empty.txt": b"",
        "Übersicht – draft.bin": bytes(range(256)) * 5000,
        "page.html": b"<script>document.title = 'run'</script>",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    link = create(page, service.base, ledger, text="and a note", files=[tmp_path / name for name in contents])

    reader = visitor().new_page()
    assert open_text(reader, link) == "and a note"
    for name, content in contents.items():
        assert save(reader, name) == content
    assert reader.title() == MESSAGES["opened.document"]


@pytest.mark.parametrize("name", ["ordinary.pdf", "‘quoted’ & <b>bold.txt"])
def test_one_file_alone_is_the_secret(
    page: Page,
    visitor: Callable[..., BrowserContext],
    service: Service,
    ledger: Ledger,
    tmp_path: Path,
    name: str,
) -> None:
    (tmp_path / name).write_bytes(b"\x00\xff" * 40_000)
    link = create(page, service.base, ledger, files=[tmp_path / name])
    reader = visitor().new_page()
    look(reader, link)
    press_open(reader)
    expect(reader.get_by_role("region", name="Secret")).to_contain_text(name)
    assert save(reader, name) == b"\x00\xff" * 40_000


def test_a_wrong_passphrase_takes_no_view(
    page: Page, visitor: Callable[..., BrowserContext], service: Service, ledger: Ledger
) -> None:
    link = create(page, service.base, ledger, text=TEXT, passphrase="corréct horse battery")
    receipt = receipt_of(page, ledger)

    reader = visitor().new_page()
    look(reader, link)
    press_open(reader)
    expect(reader.get_by_role("alert").locator("visible=true")).to_have_text(MESSAGES["open.passphraseMissing"])
    press_open(reader, ledger.keep("incorrect horse", "passphrase"))
    expect(reader.get_by_role("alert").locator("visible=true")).to_have_text(MESSAGES["open.wrongPassphrase"])

    sender = visitor().new_page()
    sender.goto(receipt)
    says(sender, "receipt.waiting.title")
    expect(sender.locator("#failed")).to_have_text("1")

    # The same characters, composed otherwise: NFD is the same passphrase.
    press_open(reader, "corre\u0301ct horse battery")
    assert shown_text(reader) == TEXT


def test_views_are_counted(page: Page, visitor: Callable[..., BrowserContext], service: Service, ledger: Ledger) -> None:
    link = create(page, service.base, ledger, text="seen twice", views=2)
    for _ in range(2):
        assert open_text(visitor().new_page(), link) == "seen twice"
    third = visitor().new_page()
    third.goto(link)
    says(third, "ended.opened.title")


def test_the_receipt_tells_and_revokes(
    page: Page, visitor: Callable[..., BrowserContext], service: Service, ledger: Ledger
) -> None:
    link = create(page, service.base, ledger, text="taken back")
    receipt = receipt_of(page, ledger)
    sender = visitor().new_page()
    sender.goto(receipt)
    says(sender, "receipt.waiting.title")
    sender.get_by_role("button", name="Revoke", exact=True).click()
    sender.get_by_role("button", name=MESSAGES["receipt.confirm.no"]).click()
    says(sender, "receipt.waiting.title")
    sender.get_by_role("button", name="Revoke", exact=True).click()
    sender.get_by_role("button", name=MESSAGES["receipt.confirm.yes"]).click()
    says(sender, "receipt.revoked.title")

    reader = visitor().new_page()
    reader.goto(link)
    says(reader, "ended.revoked.title")


def test_the_receipt_shows_an_opening_by_itself(
    page: Page, visitor: Callable[..., BrowserContext], service: Service, ledger: Ledger
) -> None:
    link = create(page, service.base, ledger, text="watched")
    sender = visitor().new_page()
    sender.clock.install()
    sender.goto(receipt_of(page, ledger))
    says(sender, "receipt.waiting.title")
    open_text(visitor().new_page(), link)
    sender.clock.fast_forward("01:00")
    says(sender, "receipt.opened.title")
    expect(sender.get_by_role("listitem")).to_have_count(3)


def test_nothing_to_share_is_said(page: Page, service: Service) -> None:
    page.goto(f"{service.base}/")
    page.get_by_role("button", name="Create link").click()
    expect(page.get_by_role("alert").locator("visible=true")).to_have_text(MESSAGES["create.empty"])


@pytest.mark.parametrize("views", ["500", "0", "", "1.5"])
@pytest.mark.parametrize("unfolded", [False, True])
def test_views_that_the_server_does_not_allow_are_said(
    page: Page, service: Service, ledger: Ledger, views: str, unfolded: bool
) -> None:
    page.goto(f"{service.base}/")
    fill(page, ledger, text="waits for a number")
    page.get_by_text("More options").click()
    field = page.get_by_label("Views")
    field.fill(views)
    if not unfolded:
        page.get_by_text("More options").click()
        expect(field).to_be_hidden()
    page.get_by_role("button", name="Create link").click()
    alert = page.get_by_role("alert").locator("visible=true")
    expect(alert).to_have_text(MESSAGES["create.viewsRange"].replace("{max}", "100"))
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    assert page.context.watch.count("POST", "") == 0

    field.fill("100")
    expect(alert).to_have_count(0)
    expect(field).not_to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Create link").click()
    created(page, ledger)


def test_the_first_sentence_counts_the_views(page: Page, service: Service, ledger: Ledger) -> None:
    page.goto(f"{service.base}/")
    lead = page.locator("#compose .lead")
    expect(lead).to_contain_text("opens it once,")
    fill(page, ledger, text="told truly", views=3)
    expect(lead).to_contain_text("opens it 3 times,")
    expect(lead).not_to_contain_text("once")
    page.get_by_role("button", name="Create link").click()
    created(page, ledger)
    page.get_by_role("button", name=MESSAGES["shared.another"]).click()
    page.get_by_role("button", name=MESSAGES["shared.leave.go"]).click()
    expect(lead).to_contain_text("opens it once,")


def test_the_extension_is_offered_where_the_server_has_it(
    visitor: Callable[..., BrowserContext], service: Service, tmp_path: Path
) -> None:
    packed = tmp_path / "packed.zip"
    packed.write_bytes(b"PK of a test")
    offering = Service(tmp_path / "offering", "--extension", str(packed))
    try:
        page = visitor().new_page()
        page.context.watch.allow(offering.base)
        page.goto(f"{offering.base}/")
        with page.expect_download() as download:
            page.get_by_role("link", name=MESSAGES["create.extension"]).click()
        assert Path(download.value.path()).read_bytes() == b"PK of a test"
        assert download.value.suggested_filename == "keylink-extension.zip"
    finally:
        offering.stop()

    page = visitor().new_page()
    with page.expect_response("**/download/keylink-extension.zip") as answer:
        page.goto(f"{service.base}/")
    assert answer.value.status == 404
    expect(page.get_by_role("link", name=MESSAGES["create.extension"])).to_have_count(0)


def test_a_refused_upload_is_said_and_nothing_is_lost(page: Page, service: Service, ledger: Ledger) -> None:
    page.goto(f"{service.base}/")
    fill(page, ledger, text="kept in the field")
    page.route("**/api/v1/secrets?*", lambda route: route.abort("connectionfailed"))
    page.get_by_role("button", name="Create link").click()
    says(page, "working.waiting")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alert").locator("visible=true")).to_have_text(MESSAGES["create.stopped"])
    page.unroute("**/api/v1/secrets?*")
    page.get_by_role("button", name="Create link").click()
    assert open_text(page, created(page, ledger)) == "kept in the field"


def test_hostile_content_stays_text(page: Page, visitor: Callable[..., BrowserContext], service: Service, ledger: Ledger) -> None:
    hostile = "<img src=x onerror=\"document.title='run'\"><script>alert(1)</script>\u202etxt.exe"
    link = create(page, service.base, ledger, text=hostile)
    reader = visitor().new_page()
    assert open_text(reader, link) == hostile
    assert reader.get_by_role("region", name="Secret").evaluate("(element) => element.childElementCount") == 0
    assert reader.title() == MESSAGES["opened.document"]


def test_a_saved_file_is_never_opened_as_a_document(
    page: Page, visitor: Callable[..., BrowserContext], service: Service, ledger: Ledger, tmp_path: Path
) -> None:
    file = tmp_path / "letter.svg"
    file.write_bytes(b'<svg xmlns="http://www.w3.org/2000/svg"><script>top.x = 1</script></svg>')
    link = create(page, service.base, ledger, files=[file])
    assert open_file(visitor().new_page(), link, "letter.svg") == file.read_bytes()
