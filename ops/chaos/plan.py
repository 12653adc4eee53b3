"""What goes wrong, and when: the same seed makes the same plan."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ops.chaos.faults import Fault

_PAIR = 0.2
"""How many of the steps are two faults at once."""
_QUIET_SECONDS = (0.5, 3.0)


@dataclass(frozen=True, slots=True)
class Injection:
    """One fault and the dice it is thrown with."""

    fault: Fault
    seed: int


@dataclass(frozen=True, slots=True)
class Step:
    """Faults that come together, after a quiet moment."""

    quiet: float
    injections: tuple[Injection, ...]


def steps(faults: Sequence[Fault], seed: int) -> Iterator[Step]:
    """Draw steps without end: each kind comes once before any comes again, in an order that is never the same.

    Only the first of all is always the first of ``faults``, so that the shortest run tells the most.
    """
    dice = random.Random(seed)  # noqa: S311 - chance that can be repeated
    bag = _rounds(faults, dice)
    while True:
        first = next(bag)
        together = [first]
        if first.goes_with_others and dice.random() < _PAIR:
            other = next(bag)
            together.append(other)
        if not all(fault.goes_with_others for fault in together) or len({f.target for f in together}) < len(together):
            for fault in together:  # the same thing cannot break in two ways at once
                yield _step([fault], dice)
        else:
            yield _step(together, dice)


def _step(faults: Sequence[Fault], dice: random.Random) -> Step:
    return Step(dice.uniform(*_QUIET_SECONDS), tuple(Injection(fault, dice.randrange(2**32)) for fault in faults))


def _rounds(faults: Sequence[Fault], dice: random.Random) -> Iterator[Fault]:
    first, *rest = faults
    yield first
    yield from dice.sample(rest, len(rest))
    while True:
        yield from dice.sample(faults, len(faults))
