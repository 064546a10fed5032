"""What a browser's processes take, from /proc: the peak of the memory of a page."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
MIB = 2**20


class PageMemory:
    """Of the processes that run pages, among all that a browser started."""

    def __init__(self, browser: int, mark: str) -> None:
        """`browser` is its process; `mark` stands in the command line of each process that runs pages."""
        self._browser = browser
        self._mark = mark.encode()

    def restart(self) -> None:
        """From here on the peak counts anew."""
        for process in self._pages():
            with suppress(ProcessLookupError):
                (PROC / str(process) / "clear_refs").write_text("5")

    def peak(self) -> int:
        """Octets that the largest of them has had resident since `restart`, by the kernel's own account: code, shared
        memory and all."""
        return max(_peak_of(process) for process in self._pages())

    def _pages(self) -> list[int]:
        return [process for process in _descendants(self._browser) if self._mark in _command_line(process)]


def _descendants(process: int) -> Iterator[int]:
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            children.setdefault(_parent_of(int(entry.name)), []).append(int(entry.name))
    waiting = [process]
    while waiting:
        found = children.get(waiting.pop(), [])
        yield from found
        waiting += found


def _parent_of(process: int) -> int:
    return _field(process, "PPid:")


def _peak_of(process: int) -> int:
    return _field(process, "VmHWM:") * 1024


def _field(process: int, name: str) -> int:
    """A number of /proc/PID/status; 0 where the process has ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        for line in (PROC / str(process) / "status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    return 0


def _command_line(process: int) -> bytes:
    with suppress(FileNotFoundError, ProcessLookupError):
        return (PROC / str(process) / "cmdline").read_bytes()
    return b""
