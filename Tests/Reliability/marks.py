"""Envelopes that can be recognised wherever a piece of them lies.

An envelope is nothing but marks of 16 octets: four of the run, the secret's number, the place, and the number again. So any
31 octets of it tell whose they are, a mark that something else was written over is none, a range is checked without
keeping the octets, and one pass over a folder finds everything that is left of thousands of secrets.
"""

import random
import re
from functools import lru_cache
from pathlib import Path

MAGIC = b"KLNK"
MARK = 16
START = 1 << 12  # octets


class Marks:
    """The marks of one run."""

    def __init__(self, seed: random.Random) -> None:
        self._run = seed.randbytes(4)
        self._pattern = re.compile(re.escape(self._run) + rb"(.{4}).{4}\1", re.DOTALL)

    def envelope(self, number: int, size: int) -> bytes:
        """The whole envelope of the secret with this number, which is positive: zeros are what is left of erased octets."""
        count = -(-size // MARK)
        octets = bytearray(_places(self._run, 1 << count.bit_length())[: count * MARK])
        for index, octet in enumerate(number.to_bytes(4, "big")):
            for number_at in (4, 12):
                octets[number_at + index :: MARK] = bytes([octet]) * count
        octets[: len(MAGIC)] = MAGIC
        return bytes(octets[:size])

    def found(self, folder: Path) -> dict[int, set[str]]:
        """The numbers of all secrets of which anything lies in a file below the folder, and in which files."""
        numbers: dict[int, set[str]] = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                for number in self._numbers(path):
                    numbers.setdefault(number, set()).add(str(path.relative_to(folder)))
        return numbers

    def _numbers(self, path: Path) -> set[int]:
        try:
            with path.open("rb") as file:
                # A large file was written as one envelope, whose marks tell whose it is from the start.
                found = set(self._pattern.findall(file.read(START)))
                if not found or ".sqlite" in path.name:
                    found.update(self._pattern.findall(file.read()))
        except FileNotFoundError:
            return set()  # erased meanwhile
        # Zeros after a mark that was cut short are no number: they are what erased octets leave.
        return {int.from_bytes(number, "big") for number in found} - {0}


@lru_cache
def _places(run: bytes, count: int) -> bytes:
    """Every place's mark, without a number; the same for every secret of a size."""
    return b"".join(run + bytes(4) + place.to_bytes(4, "big") + bytes(4) for place in range(count))
