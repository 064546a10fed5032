"""Measures the release build on this machine.

    python3 Tests/Reliability/bench.py

The envelope: megabytes of plaintext a second through the command and through the page's library. The server: requests
a second and latencies, with wrk taking its share of the same cores. Numbers of one run compare with each other, and
with those of another machine only by their ratios.
"""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RELEASE = ROOT / ".build/release"
SIZE = 256 * 1000 * 1000
SECONDS = 5


def row(what: str, *cells: str) -> None:
    print(f"{what:<34}", *(f"{cell:>16}" for cell in cells), flush=True)


def timed(words: list[str | Path]) -> float:
    start = time.monotonic()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - start


def measure_envelope(folder: Path) -> None:
    row(f"envelope, {SIZE // 1000000} MB", "seal MB/s", "open MB/s")
    source, envelope, key = folder / "source", folder / "envelope", folder / "key"
    with source.open("wb") as file:
        for _ in range(SIZE // 1000000):
            file.write(os.urandom(1000000))
    keylink = RELEASE / "keylink"
    seal = timed([keylink, "seal", source, "--output", envelope, "--key-file", key])
    open_ = timed([keylink, "unseal", envelope, "--key-file", key, "--output", folder / "opened"])
    row("  keylink (files in and out)", f"{SIZE / 1e6 / seal:.0f}", f"{SIZE / 1e6 / open_:.0f}")
    script = ROOT / "Tests/Reliability/envelope.mjs"
    output = subprocess.run(["node", script, str(SIZE)], check=True, capture_output=True, text=True).stdout
    rates = json.loads(output)
    row("  WebUI/keylink in node, one thread", str(rates["seal"]), str(rates["open"]))


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A release server with a data directory of its own; gives its address."""
    words = [RELEASE / "keylink-server", "--host", "127.0.0.1", "--port", "0", "--data", folder, "--web", ROOT / "WebUI"]
    with (
        (folder.parent / "server.log").open("w+") as log,
        subprocess.Popen(words, stdout=log, stderr=log) as process,
    ):
        try:
            yield wait_for_address(Path(log.name), process)
        finally:
            process.terminate()


def wait_for_address(log: Path, process: subprocess.Popen[bytes]) -> str:
    for _ in range(200):
        if found := re.search(r"http://[0-9.:]+", log.read_text()):
            return found.group(0)
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")


def base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def create_one(address: str) -> tuple[str, str]:
    """A secret to look at: its path and its link token."""
    tokens = [os.urandom(32) for _ in range(3)]
    names = ("Keylink-Link-Verifier", "Keylink-Access-Verifier", "Keylink-Receipt-Verifier")
    headers = {
        name: base64url(hashlib.blake2b(token, digest_size=32).digest()) for name, token in zip(names, tokens, strict=True)
    }
    request = urllib.request.Request(
        f"{address}/api/v1/secrets",
        data=b"KLNK" + bytes(1020),
        headers={"Content-Type": "application/octet-stream", **headers},
    )
    with urllib.request.urlopen(request) as answer:
        return f"/api/v1/secrets/{json.load(answer)['id']}", base64url(tokens[0])


def wrk(address: str, path: str, connections: int, *options: str) -> tuple[str, str, str]:
    """Requests a second, p50 and p99. Fails when any answer was not a success."""
    words = ["wrk", "--latency", "-t1", f"-c{connections}", f"-d{SECONDS}s", *options, address + path]
    output = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(f"{' '.join(words)}\n{output}")

    def find(pattern: str) -> str:
        found = re.search(pattern, output)
        if found is None:
            raise RuntimeError(f"wrk said nothing that matches {pattern!r}:\n{output}")
        return found.group(1)

    rate = float(find(r"Requests/sec:\s+([\d.]+)"))
    return f"{rate:,.0f}", find(r"50%\s+(\S+)"), find(r"99%\s+(\S+)")


def measure_server(folder: Path) -> None:
    row(f"server, wrk for {SECONDS} s each", "requests/s", "p50", "p99")
    with server(folder / "data") as address:
        path, token = create_one(address)
        for connections in (1, 64):
            after = f", {connections} connection{'s' if connections > 1 else ''}"
            row(f"  limits{after}", *wrk(address, "/api/v1/limits", connections))
            row(f"  look{after}", *wrk(address, path, connections, "-H", f"Authorization: Bearer {token}"))
            script = str(ROOT / "Tests/Reliability/create.lua")
            row(f"  create 1 KB, durably{after}", *wrk(address, "", connections, "-s", script))


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="keylink-bench-") as name:
        folder = Path(name)
        (folder / "data").mkdir()
        (folder / "opened").mkdir()
        measure_envelope(folder)
        measure_server(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
