"""A real keylink-server process, as every test here talks to it."""

import functools
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from chromium import ROOT

PROGRAM = ROOT / ".build/debug/keylink-server"
STARTED = re.compile(rb"http://127\.0\.0\.1:(\d+)")
WITHIN = 30.0


@functools.cache
def built_site() -> tempfile.TemporaryDirectory:
    """The pages as they ship, built from this tree once a run. Gone with the run."""
    folder = tempfile.TemporaryDirectory(prefix="keylink-site-")
    build = [sys.executable, str(ROOT / "Scripts/build-site"), f"{folder.name}/site"]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    return folder


class Service:
    """Started and stopped at will; it keeps its port, data directory and log."""

    def __init__(self, folder: Path, *arguments: str, web: Path | None = None) -> None:
        """`web`: the pages to serve, those that ship unless they are named."""
        self.data = folder / "data"
        self.log = folder / "server.log"
        self.port = 0
        self._arguments = ["--web", str(web or Path(built_site().name) / "site"), *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self.data.mkdir(parents=True)
        self.start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *arguments: str) -> None:
        """Answers once the server listens. With other arguments than before, where there are some."""
        if arguments:
            self._arguments[2:] = arguments
        seen = self.log.stat().st_size if self.log.exists() else 0
        words = [str(PROGRAM), "--host", "127.0.0.1", "--port", str(self.port), "--data", str(self.data)]
        words += ["--create-rate", "0", *self._arguments]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.data.parent)
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline:
            written = self.log.read_bytes()[seen:]
            if found := STARTED.search(written):
                self.port = int(found[1])
                return
            if self._process.poll() is not None:
                raise RuntimeError(f"keylink-server ended with {self._process.returncode}: {written.decode()}")
            time.sleep(0.02)
        raise RuntimeError("keylink-server did not say where it listens")

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def forget(self) -> None:
        """Ends it the hard way, for when a test leaves requests open on purpose."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
