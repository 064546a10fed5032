"""Measures the release build on this machine, beside its disk and beside SnapPass.

    python3 Tests/Reliability/bench.py [--quick] [--rounds N] [--seconds N] [--secrets N] [--folder DIR]

Whatever is compared takes turns, round by round, so that what disturbs the machine disturbs all alike; wrk takes its share
of the same cores. Numbers of one run compare with each other, and with those of another machine only by their ratios.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bench_peer
from bench_calls import Calls
from bench_report import describe_machine, heading, row, show_calls, spread
from bench_targets import Targets
from bench_transfer import JOBS, Transfers
from server import RELEASE, ROOT


def main() -> int:
    options = read_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything that was started is ended
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="keylink-bench-", dir=options.folder) as name:
        folder = Path(name)
        describe_machine(folder, bench_peer.versions())
        measure_envelope(folder, options.rounds)
        calls = Calls(folder, options.seconds, progress)
        calls.measure(options.rounds, options.secrets)
        transfers = Transfers(folder, progress)
        transfers.measure(options.rounds)
    print(f"\nempty: nothing stored but what a load needs; full: {options.secrets:,} secrets, and as many tombstones")
    show_calls(calls.loads)
    show_disk_and_memory(calls, transfers)
    Targets(calls, transfers).show()
    return 0


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a second each, and a tenth of the secrets")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured (%(default)s)")
    parser.add_argument("--seconds", type=int, help="how long each load lasts (3)")
    parser.add_argument("--secrets", type=int, help="how many secrets, and as many tombstones, 'a million' is")
    parser.add_argument("--folder", type=Path, default=ROOT / ".build/bench", help="on the disk to measure")
    options = parser.parse_args()
    options.seconds = options.seconds or (1 if options.quick else 3)
    options.secrets = options.secrets or (100_000 if options.quick else 1_000_000)
    return options


def progress(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)


def measure_envelope(folder: Path, rounds: int) -> None:
    progress("the envelope, on both sides")
    size = 256
    source, sealed, key, opened = (folder / name for name in ("source", "sealed", "key", "opened"))
    opened.mkdir()
    with source.open("wb") as file:
        for _ in range(size):
            file.write(os.urandom(1_000_000))
    keylink, script = RELEASE.parent / "keylink", ROOT / "Tests/Reliability/envelope.mjs"
    seals, opens, node = [], [], []
    for _ in range(rounds):
        seals.append(size / timed([keylink, "seal", source, "--output", sealed, "--key-file", key]))
        opens.append(size / timed([keylink, "unseal", sealed, "--key-file", key, "--output", opened]))
        words = ["node", script, str(size * 1_000_000)]
        node.append(json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout))
        for file in (sealed, key, opened / "source"):
            file.unlink()
    source.unlink()
    heading(f"the envelope, {size} MB", "seal MB/s", "open MB/s")
    row("keylink (files in and out)", spread(seals), spread(opens))
    row("WebUI/keylink in node, one thread", spread(one["seal"] for one in node), spread(one["open"] for one in node))


def timed(words: list[str | Path]) -> float:
    start = time.monotonic()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - start


def show_disk_and_memory(calls: Calls, transfers: Transfers) -> None:
    heading("the disk, one thread", "")
    row("4 KiB appended and synced, a second", spread(rate for rates in calls.syncs.values() for rate in rates))
    row("1 GiB written, one sync, MB/s", spread(transfers.disk))
    heading("envelopes up and down", "up MB/s", "down, with both calls")
    for job in JOBS:
        runs = transfers.runs[job.name]
        row(f"{job.name}, {job.connections} at once", spread(run.up for run in runs), spread(run.down for run in runs))
    heading("the server's peak memory", "MiB")
    for what, peaks in calls.peaks.items():
        row(what, spread(peaks))
    for job in JOBS:
        runs = transfers.runs[job.name]
        row(f"{job.name} up", spread(run.peak_up for run in runs))
        row(f"{job.name} down", spread(run.peak_down for run in runs))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
