"""When the server is told that a secret arrived: once the reader has it, at the latest before the lease ends."""

import json
from collections.abc import Callable
from pathlib import Path

from appearance import examine
from pickers import pick_by_itself
from playwright.sync_api import BrowserContext, Page, expect
from programs import Programs
from steps import CONFIRMED, MESSAGES, WAITING, confirmed, look, press_open, save, says, shown_text, told_in_time, unmask

PASSWORD = "Rohrpost-7-Kranich"
LETTER = "\n".join(f"A letter of some length, line {number}." for number in range(40))


def opened(page: Page, link: str) -> None:
    look(page, link)
    press_open(page)
    says(page, "opened.title")


def acknowledged(page: Page) -> int:
    """How often the server was told."""
    return page.context.watch.count("DELETE", "/claim")


def state(programs: Programs, shared: dict[str, str]) -> list[str]:
    """What the server says has happened."""
    done = programs.command("status", "--json", shared["receiptLink"])
    assert done.returncode == 0, done.stderr.decode()
    return [event["what"] for event in json.loads(done.stdout)["events"]]


def paste_again(page: Page, link: str) -> None:
    says(page, "resume.title")
    page.get_by_label("Link").fill(link)
    page.get_by_role("button", name=MESSAGES["paste.submit"]).click()
    expect(page.locator("#resume-note")).to_be_visible()
    press_open(page)
    says(page, "opened.title")


def test_a_reload_before_the_text_was_shown_loses_nothing(page: Page, programs: Programs) -> None:
    shared = programs.share_text(PASSWORD)
    opened(page, shared["link"])
    told_in_time(page)
    examine(page, "opened-waiting")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    paste_again(page, shared["link"])
    assert state(programs, shared) == ["created", "claimed"], "the same claim, and the server does not know yet"
    assert acknowledged(page) == 0
    assert shown_text(page) == PASSWORD
    expect(page.locator("#fate")).to_have_text(MESSAGES["opened.gone"])
    expect(page.locator("#opened-card.burning")).to_have_count(1)
    assert state(programs, shared) == ["created", "claimed", "acknowledged"]
    assert acknowledged(page) == 1


def test_copying_is_having_it_and_shows_nothing(visitor: Callable[..., BrowserContext], programs: Programs) -> None:
    page = visitor(permissions=["clipboard-read", "clipboard-write"]).new_page()
    opened(page, programs.share_text(PASSWORD)["link"])
    told_in_time(page)
    page.get_by_role("button", name="Copy", exact=True).click()
    confirmed(page)
    expect(page.get_by_text(MESSAGES["opened.hidden"])).to_be_visible()


def test_a_copy_that_was_refused_is_not_having_it(page: Page, programs: Programs) -> None:
    page.add_init_script(
        "navigator.clipboard.writeText = async () => { throw new DOMException('no', 'NotAllowedError'); };"
        "document.execCommand = () => false;"
    )
    opened(page, programs.share_text(PASSWORD)["link"])
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_text(MESSAGES["copyFailed"])).to_be_visible()
    told_in_time(page)
    assert acknowledged(page) == 0
    assert shown_text(page) == PASSWORD


def test_a_long_text_counts_once_it_is_in_view(page: Page, programs: Programs) -> None:
    page.set_viewport_size({"width": 360, "height": 160})
    opened(page, programs.share_as_text(LETTER))
    text = page.get_by_role("region", name="Secret")
    assert text.evaluate("(element) => element.getBoundingClientRect().top - innerHeight") > 0, "it is below the window's edge"
    expect(page.locator("#fate")).to_have_text(WAITING)
    page.wait_for_timeout(300)  # whoever counted it all the same would have by now
    assert acknowledged(page) == 0
    text.scroll_into_view_if_needed()
    confirmed(page)


