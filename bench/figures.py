"""What was measured: of one run, and of all rounds together. ``bench/latest.json`` is made of the latter."""

import math
from collections.abc import Mapping, Sequence

import msgspec

from bench import arithmetic
from bench.arithmetic import Spread
from bench.load.crowd import Crowd

SERVERS = ("broker", "database")


class Light(msgspec.Struct, frozen=True, kw_only=True):
    """Under light load: milliseconds from accepted to COMPLETED."""

    orders: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


class Full(msgspec.Struct, frozen=True, kw_only=True):
    """Under full load, from the first POST until nothing was left to do."""

    accepted: int
    completed: int
    seconds: float
    """From the first POST to the last COMPLETED."""
    cpu_ms: Mapping[str, float]
    """Per accepted order, by kind of process."""
    strangers: float
    """The share of the machine that was used meanwhile by what is neither measured nor measures."""
    crowd: Crowd | None = None

    @property
    def completed_per_s(self) -> float:
        """Orders that reached COMPLETED, per second."""
        return arithmetic.rate(self.completed, self.seconds)

    @property
    def never_completed(self) -> int:
        """Orders that were accepted and did not get there."""
        return self.accepted - self.completed

    @property
    def cpu_ms_per_order(self) -> float:
        """CPU of everything."""
        return sum(self.cpu_ms.values())

    @property
    def server_ms_per_order(self) -> float:
        """CPU of broker and database."""
        return sum(self.cpu_ms.get(kind, 0) for kind in SERVERS)


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One contender, once."""

    contender: str
    number: int
    light: Light
    full: Full
    worker_rss_mb: float
    rss_mb: Mapping[str, float]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One contender's medians. The first four names are a contract; the others may grow."""

    completed_per_s: float | None
    cpu_ms_per_order: float | None
    p50_ms_light: float | None
    max_worker_rss_mb: float | None
    p95_ms_light: float | None
    p99_ms_light: float | None
    server_cpu_ms_per_order: float | None
    cpu_ms_by_kind: Mapping[str, float]
    never_completed: int
    ranges: Mapping[str, tuple[float, float]]


def light(latencies: Sequence[float]) -> Light:
    """Sum up latencies in milliseconds."""
    p50, p95, p99 = (arithmetic.percentile(latencies, share) for share in (0.50, 0.95, 0.99))
    return Light(orders=len(latencies), p50_ms=p50, p95_ms=p95, p99_ms=p99)


def spreads(runs: Sequence[Run]) -> dict[str, Spread]:
    """Return the median and range of each figure over a contender's runs."""
    values = {
        "completed_per_s": [run.full.completed_per_s for run in runs],
        "cpu_ms_per_order": [run.full.cpu_ms_per_order for run in runs],
        "server_cpu_ms_per_order": [run.full.server_ms_per_order for run in runs],
        "p50_ms_light": [run.light.p50_ms for run in runs],
        "p95_ms_light": [run.light.p95_ms for run in runs],
        "p99_ms_light": [run.light.p99_ms for run in runs],
        "max_worker_rss_mb": [run.worker_rss_mb for run in runs],
    }
    return {name: arithmetic.spread(rounds) for name, rounds in values.items()}


def result(runs: Sequence[Run]) -> Result:
    """Sum up a contender's runs."""
    all_spreads = spreads(runs)
    kinds = sorted({kind for run in runs for kind in run.full.cpu_ms})
    by_kind = {kind: arithmetic.spread([run.full.cpu_ms.get(kind, 0) for run in runs]).median for kind in kinds}
    return Result(
        **{name: _number(figure.median) for name, figure in all_spreads.items()},
        cpu_ms_by_kind={kind: round(value, 4) for kind, value in by_kind.items()},
        never_completed=sum(run.full.never_completed for run in runs),
        ranges={name: (round(f.least, 3), round(f.most, 3)) for name, f in all_spreads.items() if _is_known(f)},
    )


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 3)


def _is_known(figure: Spread) -> bool:
    return not any(math.isnan(value) for value in (figure.median, figure.least, figure.most))
