"""The lines of orders, as statements."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages import Line
from workers.order.drafts import DraftLine

_ADD = text("""
    INSERT INTO "order".line (order_id, position, product_id, name, quantity, unit_price, dropped)
    SELECT * FROM unnest(cast(:orders AS uuid[]), cast(:positions AS int[]), cast(:products AS uuid[]),
                         cast(:names AS text[]), cast(:quantities AS int[]), cast(:prices AS bigint[]),
                         cast(:dropped AS bool[]))
""")
_OF = text("""
    SELECT product_id, name, quantity, unit_price, dropped FROM "order".line WHERE order_id = :id ORDER BY position
""")
_CLEAR = text("""DELETE FROM "order".line WHERE order_id = :id""")

Row = tuple[UUID, int, Line, bool]
"""Order, position, line, and whether it is dropped."""


async def add(tx: AsyncConnection, rows: Iterable[Row]) -> None:
    """Write lines."""
    new = list(rows)
    values = {
        "orders": [order for order, _, _, _ in new],
        "positions": [position for _, position, _, _ in new],
        "products": [line.product_id for _, _, line, _ in new],
        "names": [line.name for _, _, line, _ in new],
        "quantities": [line.quantity for _, _, line, _ in new],
        "prices": [line.unit_price for _, _, line, _ in new],
        "dropped": [dropped for _, _, _, dropped in new],
    }
    await tx.execute(_ADD, values)


async def of(tx: AsyncConnection, order_id: UUID) -> list[DraftLine]:
    """Return the lines of one order."""
    rows = await tx.execute(_OF, {"id": order_id})
    return [
        DraftLine(
            line=Line(product_id=row.product_id, name=row.name, quantity=row.quantity, unit_price=row.unit_price),
            dropped=row.dropped,
        )
        for row in rows
    ]


async def replace(tx: AsyncConnection, order_id: UUID, lines: Iterable[DraftLine]) -> None:
    """Give one order other lines."""
    await tx.execute(_CLEAR, {"id": order_id})
    await add(tx, ((order_id, position, each.line, each.dropped) for position, each in enumerate(lines)))
