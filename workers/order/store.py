"""What is asked of the order room over HTTP: taking orders, editing drafts, submitting and cancelling."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages import Customer, Line
from messages.order import OrderCreated
from workers.order import drafts, history, lines, rules
from workers.order.drafts import Edit, NotADraft
from workers.order.rules import Cancel, Status

_encoder = msgspec.json.Encoder()

_ACCEPT = text("""
    INSERT INTO "order"."order" (id, user_id, customer_name, customer_email, status, total, currency, payment_method,
                                 allow_partial, shipping_address, created_at, updated_at)
    SELECT id, user_id, name, email, status, total, currency, method, partial, address, at, at
      FROM unnest(cast(:ids AS uuid[]), cast(:users AS uuid[]), cast(:names AS text[]), cast(:emails AS text[]),
                  cast(:statuses AS text[]), cast(:totals AS bigint[]), cast(:currencies AS text[]),
                  cast(:methods AS text[]), cast(:partials AS bool[]), cast(:addresses AS json[]),
                  cast(:ats AS timestamptz[]))
        AS new (id, user_id, name, email, status, total, currency, method, partial, address, at)
""")
_CANCEL = text("""
    WITH found AS (
        SELECT id, status FROM "order"."order" WHERE id = :id FOR NO KEY UPDATE
    ), moved AS (
        UPDATE "order"."order" o
           SET status = CASE WHEN o.status = ANY(cast(:drafts AS text[])) THEN :discarded ELSE :cancelling END,
               updated_at = now()
          FROM found WHERE o.id = found.id AND o.status = ANY(cast(:sources AS text[]))
        RETURNING o.id, o.status
    )
    SELECT found.status, moved.status AS after FROM found LEFT JOIN moved USING (id)
""")
_LOCK = text("""SELECT * FROM "order"."order" WHERE id = :id FOR NO KEY UPDATE""")
_HOLD = text("""
    SELECT id, status, total, currency, allow_partial AND status = 'PENDING' AS awaits_total
      FROM "order"."order" WHERE id = :id FOR SHARE
""")
_SET_TOTAL = text("""UPDATE "order"."order" SET total = :total, updated_at = now() WHERE id = :id""")
_SUBMIT = text("""UPDATE "order"."order" SET status = :status, updated_at = now() WHERE id = :id""")


class NewOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the gateway accepts it; with ``submit`` it goes on its way, without it stays a draft."""

    id: UUID
    customer: Customer
    lines: tuple[Line, ...]
    total: int
    currency: str
    payment_method: str
    allow_partial: bool
    shipping_address: dict[str, Any] | None
    submit: bool
    created_at: datetime

    @property
    def status(self) -> Status:
        """Where the order begins."""
        return Status.PENDING if self.submit else Status.DRAFT


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """What an order owes; a partial one ``awaits_total`` until stock has said what it goes without."""

    id: UUID
    status: Status
    total: int
    currency: str
    awaits_total: bool


async def accept(tx: AsyncConnection, orders: Sequence[NewOrder]) -> None:
    """Write down new orders, their lines, and the first row of their history."""
    if not orders:
        return
    new = sorted(orders, key=lambda order: order.id)
    await tx.execute(_ACCEPT, _columns(new))
    await lines.add(tx, ((order.id, at, line, False) for order in new for at, line in enumerate(order.lines)))
    await history.add(tx, [_beginning(order) for order in new])


async def request_cancel(tx: AsyncConnection, order_id: UUID, *, message_id: UUID | None = None) -> Cancel:
    """Take a wish to cancel: when it is REQUESTED, the caller has OrderCancellationRequested said in ``tx``."""
    values = {
        "id": order_id,
        "drafts": rules.sources(rules.DISCARD),
        "discarded": rules.targets(rules.DISCARD)[0],
        "cancelling": rules.targets(rules.CANCEL)[0],
        "sources": [*rules.sources(rules.DISCARD), *rules.sources(rules.CANCEL)],
    }
    row = (await tx.execute(_CANCEL, values)).one_or_none()
    status, after = (Status(row.status), Status(row.after) if row.after else None) if row else (None, None)
    if after:
        kind = rules.CANCEL if after is Status.CANCELLING else rules.DISCARD
        await history.add(tx, [_done(order_id, kind, {"status": after}, message_id)])
    return rules.cancel(status, after)


