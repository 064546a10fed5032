"""Stands in for the windows that ask where to save, which no test can answer: the places are in the private file system."""

from playwright.sync_api import BrowserContext, Page

PICKED = "picked"
"""The folder there."""

STUB = """
globalThis.showDirectoryPicker = async () =>
    (await navigator.storage.getDirectory()).getDirectoryHandle("picked", { create: true });
globalThis.showSaveFilePicker = async ({ suggestedName }) =>
    (await globalThis.showDirectoryPicker()).getFileHandle(suggestedName, { create: true });
"""

REMOVE = """
delete globalThis.showSaveFilePicker;
delete globalThis.showDirectoryPicker;
"""

LISTED = """async (folder) => {
    const found = {};
    try {
        const handle = await (await navigator.storage.getDirectory()).getDirectoryHandle(folder);
        for await (const [name, file] of handle.entries()) {
            const blob = await file.getFile();
            const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
            found[name] = [blob.size, Array.from(new Uint8Array(digest), (o) => o.toString(16).padStart(2, "0")).join("")];
        }
    } catch (error) {
        if (error.name !== "NotFoundError") throw error;
    }
    return found;
}"""


def pick_by_itself(context: BrowserContext) -> None:
    context.add_init_script(STUB)


def without_pickers(context: BrowserContext) -> None:
    context.add_init_script(REMOVE)


def listed(page: Page, folder: str = PICKED) -> dict[str, tuple[int, str]]:
    """Name to size and SHA-256 of what is in a folder of the private file system."""
    return {name: (size, digest) for name, (size, digest) in page.evaluate(LISTED, folder).items()}
