"""Sharing: what goes in by every way, what is refused, and the link in every form that it comes out in."""

import base64
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from appearance import examine
from ledger import Ledger
from playwright.sync_api import BrowserContext, Page, Route, expect
from programs import Programs
from service import Service
from steps import MESSAGES, created, fill, says

PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")

# Dispatches a drag or a paste as the browser does: with a DataTransfer that holds files, a folder, or text beside them.
TRANSFER = """(transfer, { files, text }) => {
    for (const [name, type, base64] of files) {
        const octets = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        transfer.items.add(new File([octets], name, { type }));
    }
    if (text) transfer.setData("text/plain", text);
}"""
DRAG = f"""([kinds, contents]) => {{
    const transfer = new DataTransfer();
    ({TRANSFER})(transfer, contents);
    for (const kind of kinds) {{
        document.body.dispatchEvent(
            new DragEvent(kind, {{ dataTransfer: transfer, bubbles: true, cancelable: true }}));
    }}
}}"""
PASTE = f"""([selector, contents]) => {{
    const transfer = new DataTransfer();
    ({TRANSFER})(transfer, contents);
    const event = new ClipboardEvent("paste", {{ clipboardData: transfer, bubbles: true, cancelable: true }});
    document.querySelector(selector).dispatchEvent(event);
    return event.defaultPrevented;
}}"""


def contents(*files: tuple[str, str, bytes], text: str = "") -> dict[str, object]:
    return {"files": [[name, kind, base64.b64encode(data).decode()] for name, kind, data in files], "text": text}


def names(page: Page) -> list[str]:
    return page.locator("#file-list bdi").all_text_contents()


def problem(page: Page) -> str:
    alert = page.get_by_role("alert").locator("visible=true")
    expect(alert).to_have_count(1)
    return alert.inner_text()


def press(page: Page) -> None:
    page.get_by_role("button", name=MESSAGES["create.submit"]).click()


def opened(programs: Programs, link: str, folder: Path, *arguments: str) -> dict[str, bytes]:
    """What the command finds under the link."""
    folder.mkdir()
    done = programs.command("open", link, "--output", str(folder), *arguments)
    assert done.returncode == 0, done.stderr.decode()
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def home(page: Page, service: Service) -> Page:
    page.goto(f"{service.base}/")
    says(page, "create.title")
    return page


def test_files_are_dropped_anywhere_on_the_window(home: Page, programs: Programs, ledger: Ledger, tmp_path: Path) -> None:
    dropped = contents(("notes.txt", "text/plain", b"dropped here"), ("data.bin", "", bytes(3000)))
    home.evaluate(DRAG, [["dragenter", "dragover"], dropped])
    expect(home.get_by_text(MESSAGES["create.drop"])).to_be_visible()
    examine(home, "create-dragging")
    home.evaluate(DRAG, [["dragleave"], dropped])
    expect(home.get_by_text(MESSAGES["create.drop"])).to_be_hidden()
    home.evaluate(DRAG, [["dragenter", "dragover", "drop"], dropped])
    expect(home.get_by_text(MESSAGES["create.drop"])).to_be_hidden()
    assert names(home) == ["notes.txt", "data.bin"]
    home.evaluate(DRAG, [["dragenter", "drop"], contents(("notes.txt", "text/plain", b"of the same name"))])
    assert names(home) == ["notes.txt", "data.bin", "notes.txt"]
    home.get_by_role("button", name=MESSAGES["create.remove"].replace("{name}", "notes.txt")).first.click()
    expect(home.locator("#file-list button").first).to_be_focused()
    press(home)
    found = opened(programs, created(home, ledger), tmp_path / "out")
    assert found == {"data.bin": bytes(3000), "notes.txt": b"of the same name"}


def test_a_dropped_file_never_replaces_the_link(home: Page, ledger: Ledger) -> None:
    fill(home, ledger, text="shown only once")
    press(home)
    link = created(home, ledger)
    refused = home.evaluate(
        """() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(["x"], "x.txt"));
            const event = new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
            document.body.dispatchEvent(event);
            return event.defaultPrevented;
        }"""
    )
    assert refused
    assert created(home, ledger) == link
    assert names(home) == []


