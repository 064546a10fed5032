"""Creating, looking, claiming: calls a second and latencies, with few secrets stored and with very many, beside the peer."""

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import bench_peer
import bench_seed
from bench_load import Load, find, wrk
from bench_report import over
from bench_transfer import sync_rate
from server import RELEASE, Server

CONNECTIONS = (1, 64, 512)
PEER_CONNECTIONS = (1, 64)
# Secrets that are there to be claimed: more than are claimed in a second here.
CLAIMS_A_SECOND = 8_000
# What is asked, and where.
NOTHING, LIMITS = "200 OK (/healthz)", "limits"
CREATE, LOOK, CLAIM, OPEN = "create 1 KB", "look", "claim + acknowledge", "open"
EMPTY, FULL, PEER, NOWHERE = "empty", "full", "SnapPass", ""

Key = tuple[str, str, int]


@dataclass
class Calls:
    """What was measured, in the order of the rounds."""

    folder: Path
    seconds: int
    progress: Callable[[str], None]
    #: By what was asked, where, and over how many connections.
    loads: dict[Key, list[Load]] = field(default_factory=dict)
    #: Seconds from starting the program until it listens, with very many secrets.
    starts: dict[str, list[float]] = field(default_factory=dict)
    #: MiB.
    peaks: dict[str, list[float]] = field(default_factory=dict)
    #: How often a second the disk syncs for one thread, beside the loads over so many connections.
    syncs: dict[int, list[float]] = field(default_factory=dict)

    def measure(self, rounds: int, secrets: int) -> None:
        claims = self.seconds * CLAIMS_A_SECOND
        self.progress(f"seeding {secrets:,} secrets and as many tombstones")
        full = Many(self.folder / "full", secrets)
        few = Many(self.folder / "few", claims)
        for _ in range(rounds):
            self.start(full)
        with self.serving(full.folder) as (crowded, _), bench_peer.snappass(self.folder / "snappass") as peer:
            for turn in range(rounds):
                for connections in CONNECTIONS:
                    self.progress(f"round {turn + 1} of {rounds}, {over(connections)}")
                    self.syncs.setdefault(connections, []).append(sync_rate(self.folder, 1))
                    self.measure_creating(crowded, connections)
                    self.measure_claiming(crowded, full, few, claims, connections)
                    if connections in PEER_CONNECTIONS:
                        self.measure_peer(peer, connections)
            self.note_peak(f"{FULL}, after all of it", crowded)

    def measure_creating(self, crowded: Server, connections: int) -> None:
        with self.serving(folder := self.folder / "fresh") as (empty, operations):
            self.load(NOTHING, NOWHERE, connections, f"{operations}/healthz")
            self.load(LIMITS, NOWHERE, connections, f"{empty.base}/api/v1/limits")
            for server, where in ((empty, EMPTY), (crowded, FULL)):
                self.load(CREATE, where, connections, server.base, "create.lua", "1024")
            self.note_peak(f"{EMPTY}, creating, {over(connections)}", empty)
        shutil.rmtree(folder)

    def measure_claiming(self, crowded: Server, full: "Many", few: "Many", claims: int, connections: int) -> None:
        with self.serving(folder := few.copy(self.folder / "fresh")) as (empty, _):
            places = ((empty, EMPTY, few, few.order[:]), (crowded, FULL, full, full.order[:claims]))
            for server, where, many, rows in places:
                lines = bench_seed.write_lines(self.folder / f"lines-{where}", rows, many.key)
                self.load(LOOK, where, connections, server.base, "look.lua", str(lines))
            for server, where, many, rows in places:
                lines = self.folder / f"lines-{where}"
                load = self.load(CLAIM, where, connections, server.base, "claim.lua", str(lines))
                used = count_claims(load, connections)
                # The last ones may be under way still.
                expect_opened(server, rows[1 : used - 2 * connections], many.key)
                if many is full:
                    del full.order[:used]
            self.note_peak(f"{EMPTY}, looking and claiming, {over(connections)}", empty)
        shutil.rmtree(folder)

    def measure_peer(self, peer: str, connections: int) -> None:
        paths = self.folder / "paths"
        self.load(CREATE, PEER, connections, peer, "snappass.lua", "create", str(paths))
        # Some more, unmeasured: opening must not run out of what was created.
        wrk(peer, max(PEER_CONNECTIONS), self.seconds, "snappass.lua", "create", str(paths))
        self.load(OPEN, PEER, connections, peer, "snappass.lua", "open", str(paths))
        paths.unlink()

    def load(self, what: str, where: str, connections: int, address: str, *script: str) -> Load:
        load = wrk(address, connections, self.seconds, *script)
        self.loads.setdefault((what, where, connections), []).append(load)
        return load

    def start(self, full: "Many") -> None:
        """With the database out of the page cache, as after a power cut; then warm, as it stays for the loads that follow.

        Cold, a look at a random secret is measured by the disk, which has nothing to do with how many there are.
        """
        for state, prepare in (("cold", forget_pages), ("warm", recall_pages)):
            prepare(full.folder / "data/keylink.sqlite")
            server = Server(full.folder, program=RELEASE)
            begun = time.monotonic()
            with server:
                self.starts.setdefault(state, []).append(time.monotonic() - begun)
                self.note_peak(f"{FULL}, just started", server)
                server.stop()

    @contextmanager
    def serving(self, folder: Path) -> Iterator[tuple[Server, str]]:
        """A server as people run it, and the address of its operations listener."""
        operations = bench_peer.free_port()
        with Server(folder, "--operations-port", str(operations), program=RELEASE, log_level="info") as server:
            yield server, f"http://127.0.0.1:{operations}"
            server.stop()

    def note_peak(self, what: str, server: Server) -> None:
        self.peaks.setdefault(what, []).append(server.peak_memory() / (1 << 20))


class Many:
    """A data folder with so many secrets and as many tombstones, and the rows still to be claimed, in random order."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self.key = bench_seed.seed(folder, count, count)
        self.order = list(range(1, count + 1))
        random.Random(3).shuffle(self.order)

    def copy(self, folder: Path) -> Path:
        return bench_seed.copy(self.folder, folder)


def count_claims(load: Load, connections: int) -> int:
    """How many secrets were claimed. Raises RuntimeError where an answer was not the one that was due."""
    words = ("posted", "claimed", "acknowledged", "wrong")
    posted, claimed, acknowledged, wrong = (int(find(rf"\b{word} (\d+)", load.output)) for word in words)
    if wrong or not acknowledged or posted - acknowledged > 2 * connections + 1:
        raise RuntimeError(f"of {posted} claims {claimed} were delivered and {acknowledged} acknowledged; {wrong} wrong answers")
    return posted


def expect_opened(server: Server, rows: list[int], key: bytes) -> None:
    """What was claimed and acknowledged is gone: asked of a hundred."""
    for secret in map(bench_seed.Secret, random.Random(4).sample(rows, min(100, len(rows)))):
        state = bench_seed.state(server.base, secret, key)
        if state != "opened":
            raise RuntimeError(f"a secret that was opened and acknowledged is {state}")


def forget_pages(path: Path) -> None:
    """Has the kernel read the file anew."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def recall_pages(path: Path) -> None:
    """Has the kernel hold the file, as it does once the server has run for a while."""
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 20):
            pass
