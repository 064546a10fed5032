"""A screen that nobody sees (Xvfb), and the mouse and the keyboard before it (xdotool)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

WITHIN = 60


class Screen:
    def __init__(self, folder: Path) -> None:
        """On whichever display is free."""
        told, tells = os.pipe()
        with (folder / "screen.log").open("wb") as log:
            words = ["Xvfb", "-displayfd", str(tells), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
            self._server = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[tells])
        os.close(tells)
        with os.fdopen(told) as answer:
            number = answer.readline().strip()
        if not number:
            raise RuntimeError(f"Xvfb did not start: {(folder / 'screen.log').read_text()}")
        self.display = f":{number}"

    def close(self) -> None:
        self._server.terminate()
        self._server.wait()

    def click(self, x: float, y: float, button: int = 1, times: int = 1) -> None:
        self._do("mousemove", str(round(x)), str(round(y)), "click", "--repeat", str(times), "--delay", "50", str(button))

    def press(self, *keys: str) -> None:
        self._do("key", *keys)

    def windows(self) -> set[str]:
        """All that are shown; an open menu is one."""
        return set(self._do("search", "--onlyvisible", ".*").split())

    def _do(self, *words: str) -> str:
        environment = {**os.environ, "DISPLAY": self.display}
        done = subprocess.run(["xdotool", *words], env=environment, capture_output=True, timeout=WITHIN, check=False)
        return done.stdout.decode()
