"""The extension's files: nothing untranslated, icons that are the mark, a package that is the same everywhere."""

import base64
import subprocess
import zipfile
from pathlib import Path

import pytest
from chromium import EXTENSION, ROOT
from icons import SIZES, render
from playwright.sync_api import Browser

# How far apart two Chromiums may draw the same edge: of 255, on average over all pixels.
TOLERANCE = 2

DIFFERENCE = """async ([size, ...images]) => {
    const pixels = await Promise.all(images.map(async (image) => {
        const bitmap = await createImageBitmap(await (await fetch("data:image/png;base64," + image)).blob());
        if (bitmap.width !== size || bitmap.height !== size) throw new Error("another size");
        const canvas = new OffscreenCanvas(size, size).getContext("2d");
        canvas.drawImage(bitmap, 0, 0);
        return canvas.getImageData(0, 0, size, size).data;
    }));
    return pixels[0].reduce((sum, value, i) => sum + Math.abs(value - pixels[1][i]), 0) / pixels[0].length;
}"""


@pytest.mark.parametrize("size", SIZES)
def test_icons_are_the_mark(browser: Browser, size: int) -> None:
    committed = (EXTENSION / f"icons/{size}.png").read_bytes()
    page = browser.new_page()
    images = [base64.b64encode(image).decode() for image in (committed, render(browser, size))]
    assert page.evaluate(DIFFERENCE, [size, *images]) <= TOLERANCE, "run python Tests/Browser/icons.py"
    page.close()


def pack(target: Path) -> bytes:
    subprocess.run([str(ROOT / "Scripts/package-extension"), str(target)], check=True, capture_output=True)
    return target.read_bytes()


def test_the_package_is_the_same_every_time(tmp_path: Path) -> None:
    assert pack(tmp_path / "one.zip") == pack(tmp_path / "two.zip")


def test_the_package_holds_what_is_needed_as_real_files(tmp_path: Path) -> None:
    pack(tmp_path / "packed.zip")
    with zipfile.ZipFile(tmp_path / "packed.zip") as packed:
        names = packed.namelist()
        kinds = {entry.external_attr >> 28 for entry in packed.infolist()}
        assert kinds == {0o10}, "regular files"
        for name in names:
            assert packed.read(name) == (EXTENSION / name).read_bytes()
    assert names == sorted(names)
    assert {"manifest.json", "keylink/client.js", "keylink/sodium.wasm", "styles/tokens.css"} <= set(names)
    unwanted = [name for name in names if name.startswith("types/") or name.endswith((".ts", ".md", ".sha256"))]
    assert unwanted == []
