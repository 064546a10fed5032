"""A real keylink-server process on a data folder of its own, for every test and measurement in this folder.

    with Server(folder) as server:                  # starts it; the data lies in folder/data, the log in folder/server.log
        urllib.request.urlopen(server.base + "/api/v1/limits")
        server.kill()                               # kill -9; server.stop() is SIGTERM and gives the exit code
        server.start()                              # again on the same data, on a new port
        server.peak_memory()                        # octets, of the process that runs now

`Server(folder, "--max-envelope-bytes", "1MiB", program=RELEASE)` takes any flags, and another program than the debug build,
which KEYLINK_SERVER_BINARY may name as well. Limits per address are off unless a flag sets them: all tests come from one.
"""

import os
import re
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
DEBUG = Path(os.environ.get("KEYLINK_SERVER_BINARY", ROOT / ".build/debug/keylink-server"))
RELEASE = ROOT / ".build/release/keylink-server"
STARTED = re.compile(r"listening on https?://[^ ]+:(\d+)\n")
FAKETIME = Path(f"/usr/lib/{os.uname().machine}-linux-gnu/faketime/libfaketimeMT.so.1")
WITHIN = 60.0  # seconds in which it starts, or has ended; a machine under load takes its time
NO_LIMITS = {f"KEYLINK_{name}": "0" for name in ("CREATE_RATE", "UPLOAD_BYTES_PER_HOUR", "UPLOADS_AT_ONCE")}


def clock(ahead: int) -> list[str]:
    """Before a command: it runs with its clocks ahead, all of them alike, so that timers keep their time.

    Twice through env, so that libfaketime's own additions to the environment are made before the server begins: Swift finds
    its arguments beside an environment that nobody has changed.
    """
    if ahead == 0:
        return []
    if not FAKETIME.exists():
        raise RuntimeError("Debian's package libfaketime is missing: Scripts/dependencies test installs it")
    env = "/usr/bin/env"
    return [env, f"LD_PRELOAD={FAKETIME}", f"FAKETIME=+{ahead}s", "NO_FAKE_STAT=1", env]


class Server:
    """Started and ended at will; it keeps its data folder and log, and listens on another port each time."""

    def __init__(self, folder: Path, *arguments: str, program: Path = DEBUG, log_level: str = "notice") -> None:
        self.data = folder / "data"
        self.log = folder / "server.log"
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._words = [str(program), "--host", "127.0.0.1", "--port", "0", "--data", str(self.data)]
        self._words += ["--web", str(ROOT / "WebUI"), "--log-level", log_level, *arguments]
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._running().pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, ahead: int = 0) -> None:
        """Returns once the server listens.

        By so many seconds its clock is ahead of this machine's: what takes days happens between a kill and a start.
        """
        seen = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*clock(ahead), *self._words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=os.environ | NO_LIMITS,
            )
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline:
            written = self.log.read_bytes()[seen:].decode("utf-8", "replace")
            if found := STARTED.search(written):
                self.port = int(found[1])
                return
            if self._process.poll() is not None:
                raise RuntimeError(f"keylink-server ended with {self._process.returncode}: {written}")
            time.sleep(0.01)
        self.kill()
        raise RuntimeError("keylink-server did not say where it listens")

    def terminate(self) -> None:
        """Asks it to end, and does not wait."""
        self._running().send_signal(signal.SIGTERM)

    def wait(self, within: float = WITHIN) -> int | None:
        """Its exit code; None where it has not ended by then."""
        try:
            status = self._running().wait(within)
        except subprocess.TimeoutExpired:
            return None
        self._tidy()
        return status

    def stop(self) -> int:
        """Ends it in good order; its exit code."""
        self.terminate()
        status = self.wait()
        if status is None:
            self.kill()
            raise RuntimeError("keylink-server did not end")
        return status

    def kill(self) -> None:
        """kill -9. Nothing where it has ended already."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._tidy()

    def peak_memory(self) -> int:
        """The most octets that were resident at once."""
        return self._status("VmHWM")

    def resident_memory(self) -> int:
        """Octets resident now."""
        return self._status("VmRSS")

    def forget_peak(self) -> None:
        """The peak counts from here on."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def octets_read(self) -> int:
        """What it has read so far, from files and sockets."""
        return int(Path(f"/proc/{self.pid}/io").read_text().split()[1])

    def _tidy(self) -> None:
        """libfaketime's shared memory, which a killed process leaves behind."""
        for name in ("faketime_shm_", "sem.faketime_sem_"):
            Path(f"/dev/shm/{name}{self.pid}").unlink(missing_ok=True)

    def _status(self, name: str) -> int:
        found = re.search(rf"^{name}:\s+(\d+) kB$", Path(f"/proc/{self.pid}/status").read_text(), re.MULTILINE)
        if found is None:
            raise RuntimeError(f"the kernel does not tell {name}")
        return int(found[1]) * 1024

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("keylink-server was not started")
        return self._process
