"""The open page while the device is offline: it says so, loses nothing, and goes on by itself."""

from pathlib import Path
from random import Random

from appearance import LANGUAGES, examine
from playwright.sync_api import Page, expect
from programs import Programs
from steps import MESSAGES, look, press_open, save, says, shown_text
from wire import Wire

LARGE = Random(3).randbytes(6_000_000)


def test_offline_in_the_middle_and_on_again(page: Page, wire: Wire, programs: Programs, tmp_path: Path) -> None:
    file = tmp_path / "large.bin"
    file.write_bytes(LARGE)
    link = programs.share(str(file))["link"]
    page.context.watch.allow(wire.base)
    look(page, f"{wire.base}/s/{link.split('/s/')[1]}")
    wire.cut_after(2_000_000)
    press_open(page)
    says(page, "working.waiting")
    page.context.set_offline(True)
    says(page, "working.offline")
    examine(page, "working-offline", LANGUAGES[:1])  # no other can be fetched now
    wire.mend()
    page.context.set_offline(False)
    assert save(page, "large.bin") == LARGE
    assert page.context.watch.count("POST", "/claim") == 1


def test_offline_from_the_beginning(page: Page, programs: Programs) -> None:
    link = programs.share_text("looked at once there is a line")["link"]
    look(page, link)
    page.context.set_offline(True)
    page.evaluate("(link) => { location.hash = link.split('#')[1]; }", link)
    says(page, "ended.network.title")
    examine(page, "ended-network", LANGUAGES[:1])
    page.context.set_offline(False)
    expect(page.get_by_role("button", name="Open secret")).to_be_visible()
    press_open(page)
    assert shown_text(page) == "looked at once there is a line"
    assert MESSAGES["opened.gone"] == page.locator("#fate").text_content()
