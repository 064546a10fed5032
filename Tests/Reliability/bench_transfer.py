"""Envelopes of many sizes up and down, through plain sockets: what is timed is the server and not a client's library."""

import json
import os
import shutil
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench_seed import Secret
from server import RELEASE, Server

PIECE = 1 << 20
MB = 1_000_000


@dataclass(frozen=True)
class Job:
    """So many envelopes of a size, over so many connections at once."""

    name: str
    size: int
    connections: int
    count: int


JOBS = [
    Job("64 KiB", 1 << 16, 16, 1600),
    Job("40 MB", 40 * MB, 4, 8),
    Job("1 GiB", 1 << 30, 1, 1),
]


@dataclass
class Transfer:
    """MB a second either way, and the server's peak memory in MiB after each."""

    up: float
    down: float
    peak_up: float
    peak_down: float


class Connection:
    """One to the server, kept alive."""

    def __init__(self, address: str) -> None:
        self.host = urlsplit(address).netloc
        self.socket = socket.create_connection(self.host.split(":"))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.piece = memoryview(bytearray(os.urandom(PIECE)))

    def upload(self, secret: Secret, size: int) -> str:
        """The new secret's ID."""
        self.head("POST", "/api/v1/secrets", secret.headers | {"Content-Length": str(size)})
        sent = len(start := b"KLNK" + bytes(93))
        self.socket.sendall(start)
        while sent < size:
            self.socket.sendall(piece := self.piece[: min(PIECE, size - sent)])
            sent += len(piece)
        status, length, rest = self.answer()
        while len(rest) < length:
            rest += self.socket.recv(length - len(rest))
        return self.expect(status == 201, status) or json.loads(rest)["id"]

    def download(self, secret: Secret, id: str, size: int) -> None:
        claim = {"Authorization": f"Bearer {secret.bearer('Link', 'Access')}", "Idempotency-Key": secret.claim_key}
        self.head("POST", f"/api/v1/secrets/{id}/claim", claim | {"Content-Length": "0"})
        status, length, rest = self.answer()
        self.expect((status, length) == (200, size), status)
        came = len(rest)
        while came < size:
            count = self.socket.recv_into(self.piece, min(PIECE, size - came))
            self.expect(count > 0, "an end too early")
            came += count
        self.head("DELETE", f"/api/v1/secrets/{id}/claim", claim)
        status, _, _ = self.answer()
        self.expect(status == 204, status)

    def head(self, method: str, path: str, headers: dict[str, str]) -> None:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", *(f"{name}: {value}" for name, value in headers.items())]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())

    def answer(self) -> tuple[int, int, bytes]:
        """Status, length of the body, and what has come of it with the head."""
        octets = b""
        while b"\r\n\r\n" not in octets:
            self.expect(bool(more := self.socket.recv(1 << 16)), "no answer")
            octets += more
        head, _, rest = octets.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return int(first.split()[1]), int(headers.get("content-length", 0)), rest

    def expect(self, is_so: bool, told: object) -> None:
        if not is_so:
            raise RuntimeError(f"a transfer failed: {told}")


def transfer(folder: Path, job: Job) -> Transfer:
    """All of the job up, then all of it down, on a server of its own."""
    with Server(folder, program=RELEASE, log_level="info") as server, ThreadPoolExecutor(job.connections) as pool:
        connections = list(pool.map(Connection, [server.base] * job.connections))
        share = job.count // job.connections

        def secrets(number: int) -> list[Secret]:
            return [Secret(number * share + index) for index in range(share)]

        def upload(number: int) -> list[str]:
            return [connections[number].upload(secret, job.size) for secret in secrets(number)]

        def download(number: int) -> None:
            for secret, id in zip(secrets(number), ids[number], strict=True):
                connections[number].download(secret, id, job.size)

        numbers = range(job.connections)
        start = time.monotonic()
        ids = list(pool.map(upload, numbers))
        up = time.monotonic() - start
        peak_up = server.peak_memory()
        server.forget_peak()
        start = time.monotonic()
        list(pool.map(download, numbers))
        down = time.monotonic() - start
        total = job.size * share * job.connections / MB
        return Transfer(total / up, total / down, peak_up / (1 << 20), server.peak_memory() / (1 << 20))


@dataclass
class Transfers:
    """What was measured, in the order of the rounds."""

    folder: Path
    progress: Callable[[str], None]
    runs: dict[str, list[Transfer]] = field(default_factory=dict)
    #: MB a second.
    disk: list[float] = field(default_factory=list)

    def measure(self, rounds: int) -> None:
        for turn in range(rounds):
            self.progress(f"up and down, round {turn + 1} of {rounds}")
            self.disk.append(disk_rate(self.folder))
            for job in JOBS:
                folder = self.folder / "transfer"
                self.runs.setdefault(job.name, []).append(transfer(folder, job))
                shutil.rmtree(folder)


def disk_rate(folder: Path) -> float:
    """MB a second that the disk takes from one writer, one sync at the end: 1 GiB."""
    piece = os.urandom(PIECE)
    path = folder / "disk"
    start = time.monotonic()
    with path.open("wb", buffering=0) as file:
        for _ in range(1024):
            file.write(piece)
        os.fdatasync(file.fileno())
    taken = time.monotonic() - start
    path.unlink()
    return 1024 * PIECE / MB / taken


def sync_rate(folder: Path, seconds: float) -> float:
    """How often a second the disk syncs 4 KiB more of a file, for one thread."""
    piece = bytes(4096)
    path = folder / "sync"
    with path.open("wb", buffering=0) as file:
        count, start = 0, time.monotonic()
        while (taken := time.monotonic() - start) < seconds:
            file.write(piece)
            os.fdatasync(file.fileno())
            count += 1
    path.unlink()
    return count / taken
