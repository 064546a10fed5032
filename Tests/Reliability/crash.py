#!/usr/bin/env python3
"""Kills keylink-server over and over while many people use it, and holds it to what it told them.

    .venv/bin/python Tests/Reliability/crash.py [--rounds N] [--seconds S] [--seed X] [--people N]

A round is S seconds of creating, opening, breaking off, revoking and guessing while the server is killed at random
moments (or asked to end, now and then) and started again on the same data. Then every lost answer is asked for again,
every secret comes to its end, each in its own way, and nothing may be left of them. Some are carried over to the next round.

Lost: acknowledged and not to be opened. Delivered twice: more keys received octets than there were views. Left over: any
piece of an envelope in any file below the data folder after it was said to be gone. The seed repeats what people do, not
how the machine schedules it. The build is the debug one; KEYLINK_SERVER_BINARY names another.
"""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from acts import LARGEST, Acts
from marks import Marks
from model import Fault, Secret
from people import People
from server import Server
from settle import Settlement

BETWEEN_KILLS = (0.2, 2.5)  # seconds
GRACE = (0.0, 3.0)  # seconds between asking it to end and killing it all the same
TERMINATED = 0.2  # of all ends
MINUTE, HOUR_AND_MORE, TOMBSTONE = 61, 3700, 8 * 86_400  # seconds by which the clock is moved between an end and a start
SWEPT_WITHIN = 60.0  # seconds; the sweeper comes by every second, on a machine that has nothing else to do
SHOWN = 5  # secrets with a fault, whose histories are printed


@dataclass
class Report:
    """The last three must be none, and so must wrong answers."""

    created: int = 0
    opened: int = 0
    ends: int = 0
    calls: int = 0
    faults: Counter[Fault] = field(default_factory=Counter)
    details: list[str] = field(default_factory=list)

    def add(self, secrets: list[Secret]) -> None:
        for secret in secrets:
            self.created += secret.is_created
            self.opened += sum(claim.whole for claim in secret.claims)
            for fault in {fault for fault, _ in secret.faults}:
                self.faults[fault] += 1
            if secret.faults:
                head = f"secret {secret.number}: {secret.size} octets, {secret.views} views, ttl {secret.ttl}"
                self.details.append("\n  ".join([head, *secret.history]))

    def __str__(self) -> str:
        counts = {"created": self.created, "opened": self.opened} | {fault.value: self.faults[fault] for fault in Fault}
        return ", ".join(f"{name} {count}" for name, count in counts.items())


class Crash:
    """One run. `between` is done to the data folder while the server is down: a test's way to do harm on purpose."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        crowd: int,
        between: Callable[[Path], None] | None = None,
        swept_within: float = SWEPT_WITHIN,
    ) -> None:
        self.seed = random.Random(seed)
        self.server = Server(folder, "--max-envelope-bytes", str(LARGEST), log_level="notice")
        self.marks = Marks(self.seed)
        self.report = Report()
        self._crowd = crowd
        self._between = between
        self._swept_within = swept_within
        self._count = 1
        self._carried: list[Secret] = []

    async def run(self, rounds: int, seconds: float) -> Report:
        self.people = People(self.server, self.marks, self.seed)
        try:
            self._start()
            for number in range(1, rounds + 1):
                await self._round(number, seconds)
            await self._last()
        finally:
            self.server.kill()
            await self.people.close()
        self.report.calls = self.people.calls
        return self.report

    async def _round(self, number: int, seconds: float) -> None:
        acts = Acts(self.people, self.seed, self._count)
        until = time.monotonic() + seconds

        async def person() -> None:
            while time.monotonic() < until:
                await acts.one()

        async with asyncio.TaskGroup() as group:
            for _ in range(self._crowd):
                group.create_task(person())
            group.create_task(self._kill(until, acts.secrets))
        self._count += len(acts.secrets)
        settlement = Settlement(self.people, self.seed, acts.secrets + self._carried, self._swept_within)
        carried = await settlement.bring_to_an_end()
        await self._end(acts.secrets)
        self.people.ahead += HOUR_AND_MORE
        self._start()
        await settlement.see_that_nothing_is_left(carried)
        self.report.add([secret for secret in settlement.secrets if secret not in carried])
        self._carried = carried
        print(f"round {number}: {self.report}", flush=True)

    async def _kill(self, until: float, secrets: list[Secret]) -> None:
        """Ends and starts it until the time is over; leaves it running."""
        while time.monotonic() < until:
            await asyncio.sleep(self.seed.uniform(*BETWEEN_KILLS))
            await self._end(secrets)
            if self.seed.random() < 0.1:
                self.people.ahead += MINUTE
            self._start()

    async def _end(self, secrets: list[Secret]) -> None:
        """And looks at the folder as the end left it: what somebody was told is gone must be gone already."""
        if self.seed.random() < TERMINATED:
            await self._terminate()
        else:
            self.server.kill()
        self.people.up(False)
        # What was answered before the end has to be heard before it counts.
        over = [secret for secret in secrets if secret.over]
        left = self.marks.found(self.server.data)
        for secret in over:
            if secret.number in left:
                secret.blame(Fault.LEFT, f"in {sorted(left[secret.number])} when the server was ended")
        if self._between:
            self._between(self.server.data)
        self.report.ends += 1

    async def _terminate(self) -> None:
        self.people.ending()
        self.server.terminate()
        status = await asyncio.to_thread(self.server.wait, self.seed.uniform(*GRACE))
        if status is None:
            self.server.kill()
        elif status != 0:
            raise RuntimeError(f"keylink-server ended with {status} when it was asked to end")

    def _start(self) -> None:
        self.server.start(self.people.ahead)
        self.people.up(True)

    async def _last(self) -> None:
        """Opens what was carried over; then nothing may be left, nor come back, nor be remembered for ever."""
        settlement = Settlement(self.people, self.seed, self._carried, self._swept_within)
        await settlement.open_all()
        await self._end(self._carried)
        self._start()
        await settlement.see_that_nothing_is_left([])
        await self._end(self._carried)
        self.people.ahead += TOMBSTONE
        self._start()
        await settlement.see_that_all_is_forgotten()
        self.report.add(self._carried)


def main() -> int:
    parser = argparse.ArgumentParser(description="Kills keylink-server over and over and holds it to what it told.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each round, before it is settled (10)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--people", type=int, default=24, help="how many are at it at once (24)")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    start = time.monotonic()
    folder = tempfile.mkdtemp(prefix="keylink-crash-")
    crash = Crash(Path(folder), arguments.seed, arguments.people)
    report = asyncio.run(crash.run(arguments.rounds, arguments.seconds))
    if report.faults:
        print(f"data and log are kept in {folder}")
    else:
        shutil.rmtree(folder)
    print(*report.details[:SHOWN], sep="\n", end="\n" if report.details else "")
    seconds = time.monotonic() - start
    print(f"{report.ends} ends, {report.calls} calls in {seconds:.0f} s ({report.calls / seconds:.0f} a second)")
    print(report)
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
