from sqlalchemy import text

from workers.runtime.database import Database


async def test_due_shipments_are_found_by_their_indexes(database: Database) -> None:
    dispatch = (
        "SELECT id FROM shipping.shipment WHERE status = 'PREPARING' AND dispatch_at <= now() ORDER BY dispatch_at"
    )
    deliver = "SELECT id FROM shipping.shipment WHERE status = 'IN_TRANSIT' AND deliver_at <= now() ORDER BY deliver_at"
    async with database.transaction() as tx:
        await tx.execute(text("SET LOCAL enable_seqscan = off"))
        for query, index in ((dispatch, "shipment_dispatch_due"), (deliver, "shipment_deliver_due")):
            plan = "\n".join((await tx.execute(text(f"EXPLAIN {query} LIMIT 9 FOR UPDATE SKIP LOCKED"))).scalars())
            assert f"using {index}" in plan
