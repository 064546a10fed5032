"""The crash harness for a bounded time, and that it sees what it is there to see."""

import asyncio
import shutil
from pathlib import Path

from crash import Crash
from model import Fault

SEED = 20261123


def test_nothing_is_lost_nothing_comes_twice_nothing_is_left(tmp_path: Path) -> None:
    report = asyncio.run(Crash(tmp_path, SEED, crowd=16).run(rounds=2, seconds=8))
    print(report)
    assert report.faults == {}, "\n".join(report.details)
    assert report.ends > 5
    assert report.created > 50
    assert report.opened > 50


class Restoring:
    """Somebody who puts an old backup of the whole folder in place while the server is down, once in a while."""

    def __init__(self, backup: Path) -> None:
        self._backup = backup
        self._count = 0

    def __call__(self, data: Path) -> None:
        self._count += 1
        if self._count % 2:
            shutil.rmtree(self._backup, ignore_errors=True)
            shutil.copytree(data, self._backup)
        else:
            shutil.rmtree(data)
            shutil.copytree(self._backup, data)


def test_a_folder_that_went_back_in_time_is_noticed(tmp_path: Path) -> None:
    """What came after the backup is lost, what was burned after it comes again and lies there."""
    crash = Crash(tmp_path / "server", SEED, crowd=16, between=Restoring(tmp_path / "backup"), swept_within=3)
    report = asyncio.run(crash.run(rounds=1, seconds=6))
    assert {Fault.LOST, Fault.TWICE, Fault.LEFT} <= report.faults.keys()
