"""Firefox with the extension: its own menu over a page, the clipboard of the machine, and the extension's own pages."""

from pathlib import Path
from typing import Any

from engine_firefox import Firefox
from ledger import Ledger
from marionette_driver import By
from marionette_driver.addons import Addons
from marionette_driver.marionette import ActionSequence

ID = "extension@keylink"

ADDRESS = f"return WebExtensionPolicy.getByID('{ID}').mozExtensionHostname"

# What the menu offers of ours, with Firefox's own parts left out of the ids.
OFFERED = f"""
    const menu = document.getElementById("contentAreaContextMenu");
    const own = [...menu.querySelectorAll("menuitem")].filter(({{ id }}) => id.startsWith("{ID.replace("@", "_")}-"));
    return menu.state === "open" ? own.map(({{ id }}) => id.split("-_")[1]) : [];"""

CHOOSE = f"""
    const menu = document.getElementById("contentAreaContextMenu");
    const item = document.getElementById("{ID.replace("@", "_")}-menuitem-_" + arguments[0]);
    // Where there are several, they lie in a menu of their own.
    const place = item.parentElement;
    if (place !== menu) {{
        const shown = new Promise((resolve) => place.addEventListener("popupshown", resolve, {{ once: true }}));
        place.parentElement.openMenu(true);
        await shown;
    }}
    place.activateItem(item);"""

PRESS = f"""
    const key = document.querySelector("#ext-keyset-id-{ID.replace("@", "_")} key");
    key.doCommand();
    return key.getAttribute("modifiers") + " " + key.getAttribute("key");"""

CLIPBOARD = """
    return navigator.clipboard.readText().catch(() => "");"""

# A script that may wait, and whose mistakes are told.
WRAPPED = """
    const done = arguments[arguments.length - 1];
    const run = async function () { %s };
    run.apply(null, [...arguments].slice(0, -1)).then((value) => done([value ?? null]), (error) => done(String(error)));"""

STORE = """
    const [settings, done] = arguments;
    browser.storage.local.set({ settings }).then(() => done("stored"), (error) => done(String(error)));"""


class FirefoxWithExtension(Firefox):
    def __init__(self, folder: Path, package: Path, ledger: Ledger) -> None:
        # Its own menus and the clipboard are the browser's, not a page's.
        super().__init__(folder, "--remote-allow-system-access")
        self._ledger = ledger
        try:
            Addons(self._driver).install(str(package), temp=True)
            self.base = f"moz-extension://{self._in_browser(ADDRESS)}"
        except BaseException:
            self.close()
            raise

    def set_server(self, base: str) -> None:
        self.open(f"{self.base}/options/options.html")
        settings = {"servers": [{"base": base, "token": ""}], "base": base}
        stored = self._driver.execute_async_script(STORE, script_args=[settings], sandbox=None)
        assert stored == "stored", stored

    def select(self, part: str) -> None:
        self.run("getSelection().selectAllChildren(document.querySelector(arguments[0]))", part)

    def choose_from_menu(self, part: str, item: str) -> None:
        """The true menu, under the right button; again while the extension has not put its items there yet."""

        def offered() -> bool:
            if item in self._in_browser(OFFERED):
                return True
            with self._driver.using_context("chrome"):
                self._driver.execute_script("document.getElementById('contentAreaContextMenu').hidePopup()")
            mouse = ActionSequence(self._driver, "pointer", "mouse", {"pointerType": "mouse"})
            mouse.pointer_move(0, 0, origin=self._driver.find_element(By.CSS_SELECTOR, part))
            mouse.pointer_down(button=2).pointer_up(button=2).perform()
            return False

        self.until(offered, f"{item} in the menu")
        self._in_browser(CHOOSE, item)

    def press_keys(self) -> None:
        """Keys out of Marionette do not reach the browser's shortcuts. So the one that the extension set is set off itself."""
        shortcut = self._in_browser(PRESS)
        assert shortcut == "alt,shift S"

    def clipboard(self) -> str:
        return self._ledger.keep_link(self._in_browser(CLIPBOARD))

    def switch_to_newest(self) -> None:
        self._driver.switch_to_window(self._driver.window_handles[-1])

    def tabs(self) -> int:
        return len(self._driver.window_handles)

    def _in_browser(self, script: str, *arguments: Any) -> Any:
        with self._driver.using_context("chrome"):
            answer = self._driver.execute_async_script(WRAPPED % script, script_args=list(arguments))
        assert isinstance(answer, list), answer
        return answer[0]
