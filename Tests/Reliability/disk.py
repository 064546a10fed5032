"""The disk of a real server, failing on purpose: Tests/Reliability/Faults under it with LD_PRELOAD.

disk = Disk(folder, data)                   # compiles the library; everything under `data` is watched
with Server(...) as server:                 # started with disk.environment
    disk.plan(at=3, how=KILL)               # from now on: the third step kills it
    disk.steps                              # how many it has taken since
    disk.end()                              # the fault passes
"""

import mmap
import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "Faults"
LAYOUT = struct.Struct("qqiiii1024s")  # struct plan in Faults.c

OPEN, CREATE, READ, WRITE, SYNC, REMOVE, ALL = 1, 2, 4, 8, 16, 32, 63
"""Kinds of steps, as in CFaults.h."""
CHANGES = CREATE | WRITE | SYNC | REMOVE
KILL, CUT, TORN = -1, -2, -3
"""What happens at a step, where it is not an errno."""


class Disk:
    def __init__(self, folder: Path, data: Path) -> None:
        self._data = data
        folder.mkdir(parents=True, exist_ok=True)
        library, plan = folder / "faults.so", folder / "plan"
        compiler = shutil.which("clang") or "cc"
        words = [compiler, "-shared", "-fPIC", "-O1", "-I", SOURCE / "include", "-o", library, SOURCE / "Faults.c"]
        subprocess.run(words, check=True)
        plan.write_bytes(bytes(LAYOUT.size))
        with plan.open("r+b") as file:
            self._plan = mmap.mmap(file.fileno(), LAYOUT.size)
        self.environment = {"LD_PRELOAD": str(library), "KEYLINK_FAULTS": str(plan)}

    def plan(self, *, at: int = 0, how: int = KILL, kinds: int = CHANGES, lasting: bool = False) -> None:
        """Counts anew, from 1; `at` 0 is never."""
        self.end()
        whole = LAYOUT.pack(0, at, how, kinds, lasting, 0, str(self._data).encode())
        self._plan[:] = whole
        self._plan[:] = LAYOUT.pack(0, at, how, kinds, lasting, 1, str(self._data).encode())

    def end(self) -> None:
        steps, at, how, kinds, lasting, _, data = LAYOUT.unpack(self._plan[:])
        self._plan[:] = LAYOUT.pack(steps, at, how, kinds, lasting, 0, data)

    @property
    def steps(self) -> int:
        return LAYOUT.unpack(self._plan[:])[0]
