"""A real server whose storage fails, or whose machine runs short: it says so, loses nothing, and serves again by itself."""

import errno
import http.client
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from disk import CREATE, CUT, KILL, REMOVE, SYNC, WRITE, Disk
from server import DEBUG, Server
from test_crash_steps import LARGE, SMALL, Client, Lost, Secret, bearer, found

WITHIN = 30.0
"""Seconds in which what is waited for comes; nothing is asserted about how soon."""


def eventually(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Watched:
    """A server, its disk and its operations port."""

    def __init__(self, folder: Path, program: Path = DEBUG) -> None:
        self.operations = free_port()
        self.server = Server(folder, "--operations-port", str(self.operations), program=program)
        self.client = Client(self.server)

    def ready(self) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.operations, timeout=WITHIN)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status
        finally:
            connection.close()

    def create_status(self, secret: Secret) -> int:
        return self.client.ask("POST", "", secret.create_headers, secret.envelope)[0]

    def claim_status(self, secret: Secret) -> int:
        return self.client.ask("POST", f"/{secret.id}/claim", secret.claim_headers)[0]


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Watched, Disk]]:
    watched = Watched(tmp_path)
    disk = Disk(tmp_path / "faults", watched.server.data)
    for name, value in disk.environment.items():
        monkeypatch.setenv(name, value)
    with watched.server:
        eventually(lambda: "operations listening" in watched.server.log.read_text())
        yield watched, disk


@pytest.mark.parametrize("fault", ["EIO", "ENOSPC", "EROFS"])
def test_a_disk_that_fails_for_a_while(watched: tuple[Watched, Disk], fault: str) -> None:
    one, disk = watched
    secret, refused = Secret(SMALL), Secret(LARGE)
    one.client.create(secret)
    assert one.ready() == 200
    kinds = CREATE | WRITE | SYNC | (REMOVE if fault == "EROFS" else 0)
    disk.plan(at=1, how=getattr(errno, fault), kinds=kinds, lasting=True)
    before = len(one.server.log.read_text().splitlines())
    for _ in range(50):
        assert one.create_status(refused) in (503, 507)
        assert one.claim_status(secret) in (503, 507)
        assert one.ready() == 503
    lines = one.server.log.read_text().splitlines()[before:]
    assert 1 <= len(lines) <= 10, f"{len(lines)} lines of one fault: {lines[:3]}"
    disk.end()
    assert one.ready() == 200
    one.client.claim(secret)
    one.client.acknowledge(secret)
    eventually(lambda: found(refused, one.server.data) == [])
    one.client.create(refused)
    one.client.claim(refused)
    assert "the storage works again" in one.server.log.read_text()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MiB at the place of the data."""
    data = tmp_path / "data"
    data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", data], check=True)
    try:
        yield data
    finally:
        subprocess.run(["umount", "--lazy", data], check=True)


def full_disk(tmp_path: Path, small_disk: Path) -> None:
    """Creations leave room for everything else, so that a full store can be emptied; and what others fill up loses nothing."""
    one = Watched(tmp_path)
    with one.server:
        stored: list[Secret] = []
        while True:
            secret = Secret(1_000_000)
            status, body = one.client.ask("POST", "", secret.create_headers, secret.envelope)
            if status != 201:
                break
            secret.id = re.search(rb'"id":"([^"]+)"', body)[1].decode()
            stored.append(secret)
        assert status == 507
        assert found(secret, small_disk) == []
        assert len(stored) > 8
        for secret in stored:
            one.client.claim(secret)
            one.client.acknowledge(secret)
        # Full to the last octet, by somebody else: nothing can be written, and what is stored stays.
        kept = Secret(SMALL)
        one.client.create(kept)
        fill(small_disk / "somebody-elses")
        eventually(lambda: one.ready() == 503)
        assert one.create_status(Secret(SMALL)) in (503, 507)
        (small_disk / "somebody-elses").unlink()
        assert one.ready() == 200
        one.client.claim(kept)
        one.client.acknowledge(kept)
        assert found(kept, small_disk) == []


if os.geteuid() == 0:  # others may not mount; what the disk says then, the test above has said in its place
    test_a_full_disk_can_be_emptied = full_disk


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            assert error.errno == errno.ENOSPC


def test_data_deleted_under_a_running_server(tmp_path: Path) -> None:
    one = Watched(tmp_path)
    with one.server:
        secret = Secret(SMALL)
        one.client.create(secret)
        away = one.server.data.rename(tmp_path / "away")
        assert (one.create_status(Secret(SMALL)), one.create_status(Secret(LARGE))) == (503, 503)
        assert (one.claim_status(secret), one.ready()) == (503, 503)
        away.rename(one.server.data)
        assert one.ready() == 200
        one.client.claim(secret)


def test_out_of_descriptors(tmp_path: Path) -> None:
    """More connections than it may have files open: the rest wait without keeping it busy, and get their turn."""
    program = tmp_path / "with-few-files"
    program.write_text(f'#!/bin/sh\nulimit -n 128\nexec {DEBUG} "$@"\n')
    program.chmod(0o755)
    one = Watched(tmp_path, program=program)
    with one.server:
        secret, large = Secret(SMALL), Secret(LARGE)
        one.client.create(secret)
        pid, before = one.server.pid, open_files(one.server.pid)
        connections = [socket.create_connection(("127.0.0.1", one.server.port)) for _ in range(200)]
        eventually(lambda: open_files(pid) >= before + 30)
        begin, used = time.monotonic(), processor_seconds(pid)
        time.sleep(2)
        assert processor_seconds(pid) - used < (time.monotonic() - begin) / 2, "it spins"
        assert open_files(pid) < 128, "none is left for what the others ask"
        for connection in connections:
            connection.close()
        one.client.claim(secret)
        one.client.acknowledge(secret)
        one.client.create(large)
        one.client.claim(large)


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_every_step_of_a_first_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder that has to be made, below one that has to be made: what is acknowledged in it stays."""
    step, is_reached = 0, True
    while is_reached:
        step += 1
        top = tmp_path / f"top-{step}"
        top.mkdir()
        server = Server(top / "a")
        server.log = tmp_path / "log"
        (top / "a").rmdir()
        disk = Disk(tmp_path / "faults", top)
        secret = Secret(SMALL)
        client = Client(server)
        for name, value in disk.environment.items():
            monkeypatch.setenv(name, value)
        disk.plan(at=step, how=[KILL, CUT][step % 2])
        is_told = False
        try:
            server.start()
            client.create(secret)
            is_told = True
        except RuntimeError as error:
            assert "ended with -9" in str(error), f"{error} at step {step}"
        except Lost:
            assert server.wait() == -signal.SIGKILL, f"it does not end at step {step}"
        is_reached = disk.steps >= step
        server.kill()
        for name in disk.environment:
            monkeypatch.delenv(name)
        with server:
            if is_told:
                assert client.ask("GET", f"/{secret.id}", bearer(secret.tokens["Link"]))[0] == 200, f"lost at step {step}"
            else:
                client.create(secret)
            client.claim(secret)
    assert step > 20, "the steps are not seen: nothing was tested"
