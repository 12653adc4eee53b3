"""Invariants between the order room and another: both are read side by side, a bite at a time, in the order of ids.

The two are not read in the same moment, so what looks wrong is looked at again: only an order that has not changed
since stood beside the other's row as it was read.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from ops.audit.books import EXAMPLES, Books, Finding

BITE = 2000
_FIRST = str(UUID(int=0))

_ORDER = """
    SELECT cast(o.id AS text) AS id, cast(o.xmin AS text) AS version, o.status, o.total, o.currency,
           o.updated_at < now() - make_interval(secs => :patience) AS is_quiet,
           CASE WHEN o.allow_partial
                THEN NOT EXISTS (SELECT FROM "order".event e WHERE e.order_id = o.id AND e.kind = 'stock.reserved')
                ELSE false END AS awaits_total
      FROM "order"."order" o
"""
_ORDERS = text(f"{_ORDER} WHERE o.id > cast(:after AS uuid) ORDER BY o.id LIMIT {BITE}")
_THESE = text(f"{_ORDER} WHERE o.id = ANY(cast(:ids AS uuid[]))")

Pair = tuple[Any | None, Any | None]
"""An order and what the other room has of it; either may be missing."""


@dataclass(frozen=True, slots=True)
class Between:
    """An invariant of the order room and ``room``.

    ``others`` pages through rows with an ``id`` that is the order's, after ``:after``, at most ``:bite`` of them.
    """

    name: str
    description: str
    room: str
    others: TextClause
    is_wrong: Callable[[Any | None, Any | None], bool]

    async def check(self, books: Books) -> Finding:
        """Read both rooms to the end, and count the pairs that do not go together."""
        violations, examples = 0, list[dict[str, Any]]()
        async for pairs in self._bites(books):
            wrong = await self._confirmed(books, {key: pair for key, pair in pairs.items() if self.is_wrong(*pair)})
            violations += len(wrong)
            examples += [_example(key, *wrong[key]) for key in sorted(wrong)[: EXAMPLES - len(examples)]]
        return Finding(name=self.name, description=self.description, violations=violations, examples=examples)

    def _bites(self, books: Books) -> AsyncIterator[dict[str, Pair]]:
        return side_by_side(
            lambda after: books.rows("order", _ORDERS, after=after),
            lambda after: books.rows(self.room, self.others, after=after, bite=BITE),
        )

    async def _confirmed(self, books: Books, suspects: dict[str, Pair]) -> dict[str, Pair]:
        if not suspects:
            return {}
        now = {row.id: row for row in await books.rows("order", _THESE, ids=sorted(suspects))}
        return {key: pair for key, pair in suspects.items() if _version(now.get(key)) == _version(pair[0])}


Read = Callable[[str], Awaitable[Sequence[Any]]]


async def side_by_side(lefts: Read, rights: Read, size: int = BITE) -> AsyncIterator[dict[str, Pair]]:
    """Pair the rows of two readers by id; each reads at most ``size`` rows after an id, in the order of ids."""
    after = _FIRST
    while True:
        read = (await lefts(after), await rights(after))
        left, right = ({row.id: row for row in rows} for rows in read)
        # A reader that filled its bite has more: nothing is known of ids beyond its last.
        upto = min((rows[-1].id for rows in read if len(rows) == size), default=None)
        yield {key: (left.get(key), right.get(key)) for key in left | right if upto is None or key <= upto}
        if upto is None:
            return
        after = upto


def _version(order: Any | None) -> Any:
    return order and order.version


def _example(key: str, order: Any | None, other: Any | None) -> dict[str, Any]:
    said = {} if order is None else {"status": order.status, "total": order.total}
    return {"orderId": key, **said, **({} if other is None else _without_id(other))}


def _without_id(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row._asdict().items() if name != "id"}
