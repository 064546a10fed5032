"""Files that were opened: looked at, and saved one by one or all at once, by each of the ways that browsers offer."""

import hashlib
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from appearance import examine
from pickers import listed, pick_by_itself, without_pickers
from playwright.sync_api import BrowserContext, Page, expect
from programs import Programs
from steps import MESSAGES, confirmed, look, press_open, save, says, told_in_time

MANY = 70_000_000
"""Octets of a file that is too large to be handed over as a whole."""
HANDED, SAVED = MESSAGES["opened.handed"], MESSAGES["opened.saved"]
PATIENCE = 120_000
"""Milliseconds."""


def png(width: int, height: int) -> bytes:
    """A picture of stripes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + b"".join(bytes((60 + x % 160, 90, 200 - x % 160)) for x in range(width))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(row * height)) + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    path = tmp_path_factory.mktemp("large") / "recording.bin"
    content = Random(5).randbytes(MANY)
    path.write_bytes(content)
    return path, hashlib.sha256(content).hexdigest()


EMPTY = """async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("keylink-kept");
    for await (const name of folder.keys()) return false;
    return true;
}"""
"""Nothing that was opened rests with the browser."""

HEAD = """async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("keylink-kept");
    for await (const handle of folder.values()) {
        const octets = await (await handle.getFile()).slice(0, 2 ** 20).arrayBuffer();
        return Array.from(new Uint8Array(octets));
    }
}"""
"""The first of what rests."""

FULL = """
const write = FileSystemSyncAccessHandle.prototype.write;
let room = 30_000_000;
FileSystemSyncAccessHandle.prototype.write = function (bytes, options) {
    if ((room -= bytes.length) < 0) throw new DOMException("full", "QuotaExceededError");
    return write.call(this, bytes, options);
};
"""
"""What a worker finds on a disk with little room."""


def opened(page: Page, programs: Programs, *files: Path) -> None:
    look(page, programs.share(*map(str, files))["link"])
    press_open(page)
    arrived(page)


def arrived(page: Page) -> None:
    """However long the disks of this machine take."""
    says(page, "opened.title", PATIENCE)
    told_in_time(page)


def files_in(folder: Path, contents: dict[str, bytes]) -> list[Path]:
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in contents]


def kept(page: Page) -> dict[str, tuple[int, str]]:
    return listed(page, "keylink-kept")


def test_a_large_file_streams_to_the_place_that_was_picked(page: Page, programs: Programs, large: tuple[Path, str]) -> None:
    path, digest = large
    pick_by_itself(page.context)
    opened(page, programs, path)
    expect(page.get_by_text(MESSAGES["opened.kept"])).to_be_visible()
    page.get_by_role("button", name="Save recording.bin").click()
    expect(page.get_by_text(SAVED.format(name="recording.bin"))).to_be_visible(timeout=PATIENCE)
    assert listed(page) == {"recording.bin": (MANY, digest)}
    confirmed(page)
    # Nothing is left to be saved, and nothing rests; the focus is where that is said.
    expect(page.get_by_text(MESSAGES["opened.keptGone"])).to_be_focused()
    expect(page.get_by_role("button", name="Save recording.bin")).to_have_count(0)
    page.wait_for_function(EMPTY)
    examine(page, "opened-large-saved")


def test_what_rests_is_not_even_the_envelope_and_goes_with_the_page(
    page: Page, visitor: Callable[..., BrowserContext], programs: Programs, large: tuple[Path, str]
) -> None:
    link = programs.share(str(large[0]), "--views", "2")["link"]
    heads = []
    for reader in (page, visitor().new_page()):
        look(reader, link)
        press_open(reader)
        arrived(reader)
        [(size, _)] = kept(reader).values()
        assert size > MANY
        heads.append(bytes(reader.evaluate(HEAD)))
    # Two readers were sent the same octets. What rests has no block in common: there is a key in it besides the link's.
    ours, others = ({head[at : at + 16] for at in range(0, len(head), 16)} for head in heads)
    assert len(ours) == 2**16
    assert ours & others == set()
    assert not any(head.startswith(b"KLNK") for head in heads)
    page.on("dialog", lambda dialog: dialog.accept())
    other = page.context.new_page()
    look(other, programs.share_text("another tab sweeps nothing that is in use")["link"])
    assert len(kept(page)) == 1
    page.close(run_before_unload=False)
    look(other, programs.share_text("but what was left behind")["link"])
    other.wait_for_function(EMPTY)


def test_a_large_file_goes_through_the_downloads_of_the_browser(
    visitor: Callable[..., BrowserContext], programs: Programs, large: tuple[Path, str], tmp_path: Path
) -> None:
    path, digest = large
    page = visitor().new_page()
    without_pickers(page.context)
    opened(page, programs, path)
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("button", name="Save recording.bin").click()
    assert "/saving/" in download.value.url, "by the service worker"
    assert download.value.suggested_filename == "recording.bin"
    assert hashlib.sha256(Path(download.value.path()).read_bytes()).hexdigest() == digest
    expect(page.get_by_text(HANDED.format(name="recording.bin"))).to_be_visible(timeout=PATIENCE)
    page.wait_for_function("async () => (await navigator.serviceWorker.getRegistrations()).length === 0")


def test_without_service_workers_a_blob_is_the_last_resort(
    visitor: Callable[..., BrowserContext], programs: Programs, large: tuple[Path, str]
) -> None:
    path, digest = large
    page = visitor().new_page()
    without_pickers(page.context)
    page.add_init_script("delete StorageManager.prototype.getDirectory; delete Navigator.prototype.serviceWorker;")
    opened(page, programs, path)
    expect(page.get_by_text(MESSAGES["opened.kept"])).to_be_hidden()
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("button", name="Save recording.bin").click()
    assert download.value.url.startswith("blob:")
    assert hashlib.sha256(Path(download.value.path()).read_bytes()).hexdigest() == digest


def test_what_does_not_fit_is_said_before_anything_is_opened(page: Page, programs: Programs, large: tuple[Path, str]) -> None:
    link = programs.share(str(large[0]))["link"]
    page.add_init_script("StorageManager.prototype.estimate = async () => ({ quota: 40_000_000, usage: 1_000_000 });")
    look(page, link)
    expect(page.locator("#room-note")).to_contain_text("room for about 39")
    examine(page, "open-no-room")


def test_a_disk_that_fills_up_loses_nothing(page: Page, programs: Programs, large: tuple[Path, str]) -> None:
    """The browser refuses in the middle: nothing is acknowledged, and the claim goes on once there is room."""
    look(page, programs.share(str(large[0]))["link"])
    page.route("**/keep-worker*.js", lambda route: route.fulfill(response=(answer := route.fetch()), body=FULL + answer.text()))
    press_open(page)
    expect(page.get_by_role("alert").locator("visible=true")).to_have_text(MESSAGES["problem.no-room"], timeout=PATIENCE)
    examine(page, "ended-no-room")
    page.unroute("**/keep-worker*.js")
    page.get_by_role("button", name=MESSAGES["again"]).click()
    arrived(page)
    assert page.context.watch.values("idempotency-key") == 1


def test_saving_can_be_stopped_and_done_again(page: Page, programs: Programs, large: tuple[Path, str]) -> None:
    path, digest = large
    pick_by_itself(page.context)
    # A disk that stands still after the first piece, so that there is something to stop.
    page.add_init_script(
        """
        const open = FileSystemFileHandle.prototype.createWritable;
        FileSystemFileHandle.prototype.createWritable = async function () {
            const file = await open.call(this);
            let written = 0;
            return {
                async write(piece) {
                    if (written++ > 0 && !globalThis.moves) await new Promise((move) => { globalThis.move = move; });
                    await file.write(piece);
                },
                close: () => file.close(), abort: () => file.abort(),
            };
        };
        """
    )
    opened(page, programs, path)
    page.get_by_role("button", name="Save recording.bin").click()
    stop = page.get_by_role("button", name="Stop saving recording.bin")
    expect(page.get_by_role("progressbar", name="Decrypting and saving recording.bin")).to_be_visible()
    examine(page, "opened-saving")
    stop.click()
    page.evaluate("() => { globalThis.moves = true; globalThis.move?.(); }")
    page.get_by_role("button", name="Save recording.bin").click()
    expect(page.get_by_text(SAVED.format(name="recording.bin"))).to_be_visible(timeout=PATIENCE)
    assert listed(page)["recording.bin"] == (MANY, digest)


CONTENTS = {
    "notes.txt": "Ein Text, den man ansehen kann.\n\tEingerückt.\n".encode() * 20,
    "photo.png": png(640, 360),
    "page.html": b"<!doctype html><script>document.title = 'run'</script><h1>not a document</h1>",
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="document.title=\'run\'"><script>top.x = 1</script></svg>',
    "archive.zip": b"PK\x03\x04" + bytes(range(256)) * 40,
    "empty": b"",
    "not-a-photo.jpg": b"MZ\x90\x00" + bytes(500),
    "begins-like-one.png": png(20, 20)[:40] + b"\xff" * 50,
}


def test_previews_show_pictures_and_text_and_never_documents(page: Page, programs: Programs, tmp_path: Path) -> None:
    opened(page, programs, *files_in(tmp_path, CONTENTS))
    examine(page, "opened-many")
    shown = {name: page.get_by_role("button", name=f"Preview {name}", exact=True) for name in CONTENTS}
    for name in ("archive.zip", "empty", "not-a-photo.jpg"):
        expect(shown[name]).to_have_count(0)
    for name in ("notes.txt", "page.html", "drawing.svg"):
        shown[name].click()
        expect(shown[name]).to_have_attribute("aria-expanded", "true")
        source = page.locator("li", has_text=name).locator("pre")
        assert source.evaluate("(element) => element.textContent").encode() == CONTENTS[name]
    shown["photo.png"].click()
    picture = page.get_by_role("img", name="The picture photo.png")
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => [image.src.slice(0, 5), image.naturalWidth]") == ["blob:", 640]
    shown["begins-like-one.png"].click()
    expect(page.get_by_text(MESSAGES["opened.noPreview"])).to_be_visible()
    assert page.locator("iframe, object, embed").count() == 0
    assert page.title() == MESSAGES["opened.document"]
    examine(page, "opened-previews")
    shown["photo.png"].press("Enter")
    expect(picture).to_have_count(0)


def test_all_are_saved_under_names_of_their_own(page: Page, programs: Programs, tmp_path: Path) -> None:
    pick_by_itself(page.context)
    names = {
        "con.txt": b"a device",
        "what?.txt": b"asked",
        ".. .. etc passwd": b"no path",
        "points...": b"at the end",
        "a.lnk": b"x",
    }
    files = files_in(tmp_path, names)
    for folder, content in (("one", b"first"), ("two", b"second")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "Report.pdf").write_bytes(content)
        files.append(tmp_path / folder / "Report.pdf")
    look(page, programs.share(*map(str, files))["link"])
    page.evaluate(
        """async () => {
            const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("picked", { create: true });
            const there = await (await folder.getFileHandle("Report.pdf", { create: true })).createWritable();
            await there.write("was here before");
            await there.close();
        }"""
    )
    press_open(page)
    arrived(page)
    page.get_by_role("button", name=MESSAGES["opened.saveAll"]).click()
    expect(page.get_by_text(SAVED.format(name=""))).to_have_count(len(files))
    confirmed(page)
    found = listed(page)
    assert {name: size for name, (size, _) in found.items()} == {
        "_con.txt": 8,
        "what_.txt": 5,
        ".. .. etc passwd": 7,
        "points___": 10,
        next(name for name in found if name.startswith("a.lnk")): 1,
        "Report.pdf": len(b"was here before"),
        "Report (2).pdf": 5,
        "Report (3).pdf": 6,
    }
    examine(page, "opened-saved-all")


def test_all_go_to_the_downloads_where_no_folder_can_be_picked(
    visitor: Callable[..., BrowserContext], programs: Programs, tmp_path: Path
) -> None:
    page = visitor().new_page()
    without_pickers(page.context)
    opened(page, programs, *files_in(tmp_path, {"a.txt": b"one", "b.txt": b"two", "c.bin": b"\0\1"}))
    arrived: list[tuple[str, bytes]] = []
    page.on("download", lambda download: arrived.append((download.suggested_filename, Path(download.path()).read_bytes())))
    page.get_by_role("button", name=MESSAGES["opened.saveAll"]).click()
    expect(page.get_by_text(HANDED.format(name=""))).to_have_count(3)
    for _ in range(100):
        if len(arrived) == 3:
            break
        page.wait_for_timeout(50)
    assert sorted(arrived) == [("a.txt", b"one"), ("b.txt", b"two"), ("c.bin", b"\0\1")]


NAMES = ["<img src=x onerror=alert(1)>.txt", "‘rtl’ שלום.exe.txt", "n" * 251 + ".txt", "a\u0301\u0489" * 40 + ".bin"]


def test_hostile_names_are_shown_whole_and_harmless(page: Page, programs: Programs, tmp_path: Path) -> None:
    opened(page, programs, *files_in(tmp_path, dict.fromkeys(NAMES, b"content")))
    assert [element.text_content() for element in page.locator("#contents bdi").all() if element.is_visible()] == NAMES
    assert page.locator("#contents img").count() == 0
    examine(page, "hostile-names")
    assert save(page, NAMES[0]) == b"content"


def test_leaving_with_files_unsaved_asks(page: Page, programs: Programs, tmp_path: Path) -> None:
    opened(page, programs, *files_in(tmp_path, {"keep.txt": b"keep"}))
    asked: list[str] = []

    def answer(dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.reload()
    says(page, "resume.title")
    assert asked == ["beforeunload"]
