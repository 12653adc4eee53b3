"""What a carrier reports of a shipment. The shipment's lock puts reports, timers and cancels one after the other."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.shipping import OrderDelivered, OrderShipped
from workers.shipping import rules, store
from workers.shipping.rules import Status
from workers.shipping.store import Report

_LOCK = text("SELECT status FROM shipping.shipment WHERE id = :id FOR NO KEY UPDATE")
_ADD = text("""
    WITH noted AS (
        INSERT INTO shipping.event (shipment_id, status, location, note, reported)
        VALUES (:id, :status, :location, :note, true)
    )
    UPDATE shipping.shipment SET updated_at = now() WHERE id = :id
""")
_IS_TOLD = text("""
    SELECT EXISTS (
        SELECT FROM shipping.event
         WHERE shipment_id = :id AND status = :status
           AND (cast(:location AS text) IS NULL OR location = :location)
           AND (cast(:note AS text) IS NULL OR note = :note)
    )
""")


class Unreachable(Exception):  # noqa: N818 - an answer to a carrier, not a failure
    """No way leads from where the shipment stands to what is reported."""

    def __init__(self, stands: Status) -> None:
        super().__init__(f"The shipment is {stands}")


async def take(
    tx: AsyncConnection, shipment_id: UUID, report: Report, transit: timedelta | None
) -> Sequence[OrderShipped | OrderDelivered] | None:
    """Take a report: the caller has what is returned said in ``tx``, in this order. None: there is no such shipment.

    What was delivered straight from the house has left it on the way. A report of where the shipment stands already
    adds to its history; after the end only when it tells something new.

    Raises:
        Unreachable: when it leads backwards, or anywhere from or to a stop.
    """
    stands = (await tx.execute(_LOCK, {"id": shipment_id})).scalar_one_or_none()
    if stands is None:
        return None
    steps = rules.steps(Status(stands), report.status)
    if steps is None:
        raise Unreachable(Status(stands))
    if not steps:
        await _note(tx, shipment_id, report)
    return [message for step in steps for message in await _go(tx, step, shipment_id, report, transit)]


async def _go(
    tx: AsyncConnection, step: Status, shipment_id: UUID, report: Report, transit: timedelta | None
) -> Sequence[OrderShipped | OrderDelivered]:
    if step is Status.DELIVERED:
        return await store.arrive(tx, [shipment_id], report)
    seen = report if step is report.status else Report(status=step)
    return await store.leave(tx, [shipment_id], transit, seen)


async def _note(tx: AsyncConnection, shipment_id: UUID, report: Report) -> None:
    values: dict[str, Any] = {
        "id": shipment_id,
        "status": report.status,
        "location": report.location,
        "note": report.note,
    }
    if report.status is Status.DELIVERED and (await tx.execute(_IS_TOLD, values)).scalar_one():
        return
    await tx.execute(_ADD, values)
