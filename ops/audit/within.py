"""Invariants that one database can answer for: each a query that returns whatever violates it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from ops.audit.books import EXAMPLES, Books, Finding

EVERYWHERE = "*"
"""The room of what stands in every database."""


@dataclass(frozen=True, slots=True)
class Within:
    """An invariant of one room. One statement sees one moment: what a room writes together is seen together."""

    name: str
    description: str
    room: str
    violations: str

    async def check(self, books: Books) -> Finding:
        """Count what the query returns, and keep the first rows of it."""
        query = text(f"SELECT *, count(*) OVER () AS found FROM ({self.violations}) AS violation LIMIT {EXAMPLES}")  # noqa: S608 - both parts are ours
        answers = [await books.rows(room, query) for room in self._rooms(books)]
        return Finding(
            name=self.name,
            description=self.description,
            violations=sum(rows[0].found for rows in answers if rows),
            examples=[_example(row) for rows in answers for row in rows][:EXAMPLES],
        )

    def _rooms(self, books: Books) -> tuple[str, ...]:
        return books.homes if self.room == EVERYWHERE else (self.room,)


def _example(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row._asdict().items() if name != "found"}
