"""The extension's icons are the one mark."""

import base64

import pytest
from chromium import EXTENSION
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