async def hold(tx: AsyncConnection, order_id: UUID) -> Owed | None:
    """Return what an order owes, and keep it where it stands until ``tx`` ends; None when there is no such order."""
    row = (await tx.execute(_HOLD, {"id": order_id})).mappings().one_or_none()
    return msgspec.convert(dict(row), Owed) if row else None


async def edit_draft(
    tx: AsyncConnection, order_id: UUID, edits: Sequence[Edit], offers: Mapping[UUID, Line]
) -> int | None:
    """Edit a draft's lines and return its new total, None when there is no such order.

    ``offers`` has today's name and price, in the order's currency, of what may be added; its quantities do not count.

    Raises:
        NotADraft: when the order is past that.
        ImpossibleEdit: when the lines cannot be edited so.
    """
    if await _lock_draft(tx, order_id) is None:
        return None
    after = drafts.edited(await lines.of(tx, order_id), edits, offers)
    total = drafts.total(drafts.ordered(after))
    await lines.replace(tx, order_id, after)
    await tx.execute(_SET_TOTAL, {"id": order_id, "total": total})
    await history.add(tx, [_done(order_id, "order.edited", {"total": total})])
    return total


async def submit_draft(tx: AsyncConnection, order_id: UUID, *, message_id: UUID | None = None) -> OrderCreated | None:
    """Send a draft on its way: the caller has what is returned said in ``tx``; None when there is no such order.

    Raises:
        NotADraft: when the order is past that.
    """
    row = await _lock_draft(tx, order_id)
    if row is None:
        return None
    [status] = rules.targets(rules.SUBMIT)
    await tx.execute(_SUBMIT, {"id": order_id, "status": status})
    await history.add(tx, [_done(order_id, rules.SUBMIT, {"status": status}, message_id)])
    return OrderCreated(
        order_id=order_id,
        customer=Customer(user_id=row.user_id, name=row.customer_name, email=row.customer_email),
        lines=drafts.ordered(await lines.of(tx, order_id)),
        total=row.total,
        currency=row.currency,
        payment_method=row.payment_method,
        allow_partial=row.allow_partial,
    )


async def _lock_draft(tx: AsyncConnection, order_id: UUID) -> Any:
    row = (await tx.execute(_LOCK, {"id": order_id})).one_or_none()
    if row is not None and row.status not in rules.sources(rules.SUBMIT):
        raise NotADraft(f"the order is {row.status}")
    return row


def _done(order_id: UUID, kind: str, detail: dict[str, Any], message_id: UUID | None = None) -> history.Event:
    return history.Event(order_id=order_id, kind=kind, detail=detail, message_id=message_id)


def _beginning(order: NewOrder) -> history.Event:
    detail = {"status": order.status, "total": order.total, "currency": order.currency}
    return history.Event(order_id=order.id, kind="order.accepted", detail=detail)


def _columns(orders: Sequence[NewOrder]) -> dict[str, list[Any]]:
    return {
        "ids": [order.id for order in orders],
        "users": [order.customer.user_id for order in orders],
        "names": [order.customer.name for order in orders],
        "emails": [order.customer.email for order in orders],
        "statuses": [order.status.value for order in orders],
        "totals": [order.total for order in orders],
        "currencies": [order.currency for order in orders],
        "methods": [order.payment_method for order in orders],
        "partials": [order.allow_partial for order in orders],
        "addresses": [_json(order.shipping_address) for order in orders],
        "ats": [order.created_at for order in orders],
    }


def _json(value: dict[str, Any] | None) -> str | None:
    return None if value is None else _encoder.encode(value).decode()