def test_a_dropped_folder_is_told_and_the_files_beside_it_are_taken(home: Page, tmp_path: Path) -> None:
    folder = tmp_path / "photos & more"
    folder.mkdir()
    (tmp_path / "beside.txt").write_text("beside")
    # A folder can only be dropped by the browser itself.
    devtools = home.context.new_cdp_session(home)
    data = {"items": [], "files": [str(folder), str(tmp_path / "beside.txt")], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 200, "data": data})
    expect(home.locator("#folder-note")).to_have_text(MESSAGES["create.folder"].replace("{name}", "photos & more"))
    assert names(home) == ["beside.txt"]
    examine(home, "create-folder")


def test_pasted_files_and_screenshots(home: Page, programs: Programs, ledger: Ledger, tmp_path: Path) -> None:
    # A picture without a name of its own gets one that tells when it was.
    assert home.evaluate(PASTE, ["body", contents(("image.png", "image/png", PIXEL))])
    # A file that was copied keeps its name, also while the cursor is in the text, and with its name beside it as text.
    copied = contents(("plan.pdf", "application/pdf", b"%PDF-1.4"), text="plan.pdf")
    assert home.evaluate(PASTE, ["#secret", copied])
    # Cells copied from a table come with a picture of themselves: the text is meant.
    assert not home.evaluate(PASTE, ["#secret", contents(("image.png", "image/png", PIXEL), text="a\tb")])
    assert not home.evaluate(PASTE, ["#secret", contents(text="only text")])
    picture, plan = names(home)
    assert plan == "plan.pdf"
    expect(home.locator("#file-list li").first).to_contain_text("image/png")
    examine(home, "create-pasted")
    press(home)
    found = opened(programs, created(home, ledger), tmp_path / "out")
    assert found == {picture: PIXEL, "plan.pdf": b"%PDF-1.4"}
    start, end = MESSAGES["create.pastedName"].split("{time}")
    assert picture.startswith(f"{start}20") and picture.endswith(f"{end}.png")


def test_a_screenshot_from_the_real_clipboard(home: Page, service: Service) -> None:
    home.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=service.base)
    home.evaluate(
        """async (base64) => {
            const octets = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
            const png = new Blob([octets], { type: "image/png" });
            await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
        }""",
        base64.b64encode(PIXEL).decode(),
    )
    home.get_by_role("textbox", name="Secret").press("Control+V")
    expect(home.locator("#file-list li")).to_have_count(1)
    assert names(home)[0].startswith(MESSAGES["create.pastedName"].split("{time}")[0])
    expect(home.get_by_role("textbox", name="Secret")).to_have_value("")


def test_a_name_that_cannot_travel_is_changed_and_told(home: Page, programs: Programs, ledger: Ledger, tmp_path: Path) -> None:
    home.evaluate(DRAG, [["drop"], contents(("\u200ephoto\u202egpj.exe", "", b"renamed"), ("x" * 300 + ".tar.gz", "", b"cut"))])
    first, second = names(home)
    assert first == "_photo_gpj.exe"
    assert second.endswith(".gz") and len(second) == 255
    expect(home.get_by_text(MESSAGES["create.renamed"])).to_have_count(2)
    press(home)
    assert set(opened(programs, created(home, ledger), tmp_path / "out").values()) == {b"renamed", b"cut"}


