"""An empty database again, without the time that a new one takes."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.post.tables import metadata as post
from workers.notification.tables import metadata as notification
from workers.order.tables import metadata as order
from workers.payment.tables import metadata as payment
from workers.shipping.tables import metadata as shipping
from workers.stock.tables import metadata as stock

_TABLES = [table for each in (post, order, stock, payment, shipping, notification) for table in each.sorted_tables]
_WIPE = text("; ".join(f'DELETE FROM "{table.schema}"."{table.name}"' for table in _TABLES))


async def wipe(tx: AsyncConnection) -> None:
    """Delete everything that the rooms of the fleet have written."""
    await tx.execute(_WIPE)
