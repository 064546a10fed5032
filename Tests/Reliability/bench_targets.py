"""Ratios, and whether they are what the design promises of a quiet machine."""

from collections.abc import Callable
from math import inf
from statistics import median

from bench_calls import (
    CLAIM,
    CONNECTIONS,
    CREATE,
    EMPTY,
    FULL,
    LIMITS,
    LOOK,
    NOTHING,
    NOWHERE,
    OPEN,
    PEER,
    PEER_CONNECTIONS,
    Calls,
)
from bench_report import heading, over, row, spread
from bench_transfer import Transfers

# The load that most of them speak of.
USUAL = 64
Place = tuple[str, str]


class Targets:
    """Held or missed by the median of the rounds; memory, by the worst of them."""

    def __init__(self, calls: Calls, transfers: Transfers) -> None:
        self.calls = calls
        self.transfers = transfers
        self.held = self.missed = 0

    def show(self) -> None:
        self.show_rates()
        self.show_latencies()
        self.show_growth()
        self.show_peer()
        self.show_rest()
        print(f"\n{self.held} targets held, {self.missed} missed", flush=True)

    def show_rates(self) -> None:
        heading("calls/s, of those of GET /api/v1/limits", "ratio")
        for connections in CONNECTIONS:
            for what, least in ((CREATE, 0.5), (CLAIM, 0.25), (LOOK, -inf)):
                values = self.ratios((what, EMPTY), (LIMITS, NOWHERE), connections)
                self.line(what, connections, values, least=least if connections == USUAL else -inf)
        heading("calls/s, of those of an empty 200 OK", "ratio")
        for connections in CONNECTIONS:
            for what in (CREATE, CLAIM, LOOK):
                self.line(what, connections, self.ratios((what, EMPTY), (NOTHING, NOWHERE), connections))
        heading("calls/s, of one thread's syncs of the disk", "ratio")
        for what in (CREATE, CLAIM):
            loads = self.calls.loads[what, EMPTY, USUAL]
            self.line(what, USUAL, [load.rate / syncs for load, syncs in zip(loads, self.calls.syncs[USUAL], strict=True)])

    def show_latencies(self) -> None:
        heading("p99", "ms")
        for what in (CREATE, CLAIM):
            self.line(what, USUAL, [load.p99 for load in self.calls.loads[what, EMPTY, USUAL]], most=20)

    def show_growth(self) -> None:
        heading("what a call costs when full, empty is 1", "ratio")
        for connections in CONNECTIONS:
            for what in (CREATE, LOOK, CLAIM):
                values = self.ratios((what, EMPTY), (what, FULL), connections)
                self.line(what, connections, values, most=1.3 if connections == USUAL else inf)

    def show_peer(self) -> None:
        heading("secrets a second, SnapPass is 1", "ratio")
        for connections in PEER_CONNECTIONS:
            usual = connections == USUAL
            self.line(CREATE, connections, self.ratios((CREATE, EMPTY), (CREATE, PEER), connections), least=3 if usual else -inf)
            # One call opens at SnapPass, two do here: the second says that it arrived.
            opened = [ratio / 2 for ratio in self.ratios((CLAIM, EMPTY), (OPEN, PEER), connections)]
            self.line(OPEN, connections, opened, least=2 if usual else -inf)

    def show_rest(self) -> None:
        heading("start-up when full", "s")
        for state, seconds in self.calls.starts.items():
            self.line(state, None, seconds, most=2)
        heading("peak memory, 1 GiB", "MiB")
        for way in ("up", "down"):
            peaks = [getattr(run, f"peak_{way}") for run in self.transfers.runs["1 GiB"]]
            self.line(way, None, peaks, most=128, judged_by=max)

    def ratios(self, one: Place, other: Place, connections: int) -> list[float]:
        """Of the rates, round by round: what disturbed a round disturbed both."""
        pair = (self.calls.loads[*one, connections], self.calls.loads[*other, connections])
        return [a.rate / b.rate for a, b in zip(*pair, strict=True)]

    def line(
        self,
        what: str,
        connections: int | None,
        values: list[float],
        *,
        least: float = -inf,
        most: float = inf,
        judged_by: Callable[[list[float]], float] = median,
    ) -> None:
        """What it is, how it came out, and what it should be, where it should be anything."""
        verdict = ""
        if (least, most) != (-inf, inf):
            holds = least <= judged_by(values) <= most
            self.held += holds
            self.missed += not holds
            wanted = f"at most {most:g}" if least == -inf else f"at least {least:g}"
            verdict = f"   {'PASS' if holds else 'MISS'}  {wanted}"
        row(what if connections is None else f"{what}, {over(connections)}", spread(values, 2), verdict)
