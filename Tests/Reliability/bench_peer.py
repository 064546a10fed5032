"""SnapPass, as people run it today: under gunicorn, its secrets in Redis. The peer to compare with.

It is given what is best for it: Redis keeps everything in memory and writes nothing to the disk, and of gunicorn's ways to
work the one that was fastest with it, a process a core with a few threads each.
"""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from server import ROOT

PYTHON = ROOT / ".venv/bench/bin"
WITHIN = 30.0  # seconds in which either answers


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def running(words: list[str], port: int, log: Path, environment: dict[str, str] | None = None) -> Iterator[None]:
    """A process that listens on this port until the block ends, however it ends."""
    with log.open("w") as output:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=log.parent, env=os.environ | (environment or {})
        )
    try:
        wait_for(port, process, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{log.stem} does not listen:\n{log.read_text()}")


@contextmanager
def snappass(folder: Path) -> Iterator[str]:
    """Redis and SnapPass with data and ports of their own; gives SnapPass' address."""
    folder.mkdir()
    redis_port, port = free_port(), free_port()
    redis = ["redis-server", "--port", str(redis_port), "--bind", "127.0.0.1", "--dir", str(folder)]
    redis += ["--save", "", "--appendonly", "no"]
    workers = ["--workers", str(os.cpu_count()), "--worker-class", "gthread", "--threads", "4"]
    gunicorn = [str(PYTHON / "gunicorn"), "--bind", f"127.0.0.1:{port}", *workers, "snappass.main:app"]
    with ExitStack() as stack:
        stack.enter_context(running(redis, redis_port, folder / "redis.log"))
        environment = {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis_port), "NO_SSL": "True"}
        stack.enter_context(running(gunicorn, port, folder / "gunicorn.log", environment))
        yield f"http://127.0.0.1:{port}"


def versions() -> str:
    script = "from importlib.metadata import version as v; print('snappass', v('snappass'), 'gunicorn', v('gunicorn'))"
    told = subprocess.run([PYTHON / "python", "-c", script], check=True, capture_output=True, text=True).stdout.strip()
    redis = subprocess.run(["redis-server", "--version"], check=True, capture_output=True, text=True).stdout
    return f"{told}, redis {redis.split('v=')[1].split()[0]}"
