"""Measures how much faster a pool of two workers seals and opens a file in Chromium than one worker does.

    .venv/bin/python Tests/Browser/bench_pool.py [--quick] [--rounds N] [--size MB]

Both take turns, round by round, so that what disturbs the machine disturbs both alike. Sealing goes from a file on the disk
to ciphertext in the page; opening from ciphertext in the origin's private file system, where the page keeps what is large, to
the file's octets in the page. The library is served as it stands in the tree.

Sealing is the harder one on two cores: a chosen file is read by Chromium's own process, which takes some 220 ms of a core for
200 MB beside the 460 of the workers. So two of them reach at most 2 x 460 / (460 + 220), 1.35, before spent memory is reused.
"""

import argparse
import os
import re
import sys
import tempfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from threading import Thread

from chromium import ARGUMENTS, ROOT, executable
from playwright.sync_api import Page, sync_playwright

SCRIPT = b'<script type="module" src="Tests/Browser/bench_pool.mjs"></script>'
PAGE = b'<!doctype html><meta charset="utf-8"><input type="file">' + SCRIPT
WIDTHS = (1, 2)


class Library(SimpleHTTPRequestHandler):
    """The tree, and a page in it that measures."""

    def do_GET(self) -> None:
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def end_headers(self) -> None:
        # As in the built site: a worker's scripts are there already when it starts.
        self.send_header("Cache-Control", "max-age=3600")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Silent: what is printed are the measurements."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="how often everything is measured (%(default)s)")
    parser.add_argument("--size", type=int, default=200, help="MB (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="three rounds")
    options = parser.parse_args()
    rounds = 3 if options.quick else options.rounds
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Library, directory=ROOT))
    Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="keylink-bench-", dir=ROOT / ".build") as folder, sync_playwright() as playwright:
        file = Path(folder) / "file"
        with file.open("wb") as output:
            for _ in range(options.size):
                output.write(os.urandom(1_000_000))
        # With a profile on the disk, as people have one: a private window keeps all that it is given in memory.
        profile = Path(folder) / "profile"
        browser = playwright.chromium.launch_persistent_context(profile, executable_path=executable(), args=ARGUMENTS)
        page = browser.pages[0]
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
        page.set_input_files("input", file)
        page.wait_for_function("() => 'measure' in globalThis")
        page.evaluate("() => prepare()")
        describe(browser.browser.version, options.size)
        show(measure(page, rounds))
        browser.close()
    server.shutdown()
    return 0


def measure(page: Page, rounds: int) -> dict[str, dict[int, list[float]]]:
    """MB/s, by what is done and how many workers do it. The first round warms up and does not count."""
    rates: dict[str, dict[int, list[float]]] = {"seal": {width: [] for width in WIDTHS}, "open": {width: [] for width in WIDTHS}}
    for number in range(rounds + 1):
        for width in WIDTHS:
            for what, measured in rates.items():
                rate = page.evaluate("([what, width]) => measure[what](width)", [what, width])
                if number > 0:
                    measured[width].append(rate)
    return rates


def describe(version: str, size: int) -> None:
    processor = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    print(f"machine    {os.cpu_count()} cores, {processor[1] if processor else os.uname().machine}")
    print(f"           load before: {' '.join(f'{load:.2f}' for load in os.getloadavg())} (other work disturbs all of this)")
    print(f"versions   Chromium {version}\n")
    print(f"{f'a file of {size} MB in a page, MB/s':<40}{'min':>10}{'median':>10}{'max':>10}")


def show(rates: dict[str, dict[int, list[float]]]) -> None:
    for what, by_width in rates.items():
        for width, measured in by_width.items():
            name = f"{what}, {width} worker{'s' if width > 1 else ''}"
            print(f"  {name:<38}{min(measured):>10.0f}{median(measured):>10.0f}{max(measured):>10.0f}")
        one, two = by_width.values()
        ratios = [fast / slow for slow, fast in zip(one, two, strict=True)]
        print(f"  {'two to one, round by round':<38}{min(ratios):>10.2f}{median(ratios):>10.2f}{max(ratios):>10.2f}")


if __name__ == "__main__":
    sys.exit(main())
