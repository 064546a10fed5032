"""WebKitGTK's MiniBrowser through its own WebDriver, on a screen of its own (Xvfb)."""

import os
import subprocess
from pathlib import Path
from typing import Any

from engines import Engine
from processes import PageMemory
from selenium import webdriver
from selenium.webdriver.common.by import By

DRIVER = "/usr/bin/WebKitWebDriver"
LIBRARIES = Path("/usr/lib")


class WebKit(Engine):
    def __init__(self, folder: Path) -> None:
        self.downloads = folder / "downloads"
        self.downloads.mkdir()
        (folder / ".config").mkdir()
        (folder / ".config/user-dirs.dirs").write_text(f'XDG_DOWNLOAD_DIR="{self.downloads}"\n')
        self._screen, display = start_screen(folder)
        environment = {**os.environ, "HOME": str(folder), "DISPLAY": display, "LANG": "en_GB.UTF-8", "TZ": "UTC"}
        environment.pop("XDG_CONFIG_HOME", None)
        options = webdriver.WebKitGTKOptions()
        options.binary_location = str(next(LIBRARIES.glob("*/webkit2gtk-*/MiniBrowser")))
        options.add_argument("--automation")
        log = str(folder / "webkit.log")
        service = webdriver.WebKitGTKService(executable_path=DRIVER, log_output=log, env=environment)
        try:
            self._driver = webdriver.WebKitGTK(options=options, service=service)
        except BaseException:
            self._screen.kill()
            raise
        self.memory = PageMemory(service.process.pid, "WebKitWebProcess")

    def open(self, address: str) -> None:
        self._driver.get(address)

    def reload(self) -> None:
        self._driver.refresh()

    def click(self, part: str) -> None:
        self._find(part).click()

    def type(self, part: str, text: str) -> None:
        field = self._find(part)
        field.clear()
        field.click()
        # Its driver has keys for neither line breaks nor emoji. This is what an input method does: one insertion.
        self.run("document.execCommand('insertText', false, arguments[0])", text)

    def choose(self, part: str, files: list[Path]) -> None:
        self._find(part).send_keys("\n".join(map(str, files)))

    def run(self, script: str, *arguments: Any) -> Any:
        return self._driver.execute_script(script, *arguments)

    def screenshot(self, file: Path) -> None:
        self._driver.save_screenshot(str(file))

    def close(self) -> None:
        try:
            self._driver.quit()
        finally:
            self._screen.terminate()
            self._screen.wait()

    def _find(self, part: str) -> Any:
        self.wait_for(part)
        return self._driver.find_element(By.CSS_SELECTOR, part)


def start_screen(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Xvfb on whichever display is free, and that display's name."""
    told, tells = os.pipe()
    with (folder / "screen.log").open("wb") as log:
        words = ["Xvfb", "-displayfd", str(tells), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
        screen = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[tells])
    os.close(tells)
    with os.fdopen(told) as answer:
        number = answer.readline().strip()
    if not number:
        raise RuntimeError(f"Xvfb did not start: {(folder / 'screen.log').read_text()}")
    return screen, f":{number}"
