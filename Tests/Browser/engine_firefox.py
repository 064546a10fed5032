"""Debian's Firefox, headless, spoken to in Marionette: what it listens for by itself, with no driver between."""

import json
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

from engines import Engine
from marionette_driver import By
from marionette_driver.marionette import Marionette
from processes import PageMemory

PREFERENCES = {
    "browser.download.folderList": 2,
    "intl.accept_languages": "en-GB, en",
    # Nothing but the tests' own servers is asked for anything.
    "services.settings.server": "data:,",
    "app.normandy.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}


class Firefox(Engine):
    def __init__(self, folder: Path, *arguments: str, more: dict[str, str | int | bool] | None = None) -> None:
        """`more`: preferences that this one has besides."""
        self.downloads = folder / "downloads"
        self.downloads.mkdir()
        profile = folder / "profile"
        profile.mkdir()
        port = free_port()
        preferences = {**PREFERENCES, "marionette.port": port, "browser.download.dir": str(self.downloads), **(more or {})}
        lines = [f"user_pref({quoted(name)}, {quoted(value)});\n" for name, value in preferences.items()]
        (profile / "user.js").write_text("".join(lines))
        with (folder / "firefox.log").open("wb") as log:
            self._process = subprocess.Popen(
                ["firefox-esr", "--headless", "--no-remote", "--profile", str(profile), "--marionette", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "HOME": str(folder)},
            )
        self._driver = Marionette(host="127.0.0.1", port=port)
        try:
            self._driver.raise_for_port(timeout=60)
            self._driver.start_session()
        except BaseException:
            self._process.kill()
            raise
        self.memory = PageMemory(self._process.pid, "-isForBrowser")

    def open(self, address: str) -> None:
        self._driver.navigate(address)

    def reload(self) -> None:
        self._driver.refresh()

    def click(self, part: str) -> None:
        self._find(part).click()

    def type(self, part: str, text: str) -> None:
        field = self._find(part)
        field.clear()
        field.send_keys(text)

    def choose(self, part: str, files: list[Path]) -> None:
        for file in files:
            self._find(part).send_keys(str(file))

    def run(self, script: str, *arguments: Any) -> Any:
        return self._driver.execute_script(script, script_args=list(arguments), sandbox=None)

    def screenshot(self, file: Path) -> None:
        file.write_bytes(self._driver.screenshot(format="binary", full=True))

    def close(self) -> None:
        try:
            self._driver.delete_session()
        finally:
            self._process.kill()
            self._process.wait()

    def _find(self, part: str) -> Any:
        self.wait_for(part)
        return self._driver.find_element(By.CSS_SELECTOR, part)


def quoted(value: str | int | bool) -> str:
    """As a preferences file writes it: as JSON does."""
    return json.dumps(value)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
