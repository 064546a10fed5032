"""The engines that people have, behind one small interface, so that one flow runs on each of them.

Chromium is driven by Playwright, Firefox through the port that it opens itself (Marionette), WebKit by WebKitGTK's own
driver, in its MiniBrowser on a screen that nobody sees. A part of the page is named by a CSS selector.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from processes import PageMemory

WITHIN = 180.0
"""Seconds until something that was asked for must have come; 1 GiB takes its time."""

UNFINISHED = {".part", ".wkdownload", ".crdownload"}
"""What browsers call a file that they are still writing."""


class Engine(ABC):
    """One window of a browser, with its own profile and its own folder of downloads."""

    downloads: Path
    memory: PageMemory

    @abstractmethod
    def open(self, address: str) -> None: ...

    @abstractmethod
    def reload(self) -> None: ...

    @abstractmethod
    def click(self, part: str) -> None: ...

    @abstractmethod
    def type(self, part: str, text: str) -> None:
        """By the keyboard, in place of what stands there."""

    @abstractmethod
    def choose(self, part: str, files: list[Path]) -> None:
        """As if picked in the dialog of an input for files."""

    @abstractmethod
    def run(self, script: str, *arguments: Any) -> Any:
        """A function's body, with `arguments`; answers what it returns."""

    @abstractmethod
    def screenshot(self, file: Path) -> None: ...

    @abstractmethod
    def close(self) -> None: ...

    def text(self, part: str) -> str:
        """To the letter, hidden or not."""
        return self.run("return document.querySelector(arguments[0])?.textContent ?? ''", part)

    def value(self, part: str) -> str:
        return self.run("return document.querySelector(arguments[0]).value", part)

    def shows(self, part: str) -> bool:
        return self.run("return document.querySelector(arguments[0])?.checkVisibility() ?? false", part)

    def wait_for(self, part: str) -> None:
        self.until(lambda: self.shows(part), f"{part} to show")

    def save(self, part: str, size: int) -> Path:
        """Clicks what saves a file of so many octets, and answers where it is once it is whole."""
        before = set(self.downloads.iterdir())
        self.click(part)
        done: list[Path] = []

        def finished() -> bool:
            new = set(self.downloads.iterdir()) - before
            done[:] = [file for file in new if file.suffix not in UNFINISHED and file.stat().st_size == size]
            return bool(done) and not any(file.suffix in UNFINISHED for file in new)

        self.until(finished, "the file to be saved")
        return done[0]

    def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + WITHIN
        while not condition():
            if time.monotonic() > deadline:
                shown = self.run("return document.querySelector('main')?.innerText ?? document.title")
                raise AssertionError(f"waited for {what}; the page says: {shown}")
            time.sleep(0.05)
