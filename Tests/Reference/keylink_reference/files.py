"""Puts what was opened on a disk: a name is a label, never a path (Spec/envelope.md, Names)."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from .envelope import OpenedItem

TEXT_NAME = "secret.txt"
_REFUSED_BY_SOME = '<>:"|?*'
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in "123456789")}
_COMPONENT_BYTES = 255


def safe_name(name: str) -> str:
    """`name` in a form that every common system keeps as it is."""
    safe = "".join("_" if scalar in _REFUSED_BY_SOME else scalar for scalar in name)
    stripped = safe.rstrip(". ")
    safe = stripped + "_" * (len(safe) - len(stripped))
    if safe.split(".")[0].strip().casefold() in _DEVICES:
        safe = "_" + safe
    return safe


def save(items: Iterable[OpenedItem], folder: Path) -> list[Path]:
    """Writes each item to a file of its own, durably, overwriting nothing; on failure none is left."""
    folder.mkdir(parents=True, exist_ok=True)
    # Compared without case: on some systems `A` and `a` are one file.
    taken = {path.name.casefold() for path in folder.iterdir()}
    written: list[Path] = []
    try:
        for item in items:
            path, descriptor = _create(folder, safe_name(item.name or TEXT_NAME), taken)
            written.append(path)
            with os.fdopen(descriptor, "wb") as file:
                file.write(item.data)
                file.flush()
                os.fsync(file.fileno())
        _sync(folder)
    except BaseException:
        for path in written:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
        raise
    return written


def _create(folder: Path, name: str, taken: set[str]) -> tuple[Path, int]:
    for candidate in _candidates(name):
        if candidate.casefold() in taken:
            continue
        taken.add(candidate.casefold())
        # Another process may have made it in between: then the next name.
        with contextlib.suppress(FileExistsError):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            return folder / candidate, os.open(folder / candidate, flags, 0o600)
    raise AssertionError("unreachable: candidates do not end")


def _candidates(name: str) -> Iterator[str]:
    """`a.txt`, `a (2).txt`, `a (3).txt` ..., each short enough for a component."""
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    number, tail = 1, dot + suffix
    while True:
        room = _COMPONENT_BYTES - len(tail.encode())
        if room < 1:
            stem, tail = name, ""
            room = _COMPONENT_BYTES
        mark = f" ({number})" if number > 1 else ""
        yield stem.encode()[: room - len(mark)].decode("utf-8", "ignore") + mark + tail
        number += 1


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
