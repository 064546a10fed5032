"""Chromium as an engine among others, driven by Playwright."""

from pathlib import Path
from typing import Any

from chromium import ARGUMENTS, executable
from engines import WITHIN, Engine
from pickers import without_pickers
from playwright.sync_api import Playwright
from processes import PageMemory


class Chromium(Engine):
    def __init__(self, playwright: Playwright, folder: Path) -> None:
        self.downloads = folder / "downloads"
        self.downloads.mkdir()
        # With a profile on the disk, as people have one: a private window keeps all that it is given in memory.
        self._context = playwright.chromium.launch_persistent_context(
            folder / "profile", executable_path=executable(), args=ARGUMENTS, locale="en-GB", timezone_id="UTC"
        )
        # Nobody can answer the question where to save: so it goes to the downloads, as in the other engines.
        without_pickers(self._context)
        self._page = self._context.pages[0]
        processes = self._context.browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
        self.memory = PageMemory(next(one["id"] for one in processes if one["type"] == "browser"), "--type=renderer")

    def open(self, address: str) -> None:
        self._page.goto(address)

    def reload(self) -> None:
        self._page.once("dialog", lambda dialog: dialog.accept())
        self._page.reload()

    def click(self, part: str) -> None:
        self._page.click(part)

    def type(self, part: str, text: str) -> None:
        self._page.fill(part, "")
        self._page.type(part, text)

    def choose(self, part: str, files: list[Path]) -> None:
        self._page.set_input_files(part, files)

    def run(self, script: str, *arguments: Any) -> Any:
        return self._page.evaluate(f"(given) => (function () {{ {script} }}).apply(null, given)", list(arguments))

    def save(self, part: str, size: int) -> Path:
        # Playwright keeps downloads for itself until it is asked for them.
        with self._page.expect_download(timeout=1000 * WITHIN) as download:
            self._page.click(part)
        file = self.downloads / download.value.suggested_filename
        download.value.save_as(file)
        assert file.stat().st_size == size
        return file

    def screenshot(self, file: Path) -> None:
        self._page.screenshot(path=file, full_page=True)

    def close(self) -> None:
        self._context.close()
