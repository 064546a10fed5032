"""Drives a server with wrk, and reads what wrk says."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass
class Load:
    """Of one run of wrk: requests a second, latencies in milliseconds, and all that it said."""

    rate: float
    p50: float
    p99: float
    output: str


def wrk(address: str, connections: int, seconds: int, *script: str) -> Load:
    """One thread of wrk, beside the server on the same cores; with a script from this folder and its arguments.

    Raises RuntimeError when any answer was not a success: a refusal is no work done.
    """
    words = ["wrk", "--latency", "--timeout", "10s", "-t1", f"-c{connections}", f"-d{seconds}s"]
    if script:
        words += ["-s", str(HERE / script[0])]
    words += [address, "--", *script[1:]]
    ended = subprocess.run(words, check=False, capture_output=True, text=True)
    output = ended.stdout
    if ended.returncode != 0 or "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(f"{' '.join(words)}\n{output}{ended.stderr}")
    rate = float(find(r"Requests/sec:\s+([\d.]+)", output))
    return Load(rate, percentile(50, output), percentile(99, output), output)


def percentile(which: int, output: str) -> float:
    text = find(rf"^\s+{which}%\s+(\S+)$", output)
    unit = text.lstrip("0123456789.")
    return float(text.removesuffix(unit)) * MILLISECONDS[unit]


def find(pattern: str, output: str) -> str:
    found = re.search(pattern, output, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"wrk said nothing that matches {pattern!r}:\n{output}")
    return found.group(1)
