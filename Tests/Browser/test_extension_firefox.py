"""The extension in Firefox, out of the same package: sharing by menu, keys and popup, and opening in its own page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from firefox_extension import FirefoxWithExtension
from flows import OPENED_TEXT, SHOW, SUBMIT, arrived, says, share, told
from flows import SECRET as FIELD
from ledger import LINK, Ledger
from localsite import LocalSite
from programs import Programs
from service import Service

SECRET = "ssh-key AAAAC3NzaC1lZDI1NTE5\n\n    indented: pässwörd 🗝\ttab\nlast line"


@pytest.fixture(scope="module")
def site() -> Iterator[LocalSite]:
    site = LocalSite({"/": f"<!doctype html><title>notes</title><pre id=secret>{SECRET}</pre><p id=link></p>"})
    yield site
    site.close()


@pytest.fixture(scope="module")
def firefox(
    tmp_path_factory: pytest.TempPathFactory, package: Path, service: Service, ledger: Ledger
) -> Iterator[FirefoxWithExtension]:
    folder = tmp_path_factory.mktemp("firefox-extension")
    firefox = FirefoxWithExtension(folder, package.parent / "keylink-extension.zip", ledger)
    firefox.set_server(service.base)
    yield firefox
    firefox.close()


def next_link(firefox: FirefoxWithExtension, before: str) -> str:
    firefox.until(lambda: firefox.clipboard() != before, "the clipboard to hold something new")
    link = firefox.clipboard()
    assert LINK.search(link)
    return link


def select_secret(firefox: FirefoxWithExtension, site: LocalSite, ledger: Ledger) -> str:
    """Answers what is on the clipboard so far."""
    ledger.keep_text(SECRET)
    firefox.open(f"{site.base}/")
    firefox.select("#secret")
    return firefox.clipboard()


def test_the_menu_under_the_right_button(
    firefox: FirefoxWithExtension, site: LocalSite, programs: Programs, ledger: Ledger
) -> None:
    before = select_secret(firefox, site, ledger)
    firefox.choose_from_menu("#secret", "selection")
    opened = programs.command("open", next_link(firefox, before))
    assert (opened.returncode, opened.stdout) == (0, SECRET.encode())


def test_the_keys(firefox: FirefoxWithExtension, site: LocalSite, programs: Programs, ledger: Ledger) -> None:
    before = select_secret(firefox, site, ledger)
    firefox.press_keys()
    opened = programs.command("open", next_link(firefox, before))
    assert (opened.returncode, opened.stdout) == (0, SECRET.encode())


def test_the_popup(firefox: FirefoxWithExtension, programs: Programs, ledger: Ledger) -> None:
    firefox.open(f"{firefox.base}/popup/popup.html")
    firefox.type(FIELD, ledger.keep_text("typed into the popup"))
    link = share(firefox, ledger)
    assert programs.command("open", link).stdout == b"typed into the popup"


def test_a_link_opens_in_its_own_page(firefox: FirefoxWithExtension, site: LocalSite, programs: Programs, ledger: Ledger) -> None:
    link = programs.share_text(SECRET)["link"]
    firefox.open(f"{site.base}/")
    firefox.run("document.querySelector('#link').innerHTML = `<a href=\"${arguments[0]}\">a link</a>`", link)
    tabs = firefox.tabs()
    firefox.choose_from_menu("#link a", "open")
    firefox.until(lambda: firefox.tabs() > tabs, "the page to open")
    firefox.switch_to_newest()
    says(firefox, "open.title")
    address = firefox.run("return location.href")
    assert address.startswith(f"{firefox.base}/open/open.html")
    assert LINK.search(link)[3] not in address
    firefox.click(SUBMIT)
    arrived(firefox)
    firefox.click(SHOW)
    assert firefox.text(OPENED_TEXT) == SECRET
    told(firefox)
