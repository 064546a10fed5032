"""Chromium with the extension: what a person does there, and what Chrome does to its service worker."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from catalogues import CATALOGUES, shapes
from chromium import ARGUMENTS
from chromium import executable as chromium
from ledger import Ledger
from playwright.sync_api import Page, Playwright, Worker
from screen import Screen

WITHIN = 20_000

WINDOW = [
    *(argument for argument in ARGUMENTS if argument != "--headless=new"),
    "--window-position=0,0",
    "--window-size=1200,900",
]

# Chrome tells an extension only the ids of its notifications. So what it shows is noted on the way.
RECORD = """() => {
    if (globalThis.notices) return;
    globalThis.notices = [];
    globalThis.steps = [];
    const { create, update } = chrome.notifications;
    chrome.notifications.create = (id, { title, message, ...rest }) => {
        globalThis.notices.push({ id, title, message });
        return create.call(chrome.notifications, id, { title, message, ...rest });
    };
    chrome.notifications.update = (id, notice) => {
        globalThis.steps.push(notice.message);
        return update.call(chrome.notifications, id, notice);
    };
}"""

CLICK = """async (clicks) => {
    const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
    for (const click of clicks) chrome.contextMenus.onClicked.dispatch({ editable: false, frameId: 0, ...click }, tab);
}"""

KEYS = """async () => {
    const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
    chrome.commands.onCommand.dispatch("share-selection", tab);
}"""

# Chrome asks the extension for the frames of a tab by numbers that only the extension learns.
FRAMES = """async () => {
    const [{ id: tabId }] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
    const frames = await chrome.scripting.executeScript({ target: { tabId, allFrames: true }, func: () => location.pathname });
    return Object.fromEntries(frames.map(({ frameId, result }) => [result, frameId]));
}"""

REACHES = """async () => {
    const [{ id: tabId }] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
    return chrome.scripting.executeScript({ target: { tabId }, func: () => true }).then(() => true, () => false);
}"""

MENU = """async () => {
    const ids = ["open", "selection", "replace", "link", "file", "image", "screenshot"];
    const isThere = (id) => new Promise((resolve) => {
        chrome.contextMenus.update(id, {}, () => resolve(chrome.runtime.lastError === undefined));
    });
    const there = await Promise.all(ids.map(isThere));
    return ids.filter((_, at) => there[at]);
}"""

OWN = """async () => Object.entries(await chrome.storage.session.get(null))
    .filter(([key]) => key.startsWith("own:")).map(([, own]) => own.link)"""

SHARES = """async () => Object.entries(await chrome.storage.session.get(null))
    .filter(([key]) => key.startsWith("share:")).map(([, share]) => share)"""


def says(notice: dict[str, str], *names: str) -> bool:
    """Whether a notification says these sentences, by their names in the catalogue, and none beside."""
    lines = notice["message"].split("\n")
    wanted = [shapes(CATALOGUES["en"][f"extension.notice.{name}"]) for name in names]
    return len(lines) == len(names) and all(
        any(shape.fullmatch(line) for shape in found) for line, found in zip(lines, wanted, strict=True)
    )


class Chrome:
    def __init__(
        self,
        playwright: Playwright,
        profile: Path,
        extension: Path,
        ledger: Ledger,
        *,
        program: Path | None = None,
        screen: Screen | None = None,
    ) -> None:
        """`program`: what starts Chromium, if it is not Debian's as it is. `screen`: where its window shows, if anywhere."""
        self._ledger = ledger
        shown = {"no_viewport": True, "env": {**os.environ, "DISPLAY": screen.display}} if screen else {}
        self.context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=program or chromium(),
            headless=False,  # its own flag asks for the new headless mode, the only one with extensions
            **shown,
            args=[
                *(WINDOW if screen else ARGUMENTS),
                f"--disable-extensions-except={extension}",
                f"--load-extension={extension}",
                "--enable-unsafe-extension-debugging",  # to press the toolbar's button
            ],
        )
        self.context.set_default_timeout(WITHIN)
        self._first = self.context.pages[0]
        self._devtools = self.context.new_cdp_session(self._first)
        self._statuses: list[str] = []
        """Of the service worker, each since the one before."""
        self._devtools.on("ServiceWorker.workerVersionUpdated", self._note_status)
        self._devtools.send("ServiceWorker.enable")
        self.id = self.worker().url.split("/")[2]
        self._helper: Page | None = None

    def close(self) -> None:
        self.context.close()

    # The service worker

    def worker(self) -> Worker:
        """The one that runs; the extension must not be asleep."""
        if not self.context.service_workers:
            self.context.wait_for_event("serviceworker")
        worker = self.context.service_workers[-1]
        worker.evaluate(RECORD)
        return worker

    def stop_worker(self) -> None:
        """As Chrome does when it needs the memory. Answers once it has ended, be there a new one already or not."""
        self._statuses.clear()
        self._devtools.send("ServiceWorker.stopAllWorkers")
        self.until(lambda: "stopped" in self._statuses)

    def wake_worker(self) -> None:
        """By an event, which is the only thing that wakes one."""
        if self._helper is None:
            self._helper = self.context.new_page()
            self._helper.goto(f"chrome-extension://{self.id}/icons/16.png")
        self._helper.evaluate("() => void chrome.runtime.sendMessage({})")
        self.until(lambda: self._statuses[-1:] == ["running"])

    def _note_status(self, event: dict[str, Any]) -> None:
        self._statuses += [version["runningStatus"] for version in event["versions"]]

    def evaluate(self, expression: str, argument: Any = None) -> Any:
        return self.worker().evaluate(expression, argument)

    # What a person does

    def set_server(self, base: str, ttl: int = 86_400, *, token: str = "", **more: Any) -> None:
        settings = {"servers": [{"base": base, "token": token}], "base": base, "ttl": ttl, **more}
        self.evaluate("(settings) => chrome.storage.local.set({ settings })", settings)

    def select(self, page: Page, selector: str) -> str:
        """Selects an element's text and answers it as Chrome's context menu would: with spaces for line breaks."""
        page.bring_to_front()
        page.locator(selector).evaluate("(element) => getSelection().selectAllChildren(element)")
        selected = page.evaluate("() => getSelection().toString()")
        self._ledger.keep_text(selected)
        return selected.replace("\n", " ").strip()

    def click_menu_item(self, page: Page, *texts: str, item: str = "selection") -> None:
        """Chooses the menu item for a selection, once for each text, without a pause between."""
        for text in texts:
            self._ledger.keep_text(text)
        self.click(page, *({"menuItemId": item, "selectionText": text} for text in texts))

    def click(self, page: Page, *clicks: dict[str, Any]) -> None:
        """Chooses items of the context menu, all at once."""
        page.bring_to_front()
        self.evaluate(CLICK, list(clicks))

    def press_keys(self, page: Page) -> None:
        """Those that share what is selected."""
        page.bring_to_front()
        self.evaluate(KEYS)

    def frames(self, page: Page) -> dict[str, int]:
        """Those that the extension may reach now: path to number."""
        page.bring_to_front()
        return self.evaluate(FRAMES)

    def grant_tab(self, page: Page) -> None:
        """A dispatched event is no gesture, and Chrome gives `activeTab` for gestures only: so the button is pressed."""
        devtools = self.context.browser.new_browser_cdp_session()
        tabs = devtools.send("Target.getTargets", {"filter": [{"type": "tab"}]})["targetInfos"]
        target = next(tab["targetId"] for tab in tabs if tab["url"] == page.url)
        devtools.send("Extensions.triggerAction", {"id": self.id, "targetId": target})
        page.bring_to_front()
        self.until(lambda: self.evaluate(REACHES))

    # What a person sees

    def notices(self) -> list[dict[str, str]]:
        """Since the worker started."""
        return self.evaluate("() => globalThis.notices")

    def steps(self) -> list[str]:
        """What notifications said while something went on."""
        return self.evaluate("() => globalThis.steps")

    def is_offscreen(self) -> bool:
        return self.evaluate("() => chrome.offscreen.hasDocument()")

    def wait_for_notice(self, count: int = 1) -> list[dict[str, str]]:
        self.until(lambda: len(self.notices()) >= count)
        return self.notices()

    def notification_ids(self) -> list[str]:
        return list(self.evaluate("() => chrome.notifications.getAll()"))

    def menu(self) -> list[str]:
        """Chrome tells nobody what its menus hold; but it refuses to change what is not there."""
        return self.evaluate(MENU)

    def badge(self) -> str:
        """The sign on the extension's button."""
        return self.evaluate("() => chrome.action.getBadgeText({})")

    def shares(self) -> list[dict[str, Any]]:
        shares = self.evaluate(SHARES)
        for share in shares:
            if share["shared"]:
                self._ledger.keep_link(share["shared"]["link"])
        return shares

    def own_links(self) -> list[str]:
        """Of all that was shared while this browser runs."""
        return [self._ledger.keep_link(link) for link in self.evaluate(OWN)]

    def clipboard(self, page: Page) -> str:
        """Read where a person would paste it: in some page of some site."""
        origin = "/".join(page.url.split("/")[:3])
        self.context.grant_permissions(["clipboard-read"], origin=origin)
        page.bring_to_front()
        return self._ledger.keep_link(page.evaluate("() => navigator.clipboard.readText()"))

    def until(self, condition: Callable[[], bool], tries: int = 400) -> None:
        """Waits for a condition that no event tells of, and lets the browser's events come meanwhile."""
        for _ in range(tries):
            if condition():
                return
            self._first.wait_for_timeout(50)
        raise AssertionError("it did not come to that")
