"""A secret as large as a server takes goes through a page whose memory stays bounded."""

import filecmp
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_chromium import Chromium
from flows import FILES, SUBMIT, arrived, look, save_button, share, told
from ledger import Ledger
from playwright.sync_api import Playwright
from processes import MIB
from service import Service

LARGE = 1024 * MIB
BOUND = 400 * MIB

LEFT = """
    return navigator.storage.getDirectory()
        .then((root) => root.getDirectoryHandle("keylink-kept", { create: true }))
        .then((folder) => folder.keys().next())
        .then(({ value }) => value ?? null);
"""
"""The name of a file that rests in the private file system, if one does."""


@pytest.fixture
def roomy(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path / "service", "--max-envelope-bytes", "2GiB")
    yield service
    service.stop()


def test_a_gibibyte_is_shared_and_opened_in_bounded_memory(
    playwright: Playwright, roomy: Service, ledger: Ledger, tmp_path: Path, measured: list[str]
) -> None:
    file = tmp_path / "large.bin"
    write_large(file)
    chromium = Chromium(playwright, tmp_path)
    try:
        chromium.open(f"{roomy.base}/")
        chromium.memory.restart()
        chromium.choose(FILES, [file])
        link = share(chromium, ledger)
        sharing = chromium.memory.peak()
        chromium.until(lambda: not chromium.run(LEFT), "the sealed octets to be removed")
        look(chromium, link)
        chromium.memory.restart()
        chromium.click(SUBMIT)
        arrived(chromium)
        receiving = chromium.memory.peak()
        chromium.memory.restart()
        saved = chromium.save(save_button(file.name), LARGE)
        saving = chromium.memory.peak()
        assert filecmp.cmp(saved, file, shallow=False)
        told(chromium)
        chromium.until(lambda: not chromium.run(LEFT), "what was saved to be removed from where it rested")
    finally:
        chromium.close()
    peaks = {"shared": sharing, "received": receiving, "saved": saving}
    measured.append("Chromium, 1 GiB: " + ", ".join(f"{what} in {peak // MIB} MiB" for what, peak in peaks.items()))
    assert max(peaks.values()) < BOUND, peaks
    for large in (saved, file):
        large.unlink()


def write_large(file: Path) -> None:
    """Sparse, but no two pieces of it alike."""
    with file.open("wb") as output:
        output.truncate(LARGE)
        for at in range(0, LARGE, MIB):
            output.seek(at)
            output.write(at.to_bytes(8, "big"))
