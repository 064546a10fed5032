"""WebKitGTK's MiniBrowser through its own WebDriver, on a screen of its own (Xvfb)."""

import os
from pathlib import Path
from typing import Any

from engines import Engine
from processes import PageMemory
from screen import Screen
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
        self._screen = Screen(folder)
        environment = {**os.environ, "HOME": str(folder), "DISPLAY": self._screen.display, "LANG": "en_GB.UTF-8", "TZ": "UTC"}
        environment.pop("XDG_CONFIG_HOME", None)
        options = webdriver.WebKitGTKOptions()
        options.binary_location = str(next(LIBRARIES.glob("*/webkit2gtk-*/MiniBrowser")))
        options.add_argument("--automation")
        log = str(folder / "webkit.log")
        service = webdriver.WebKitGTKService(executable_path=DRIVER, log_output=log, env=environment)
        try:
            self._driver = webdriver.WebKitGTK(options=options, service=service)
        except BaseException:
            self._screen.close()
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
            self._screen.close()

    def _find(self, part: str) -> Any:
        self.wait_for(part)
        return self._driver.find_element(By.CSS_SELECTOR, part)