def test_a_text_nobody_looks_at_is_acknowledged_before_the_lease_ends(page: Page, programs: Programs) -> None:
    shared = programs.share_text(PASSWORD)
    page.clock.install()
    opened(page, shared["link"])
    page.clock.fast_forward("03:50")
    told_in_time(page)
    page.clock.fast_forward("00:20")
    expect(page.locator("#fate")).to_have_text(MESSAGES["opened.gone"])
    assert state(programs, shared) == ["created", "claimed", "acknowledged"]
    expect(page.get_by_text(MESSAGES["opened.hidden"])).to_be_visible()

    # It is nowhere else now: neither another link nor leaving takes it away unasked.
    page.evaluate("(link) => { location.hash = link.split('#')[1]; }", shared["link"])
    asked: list[str] = []

    def stay(dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("link", name="Keylink").click()
    assert asked == ["beforeunload"]
    unmask(page)
    expect(page.get_by_role("region", name="Secret")).to_have_text(PASSWORD)
    page.get_by_role("link", name="Keylink").click()
    says(page, "create.title")
    assert len(asked) == 1, "what was seen may be left"


def test_files_count_when_each_is_saved(page: Page, programs: Programs, tmp_path: Path) -> None:
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_text(f"the content of {name}")
    shared = programs.share(str(tmp_path / "one.txt"), str(tmp_path / "two.txt"))
    opened(page, shared["link"])
    told_in_time(page)
    for name in ("one.txt", "two.txt"):
        page.get_by_role("button", name=f"Preview {name}").click()
        expect(page.get_by_text(f"the content of {name}")).to_be_visible()
    assert save(page, "one.txt") == b"the content of one.txt"
    expect(page.locator("#fate")).to_have_text(WAITING)
    assert state(programs, shared) == ["created", "claimed"]
    assert save(page, "two.txt") == b"the content of two.txt"
    assert state(programs, shared) == ["created", "claimed", "acknowledged"]
    assert save(page, "one.txt") == b"the content of one.txt", "what is in memory can be saved again"


def test_a_text_and_files_count_together(page: Page, programs: Programs, tmp_path: Path) -> None:
    (tmp_path / "beside.txt").write_text("a file beside it")
    link = programs.reference("share", "-", str(tmp_path / "beside.txt"), data=PASSWORD.encode()).stdout.decode().strip()
    opened(page, link)
    assert save(page, "beside.txt") == b"a file beside it"
    expect(page.locator("#fate")).to_have_text(WAITING)
    assert shown_text(page) == PASSWORD
    confirmed(page)


def test_a_second_tab_waits_for_the_first_and_then_says_who_opened_it(page: Page, programs: Programs) -> None:
    link = programs.share_text(PASSWORD)["link"]
    other = page.context.new_page()
    look(other, link)
    opened(page, link)
    press_open(other)
    says(other, "ended.in-use.title")
    assert shown_text(page) == PASSWORD
    other.get_by_role("button", name=MESSAGES["again"]).click()
    says(other, "ended.opened.title")


def test_offline_it_is_told_as_soon_as_there_is_a_connection(page: Page, programs: Programs) -> None:
    shared = programs.share_text(PASSWORD)
    opened(page, shared["link"])
    page.context.set_offline(True)
    unmask(page)
    expect(page.locator("#fate")).to_have_text(MESSAGES["opened.offline"])
    expect(page.get_by_role("region", name="Secret")).to_have_text(PASSWORD)
    page.context.set_offline(False)
    expect(page.locator("#fate")).to_have_text(MESSAGES["opened.gone"])
    assert state(programs, shared) == ["created", "claimed", "acknowledged"]


def test_what_was_revoked_meanwhile_is_still_shown(page: Page, programs: Programs) -> None:
    shared = programs.share_text(PASSWORD)
    opened(page, shared["link"])
    assert programs.command("revoke", shared["receiptLink"]).returncode == 0
    assert shown_text(page) == PASSWORD
    expect(page.locator("#fate")).to_have_text(MESSAGES["opened.gone"])


def test_a_view_among_several_goes_on_under_its_own_claim(page: Page, programs: Programs) -> None:
    shared = programs.share_text(PASSWORD, "--views", "3")
    opened(page, shared["link"])
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    paste_again(page, shared["link"])
    assert shown_text(page) == PASSWORD
    expect(page.locator("#fate")).to_contain_text("2 more times")
    assert state(programs, shared).count("claimed") == 1


REFUSING = """
const open = FileSystemFileHandle.prototype.createWritable;
FileSystemFileHandle.prototype.createWritable = async function () {
    if (this.name === "b.txt" && !globalThis.mended) throw new DOMException("no", "NotAllowedError");
    const file = await open.call(this);
    if (this.name !== "c.txt" || globalThis.mended) return file;
    const write = () => new Promise((done) => { globalThis.go = done; });
    return { write, close: () => file.close(), abort: () => file.abort() };
};
"""
"""A folder that refuses one file, and takes another only when it is told to."""


def test_saving_all_goes_on_past_what_is_stopped_or_refused(page: Page, programs: Programs, tmp_path: Path) -> None:
    names = ["a.txt", "b.txt", "c.txt", "d.txt"]
    for name in names:
        (tmp_path / name).write_text(name)
    pick_by_itself(page.context)
    page.add_init_script(REFUSING)
    opened(page, programs.share(*(str(tmp_path / name) for name in names))["link"])
    everything = page.get_by_role("button", name=MESSAGES["opened.saveAll"])
    everything.click()
    page.get_by_role("button", name="Stop saving c.txt").click()
    page.evaluate("() => globalThis.go()")
    outcome = {name: page.locator("#contents li", has_text=name).locator(".outcome") for name in names}
    expect(outcome["d.txt"]).to_have_text(MESSAGES["opened.saved"].format(name="d.txt"))
    expect(outcome["a.txt"]).to_have_text(MESSAGES["opened.saved"].format(name="a.txt"))
    expect(outcome["b.txt"]).to_have_text(MESSAGES["opened.saveFailed"])
    expect(outcome["c.txt"]).to_have_text(MESSAGES["opened.stopped"])
    expect(page.get_by_role("alert").locator("visible=true")).to_contain_text("2 files were not saved")
    expect(page.locator("#fate")).to_have_text(WAITING)
    examine(page, "opened-saved-partly")

    page.evaluate("() => { globalThis.mended = true; }")
    everything.click()
    for name in ("b.txt", "c.txt"):
        expect(outcome[name]).to_have_text(MESSAGES["opened.saved"].format(name=name))
    expect(outcome["a.txt"]).to_have_text(MESSAGES["opened.saved"].format(name="a.txt"))  # not once more, as a (2).txt
    expect(page.get_by_role("alert").locator("visible=true")).to_have_count(0)
    expect(page.locator("#fate")).to_have_text(CONFIRMED)