def test_the_sealed_size_is_told_before_anything_is_sent(
    visitor: Callable[..., BrowserContext], ledger: Ledger, tmp_path: Path
) -> None:
    small = Service(tmp_path / "small", "--max-envelope-bytes", "1MB", "--max-ttl", "2h")
    try:
        page = visitor().new_page()
        page.context.watch.allow(small.base)
        page.goto(f"{small.base}/")
        expect(page.locator("#expires option").last).to_have_text("2 hours")
        (tmp_path / "half.bin").write_bytes(bytes(400_000))
        (tmp_path / "other.bin").write_bytes(bytes(700_000))
        fill(page, ledger, files=[tmp_path / "half.bin"])
        expect(page.locator("#measure")).to_contain_text("1 MB")
        fill(page, ledger, files=[tmp_path / "other.bin"])
        expect(page.locator("#measure")).to_contain_text("more than the server takes")
        press(page)
        assert problem(page) == MESSAGES["create.overLimit"]
        assert page.context.watch.count("POST", "") == 0
        examine(page, "create-too-large")
        page.get_by_role("button", name="Remove other.bin").click()
        expect(page.get_by_role("alert").locator("visible=true")).to_have_count(0)
        # A text alone is measured as well, once it comes near the limit: in octets, not characters.
        page.get_by_role("button", name="Remove half.bin").click()
        page.get_by_role("textbox", name="Secret").evaluate("(field) => { field.value = 'ß'.repeat(510_000); }")
        page.get_by_role("textbox", name="Secret").press("End")
        page.get_by_role("textbox", name="Secret").type("!")
        expect(page.locator("#measure")).to_contain_text("more than the server takes")
        page.get_by_role("textbox", name="Secret").fill("small again")
        expect(page.locator("#measure")).to_be_hidden()
        press(page)
        created(page, ledger)
    finally:
        small.stop()


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (413, "too-large", "problem.too-large"),
        (429, "too-many-requests", "problem.too-many-requests"),
    ],
)
def test_what_the_server_refuses_is_said_and_nothing_is_lost(
    home: Page, ledger: Ledger, status: int, code: str, sentence: str
) -> None:
    problem_document = {"type": "about:blank", "title": "no", "status": status, "code": code}
    home.route(
        "**/api/v1/secrets?*",
        lambda route: route.fulfill(
            status=status, json=problem_document, content_type="application/problem+json", headers={"Retry-After": "3600"}
        ),
    )
    fill(home, ledger, text="kept through a refusal", passphrase="kept as well")
    press(home)
    assert problem(home).startswith(MESSAGES[sentence].split("{")[0])
    examine(home, f"create-refused-{code}")
    home.unroute("**/api/v1/secrets?*")
    home.get_by_role("button", name=MESSAGES["again"]).click()
    created(home, ledger)
    assert home.context.watch.values("keylink-link-verifier") == 1, "what was sealed is sent again as it was"


def test_generated_passphrases_open(home: Page, programs: Programs, ledger: Ledger, tmp_path: Path) -> None:
    fill(home, ledger, text="behind six words")
    home.get_by_text("More options").click()
    field = home.locator("#passphrase")
    strength = home.locator("#passphrase-strength")
    home.get_by_role("button", name=MESSAGES["create.characters"]).click()
    expect(strength).to_contain_text("78 bits")
    characters = field.input_value()
    home.get_by_role("button", name=MESSAGES["create.words"]).click()
    expect(strength).to_contain_text("66 bits")
    words = ledger.keep(field.input_value(), "passphrase")
    assert words != characters and len(words.split("-")) == 6
    expect(field).not_to_have_class("exact masked")
    examine(home, "create-passphrase")
    field.press("End")
    field.type("!")
    expect(strength).not_to_contain_text("bits")
    field.press("Backspace")
    press(home)
    link = created(home, ledger)
    told = home.get_by_role("textbox", name=MESSAGES["shared.passphrase"], exact=True)
    expect(told).to_have_value(words)
    home.context.grant_permissions(["clipboard-read", "clipboard-write"])
    home.get_by_role("button", name=MESSAGES["shared.passphraseCopy"]).click()
    expect(home.get_by_text(MESSAGES["copied"], exact=True)).to_be_visible()
    assert home.evaluate("() => navigator.clipboard.readText()") == words
    examine(home, "shared-passphrase")
    file = tmp_path / "passphrase"
    file.write_text(words)
    done = programs.command("open", link, "--passphrase-file", str(file))
    assert done.stdout == b"behind six words"
    home.get_by_role("button", name=MESSAGES["shared.copy"]).click()
    home.get_by_role("button", name=MESSAGES["shared.another"]).click()
    expect(home.locator("#passphrase-place")).to_be_empty()
    assert words not in home.content()


def test_a_typed_passphrase_is_judged_with_caution_and_hidden(home: Page) -> None:
    home.get_by_text("More options").click()
    field = home.locator("#passphrase")
    strength = home.locator("#passphrase-strength")
    for typed, verdict in [
        ("harbor", "easy"),
        ("Passwort2026!", "easy"),
        ("Lærke-37 sang", "fair"),
        ("vier lustige Pinguine tanzen Walzer im Keller", "long"),
    ]:
        field.fill(typed)
        expect(strength).to_have_text(MESSAGES[f"create.strength.{verdict}"])
    expect(field).to_have_class("exact masked")
    home.get_by_role("button", name=MESSAGES["create.show"], exact=True).click()
    expect(field).to_have_class("exact")
    field.fill("")
    expect(strength).to_be_empty()


