"""The sums behind the table. No I/O."""

import math
from collections.abc import Mapping, Sequence
from statistics import median

import msgspec


class Ticks(msgspec.Struct, frozen=True, kw_only=True):
    """How long the cores of a machine were busy, of the time that they were there, in milliseconds."""

    busy: float
    whole: float


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """A figure over several rounds."""

    median: float
    least: float
    most: float


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least ``share`` of all values do not exceed; NaN of nothing."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def spread(values: Sequence[float]) -> Spread:
    """Return the median and the range of a figure's rounds."""
    return Spread(median=median(values), least=min(values), most=max(values))


def deltas(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Return what was used between two readings; a kind that was not there before counts from its start."""
    return {kind: max(value - before.get(kind, 0), 0) for kind, value in after.items()}


def per_order(used: Mapping[str, float], orders: int) -> dict[str, float]:
    """Return milliseconds per order by kind; NaN when there was none."""
    return {kind: value / orders if orders else math.nan for kind, value in used.items()}


def rate(orders: int, seconds: float) -> float:
    """Return orders per second."""
    return orders / seconds if seconds > 0 else 0.0


def strangers(before: Ticks, after: Ticks, ours: float) -> float:
    """Return the share of the machine that others used meanwhile: where it is not near 0, figures are worth little."""
    whole = after.whole - before.whole
    return max(after.busy - before.busy - ours, 0) / whole if whole > 0 else 0.0
