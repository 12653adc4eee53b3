"""What is written for a set of messages of each queue."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, sql
from uuid_utils.compat import uuid7

from bench import catalogue
from messages.order import OrderCreated
from messages.payment import PaymentCompleted
from messages.shipping import OrderShipped
from messages.stock import StockReserved

Row = Sequence[Any]

_ORDER = "id uuid, user_id uuid, customer_name text, customer_email text, status text, total int8, currency text, \
payment_method text, allow_partial bool, created_at timestamptz, updated_at timestamptz"
_LINE = "order_id uuid, position int4, product_id uuid, name text, quantity int4, unit_price int8"
_EVENT = "order_id uuid, kind text, detail json, message_id uuid"
_RESERVATION = "id uuid, order_id uuid, status text, expires_at timestamptz"
_RESERVATION_LINE = "reservation_id uuid, position int4, product_id uuid, quantity int4"
_LEDGER = "product_id uuid, kind text, delta int8, order_id uuid"
_PAYMENT = "id uuid, order_id uuid, amount int8, currency text, method text, status text, reference text"
_ATTEMPT = "payment_id uuid, outcome text, message_id uuid"
_SHIPMENT = "id uuid, order_id uuid, status text, agent_id uuid, tracking_number text"
_SHIPMENT_EVENT = "shipment_id uuid, status text, message_id uuid"
_RECIPIENT = "about uuid, user_id uuid, name text, email text"
_NOTIFICATION = "id uuid, about uuid, order_id uuid, template text, detail json, message_id uuid"

_SHELVES = """
    UPDATE stock.product p SET on_hand = p.on_hand + change.on_hand, reserved = p.reserved + change.reserved,
                               updated_at = now()
      FROM unnest(%s::uuid[], %s::int8[], %s::int8[]) AS change (id, on_hand, reserved) WHERE p.id = change.id
"""
_FORWARD = """
    UPDATE "order"."order" SET status = %(to)s, furthest = %(to)s, updated_at = now()
     WHERE id = ANY(%(ids)s) AND furthest = ANY(%(lower)s)
"""
_COMMIT = """
    UPDATE stock.reservation SET status = 'COMMITTED', committed_at = now() WHERE order_id = ANY(%s) RETURNING id
"""
_HELD = """
    SELECT r.order_id, l.product_id, l.quantity
      FROM stock.reservation r JOIN stock.reservation_line l ON l.reservation_id = r.id WHERE r.id = ANY(%s)
"""
_BUSY = """
    UPDATE shipping.agent a SET busy = busy + taken.shipments
      FROM unnest(%s::uuid[], %s::int4[]) AS taken (id, shipments) WHERE a.id = taken.id
