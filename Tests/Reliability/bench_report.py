"""Tables with the least, the middle and the most of every number, and on what machine they were measured."""

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from bench_load import Load
from server import ROOT


def spread(values: Iterable[float], digits: int = 0) -> str:
    """Minimum, median, maximum."""
    ordered = sorted(values)
    return "".join(f"{value:>10,.{digits}f}" for value in (ordered[0], median(ordered), ordered[-1]))


def heading(text: str, *names: str) -> None:
    """Three columns for each name, and one name for all three."""
    print(f"\n{text:<40}" + "".join(f"{name:>30}" for name in names))
    print(" " * 40 + "".join(f"{name:>10}" for name in ("min", "median", "max")) * len(names), flush=True)


def row(text: str, *cells: str) -> None:
    print(f"  {text:<38}" + "".join(cells), flush=True)


def show_calls(loads: dict[tuple[str, str, int], list[Load]]) -> None:
    for connections in sorted({key[2] for key in loads}):
        heading(over(connections), "calls/s", "p50 ms", "p99 ms")
        for (what, where, number), runs in loads.items():
            if number == connections:
                p50, p99 = (load.p50 for load in runs), (load.p99 for load in runs)
                name = f"{what}, {where}" if where else what
                row(name, spread(load.rate for load in runs), spread(p50, 2), spread(p99, 2))


def over(connections: int) -> str:
    return "1 connection" if connections == 1 else f"{connections} connections"


def describe_machine(folder: Path, peer: str) -> None:
    processor = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = re.search(r"^MemTotal:\s+(\d+) kB$", Path("/proc/meminfo").read_text(), re.MULTILINE)
    kernel = os.uname()
    print(f"machine    {os.cpu_count()} cores, {processor[1] if processor else kernel.machine}")
    print(f"           {int(memory[1]) / (1 << 20) if memory else 0:.1f} GiB memory, {kernel.sysname} {kernel.release}")
    print(f"           data on {told('findmnt', '--noheadings', '--output', 'FSTYPE,SOURCE,OPTIONS', '--target', str(folder))}")
    print(f"           load before: {' '.join(f'{load:.2f}' for load in os.getloadavg())} (other work disturbs everything below)")
    commit = told("git", "-C", str(ROOT), "describe", "--always", "--dirty")
    sqlite = told("dpkg-query", "--show", "--showformat", "${Version}", "libsqlite3-0")
    print(f"versions   keylink {commit}, {told('swift', '--version')}, sqlite {sqlite}")
    print(f"           {told('wrk', '--version').partition(' [')[0]}, {peer}", flush=True)


def told(*words: str) -> str:
    """The first line that a program says, whatever its status: wrk tells its version and fails."""
    ended = subprocess.run(words, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return " ".join(ended.stdout.splitlines()[0].split()) if ended.stdout else "unknown"
