"""Announcing levels: whatever changed is gathered by product, and said with the level that stands by then.

Every change leaves a row of its own (see ``shelves``). A row that can be seen was committed together with its change,
so the level read in the same moment includes it; a change that commits later has a row that is still there for the next
tick. One process announces at a time, so that an older level is never said after a newer one.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.stock import StockLevelChanged

# Two statements: what the process before has taken must be gone when this one looks.
_IS_OUR_TURN = text("SELECT pg_try_advisory_xact_lock(hashtext('orderfleet.stock.levels'))")
_TAKE = text("""
    WITH due AS (
        SELECT DISTINCT product_id FROM stock.level_change LIMIT :limit
    ), taken AS (
        DELETE FROM stock.level_change WHERE product_id IN (SELECT product_id FROM due)
    )
    SELECT id AS product_id, on_hand, reserved, on_hand - reserved AS available
      FROM stock.product WHERE id IN (SELECT product_id FROM due) ORDER BY id
""")


async def take(tx: AsyncConnection, limit: int) -> Sequence[StockLevelChanged]:
    """Take what has changed of at most ``limit`` products; nothing while somebody else does."""
    if not (await tx.execute(_IS_OUR_TURN)).scalar_one():
        return []
    return [StockLevelChanged(**row) for row in (await tx.execute(_TAKE, {"limit": limit})).mappings()]
