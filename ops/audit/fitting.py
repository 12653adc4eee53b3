"""Which state of another room goes with which state of an order."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fits:
    """States that go with an order's: at any time, or only until the order has been quiet for long. None: no row."""

    always: AbstractSet[str | None]
    for_a_while: AbstractSet[str | None] = field(default=frozenset(), kw_only=True)


def misfit(column: str, table: Mapping[str, Fits]) -> Callable[[Any | None, Any | None], bool]:
    """Return what tells whether another room's ``column`` does not go with an order; what is moving always does."""

    def is_wrong(order: Any | None, other: Any | None) -> bool:
        fits = table.get(order.status) if order is not None else None
        if order is None or fits is None:
            return False
        state = None if other is None else getattr(other, column)
        return state not in fits.always and (order.is_quiet or state not in fits.for_a_while)

    return is_wrong