def test_the_qr_code_is_read_by_a_real_reader(home: Page, ledger: Ledger, tmp_path: Path) -> None:
    assert shutil.which("zbarimg"), "Scripts/dependencies test installs zbar-tools"
    fill(home, ledger, text="from screen to phone")
    press(home)
    link = created(home, ledger)
    asked = home.context.watch.requests
    assert not any("/qrcode." in line for line in asked), "loaded by who asks for it"
    for theme in ("light", "dark"):
        home.emulate_media(color_scheme=theme)
        home.get_by_role("button", name=MESSAGES["shared.qr"], exact=True).click()
        code = home.get_by_role("img", name=MESSAGES["shared.qrName"])
        expect(code).to_be_visible()
        file = tmp_path / f"{theme}.png"
        code.screenshot(path=file)
        read = subprocess.run(["zbarimg", "--quiet", "--raw", str(file)], capture_output=True, text=True)
        assert read.stdout.strip() == link
        if theme == "light":
            examine(home, "shared-qr")
        home.get_by_role("button", name=MESSAGES["shared.qrHide"]).click()
        expect(code).to_have_count(0)
    assert any("/qrcode." in line for line in asked)
    key = link.split("#")[1]
    assert not any(key in line for line in home.context.watch.sent), "nor is the link sent anywhere to be drawn"


def test_the_share_sheet_gets_the_link_alone(page: Page, service: Service, ledger: Ledger) -> None:
    # Chromium without a window has none, so a stand-in records what it is given.
    page.add_init_script(
        """Object.defineProperty(Navigator.prototype, "share", { configurable: true, value: async (data) => {
            (globalThis.given ??= []).push(data);
            if (globalThis.answer) throw globalThis.answer();
        } })"""
    )
    page.goto(f"{service.base}/")
    fill(page, ledger, text="handed on")
    press(page)
    link = created(page, ledger)
    button = page.get_by_role("button", name=MESSAGES["shared.share"])
    button.click()
    page.wait_for_function("() => globalThis.given?.length === 1")
    assert page.evaluate("() => globalThis.given") == [{"url": link}]
    page.evaluate("() => { globalThis.answer = () => new DOMException('', 'AbortError'); }")
    button.click()
    page.wait_for_function("() => globalThis.given.length === 2")
    expect(page.get_by_role("alert").locator("visible=true")).to_have_count(0)
    page.evaluate("() => { globalThis.answer = () => new DOMException('', 'NotAllowedError'); }")
    button.click()
    assert problem(page) == MESSAGES["shared.notShared"]


def test_without_a_share_sheet_none_is_offered(home: Page, ledger: Ledger) -> None:
    fill(home, ledger, text="copied only")
    press(home)
    created(home, ledger)
    expect(home.get_by_role("button", name=MESSAGES["shared.share"])).to_have_count(0)


def test_everything_by_keyboard_alone(home: Page, ledger: Ledger) -> None:
    expect(home.get_by_role("textbox", name="Secret")).to_be_focused()
    home.keyboard.type(ledger.keep_text("typed and never clicked"))
    for _ in range(3):
        home.keyboard.press("Tab")
    expect(home.get_by_text("More options")).to_be_visible()
    home.keyboard.press("Enter")
    home.keyboard.press("Tab")
    expect(home.locator("#passphrase")).to_be_focused()
    home.keyboard.press("Tab")
    home.keyboard.press("Tab")
    home.keyboard.press("Enter")
    expect(home.locator("#passphrase-strength")).to_contain_text("bits")
    home.get_by_role("textbox", name="Secret").focus()
    home.keyboard.press("Control+Enter")
    says(home, "shared.title")
    expect(home.get_by_role("heading", name=MESSAGES["shared.title"])).to_be_focused()
    home.keyboard.press("Tab")
    expect(home.get_by_role("textbox", name="Link", exact=True)).to_be_focused()


def test_two_tabs_share_at_once(home: Page, service: Service, programs: Programs, ledger: Ledger) -> None:
    other = home.context.new_page()
    other.goto(f"{service.base}/")
    held: list[Route] = []
    home.context.route("**/api/v1/secrets?*", lambda route: held.append(route))
    for page, text in ((home, "of the first tab"), (other, "of the second tab")):
        fill(page, ledger, text=text)
        with page.expect_request("**/api/v1/secrets?*"):
            press(page)
    while len(held) < 2:
        home.wait_for_timeout(20)
    for route in reversed(held):
        route.continue_()
    for page, text in ((home, b"of the first tab"), (other, b"of the second tab")):
        assert programs.command("open", created(page, ledger)).stdout == text