"""
_RANKS = ("PENDING", "RESERVED", "COMPLETED", "IN_TRANSIT")
"""An order that is there may be taken up from every rank below."""


async def accept(tx: AsyncConnection, orders: Sequence[OrderCreated]) -> None:
    """Write new orders."""
    now = datetime.now(UTC)
    await copy(tx, '"order"."order"', _ORDER, [_order(order, now) for order in orders])
    lines = [(order.order_id, at, *_line(line)) for order in orders for at, line in enumerate(order.lines)]
    await copy(tx, '"order".line', _LINE, lines)
    detail = [{"status": "PENDING", "total": order.total, "currency": order.currency} for order in orders]
    kind = "order.accepted"
    events = [(order.order_id, kind, json.dumps(each), None) for order, each in zip(orders, detail, strict=True)]
    await copy(tx, '"order".event', _EVENT, events)


async def reserve(tx: AsyncConnection, orders: Sequence[OrderCreated]) -> list[StockReserved]:
    """Hold stock."""
    expires = datetime.now(UTC) + timedelta(minutes=15)
    ids = [uuid7() for _ in orders]
    claims = list(zip(ids, orders, strict=True))
    await copy(tx, "stock.reservation", _RESERVATION, [(id_, order.order_id, "HELD", expires) for id_, order in claims])
    lines = [(id_, at, line.product_id, line.quantity) for id_, order in claims for at, line in enumerate(order.lines)]
    await copy(tx, "stock.reservation_line", _RESERVATION_LINE, lines)
    held = Counter[UUID]()
    for _, _, product, quantity in lines:
        held[product] += quantity
    await _shelve(tx, Counter(), held)
    return [
        StockReserved(
            order_id=order.order_id, amount=order.total, currency=order.currency, payment_method=order.payment_method
        )
        for order in orders
    ]


async def pay(tx: AsyncConnection, held: Sequence[StockReserved], ids: Sequence[UUID]) -> list[PaymentCompleted]:
    """Record payments."""
    paid = [
        PaymentCompleted(order_id=each.order_id, payment_id=uuid7(), amount=each.amount, currency=each.currency)
        for each in held
    ]
    rows = [
        (said.payment_id, said.order_id, said.amount, said.currency, each.payment_method, "COMPLETED", "none")
        for said, each in zip(paid, held, strict=True)
    ]
    await copy(tx, "payment.payment", _PAYMENT, rows)
    attempts = [(said.payment_id, "charged", id_) for said, id_ in zip(paid, ids, strict=True)]
    await copy(tx, "payment.attempt", _ATTEMPT, attempts)
    return paid


async def take_out(tx: AsyncConnection, paid: Sequence[PaymentCompleted]) -> None:
    """Let what was held leave the house."""
    moved = await (await tx.execute(_COMMIT, ([each.order_id for each in paid],))).fetchall()
    held = await (await tx.execute(_HELD, ([row[0] for row in moved],))).fetchall()
    gone = Counter[UUID]()
    for _, product, quantity in held:
        gone[product] -= quantity
    await _shelve(tx, gone, gone)
    await copy(tx, "stock.ledger", _LEDGER, [(product, "committed", -count, order) for order, product, count in held])


async def ship(tx: AsyncConnection, paid: Sequence[PaymentCompleted], ids: Sequence[UUID]) -> list[OrderShipped]:
    """Send orders off, by all agents in turn."""
    agents = [UUID(catalogue.AGENT.format(number % catalogue.AGENTS)) for number in range(len(paid))]
    busy = Counter(agents)
    await tx.execute(_BUSY, (list(busy), list(busy.values())))
    left = [_shipped(each) for each in paid]
    rows = [
        (said.shipment_id, said.order_id, "IN_TRANSIT", agent, said.tracking_number)
        for said, agent in zip(left, agents, strict=True)
    ]
    await copy(tx, "shipping.shipment", _SHIPMENT, rows)
    events = [(said.shipment_id, "PREPARING", id_) for said, id_ in zip(left, ids, strict=True)]
    await copy(
        tx, "shipping.event", _SHIPMENT_EVENT, [*events, *((said.shipment_id, "IN_TRANSIT", None) for said in left)]
    )
    return left


async def forward(tx: AsyncConnection, said: Sequence[Any], ids: Sequence[UUID], to: str) -> None:
    """Take orders up to a status."""
    values = {"to": to, "ids": [each.order_id for each in said], "lower": list(_RANKS[: _RANKS.index(to)])}
    await tx.execute(_FORWARD, values)
    kind, detail = said[0].type(), json.dumps({"amount": 0, "currency": "EUR", "status": to})
    await copy(
        tx, '"order".event', _EVENT, [(each.order_id, kind, detail, id_) for each, id_ in zip(said, ids, strict=True)]
    )


async def remember(tx: AsyncConnection, orders: Sequence[OrderCreated]) -> None:
    """Write down whom to write to."""
    people = [(order.order_id, order.customer.user_id, order.customer.name, order.customer.email) for order in orders]
    await copy(tx, "notification.recipient", _RECIPIENT, people)


async def note(tx: AsyncConnection, said: Sequence[Any], ids: Sequence[UUID]) -> None:
    """Write down what is to be said."""
    template, detail = said[0].type(), json.dumps({"amount": 0, "currency": "EUR"})
    rows = [(uuid7(), each.order_id, each.order_id, template, detail, id_) for each, id_ in zip(said, ids, strict=True)]
    await copy(tx, "notification.notification", _NOTIFICATION, rows)


async def copy(tx: AsyncConnection, table: str, columns: str, rows: Iterable[Row]) -> None:
    """Write rows the cheapest way there is."""
    names, types = zip(*(column.split() for column in columns.split(", ")), strict=True)
    wanted = sql.SQL(", ").join(map(sql.Identifier, names))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(sql.SQL(table), wanted)
    async with tx.cursor() as cursor, cursor.copy(statement) as out:
        out.set_types(["text" if name == "json" else name for name in types])
        for row in rows:
            await out.write_row(row)


def _order(order: OrderCreated, now: datetime) -> Row:
    customer = order.customer
    who = (customer.user_id, customer.name, customer.email)
    return (order.order_id, *who, "PENDING", order.total, order.currency, order.payment_method, False, now, now)


def _line(line: Any) -> Row:
    return (line.product_id, line.name, line.quantity, line.unit_price)


def _shipped(paid: PaymentCompleted) -> OrderShipped:
    shipment = uuid7()
    number = f"OF{shipment.hex[-16:].upper()}"
    return OrderShipped(order_id=paid.order_id, shipment_id=shipment, tracking_number=number)


async def _shelve(tx: AsyncConnection, on_hand: Counter[UUID], reserved: Counter[UUID]) -> None:
    ids = sorted({*on_hand, *reserved})
    await tx.execute(_SHELVES, (ids, [on_hand[id_] for id_ in ids], [reserved[id_] for id_ in ids]))
