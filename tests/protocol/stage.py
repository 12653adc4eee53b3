"""Bringing one order into any state of any room, by messages, and looking at where it stands."""

from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy import text
from uuid_utils.compat import uuid7

from messages import OrderMessage
from messages import order as said_by_order
from messages import payment as said_by_payment
from messages import shipping as said_by_shipping
from messages import stock as said_by_stock
from messages.order import OrderCreated
from messages.post.envelope import Envelope, enclose
from messages.post.receipts import Receipt
from messages.stock import StockReserved
from tests.protocol.states import CANCEL, PREPARE, WAYS
from tests.support.network import Network
from tests.support.ordering import PRICE, place, shelve
from workers.fleet import ROOMS
from workers.order.store import request_cancel
from workers.payment import by_hand
from workers.payment.by_hand import HasPayment, Illegal, NewPayment
from workers.payment.errands import Charged, Declined, NotRefunded, Processing
from workers.payment.rules import PROVIDER_UNAVAILABLE
from workers.runtime.batch import Batch, Outcome
from workers.runtime.database import Database
from workers.runtime.settings import Settings

ON_HAND, WANTED, TOO_MUCH = 5, 2, 6
SHELVES = {"HELD": (ON_HAND, WANTED), "HELD, asked": (ON_HAND, WANTED), "COMMITTED": (ON_HAND - WANTED, 0)}
"""On hand and reserved, by the state of the only reservation; in any other state nothing is gone."""

_STATES = {
    "order": text("""
        SELECT status || CASE WHEN status = 'CANCELLING' THEN
                   CASE furthest WHEN 'DELIVERED' THEN ', delivered' ELSE '' END
                   || CASE WHEN stock_back THEN ', stock back' ELSE '' END
                   || CASE WHEN money_back THEN ', money back' ELSE '' END ELSE '' END
          FROM "order"."order" WHERE id = :order
    """),
    "stock": text("""
        SELECT status || CASE WHEN status = 'HELD' AND asked_at IS NOT NULL THEN ', asked' ELSE '' END
          FROM stock.reservation WHERE order_id = :order
    """),
    "payment": text("""
        SELECT status || CASE status WHEN 'PENDING' THEN coalesce(', ' || give_up, '')
                             || CASE WHEN ask_at IS NULL THEN '' ELSE ', processing' END ELSE '' END
                      || CASE WHEN elsewhere THEN ', elsewhere' ELSE '' END
                      || CASE WHEN unsaid THEN ', unsaid' ELSE '' END
                      || CASE WHEN void_due_at IS NULL THEN '' ELSE ', void due' END
          FROM payment.payment WHERE order_id = :order
    """),
    "shipping": text("SELECT status FROM shipping.shipment WHERE order_id = :order"),
    "notification": text("SELECT 'recorded' FROM notification.notification WHERE order_id = :order"),
}
_MAKE_DRAFT = text("""UPDATE "order"."order" SET status = 'DRAFT' WHERE id = :order""")
_LONG_AGO = text("""
    UPDATE stock.reservation SET expires_at = now() - cast(:ago AS interval) WHERE order_id = :order
""")
_ASK_NOW = text("UPDATE payment.payment SET ask_at = now() WHERE order_id = :order AND ask_at IS NOT NULL")
_PAYMENT = text("SELECT id FROM payment.payment WHERE order_id = :order")
_SHELF = text("SELECT on_hand, reserved FROM stock.product WHERE id = :product")
_PROVIDER = text("SELECT captured - refunded FROM payment.simulated_charge WHERE key = :order")


class Stage:
    """One order on its way into a state."""

    def __init__(self, database: Database, network: Network, settings: Settings, room: str) -> None:
        self.database, self.network, self.settings, self.room = database, network, settings, room

    async def begin(self, state: str) -> None:
        """Bring an order of its own into ``state``."""
        self.product = await shelve(self.database, ON_HAND)
        self.created = await place(self.database, [(self.product, WANTED)])
        self.order = self.created.subject
        if state == "DRAFT":
            await self.execute(_MAKE_DRAFT)
        for step in WAYS[self.room][state]:
            await self.do(step)

    async def do(self, on: str) -> list[str]:
        """Let one thing happen, and return what is said of it."""
        match on.split():
            case _ if on == CANCEL:
                async with self.database.transaction() as tx:
                    await request_cancel(tx, self.order)
                return []
            case _ if on == PREPARE:
                await self._prepare()
                return []
            case ["recorded", *_] | ["by", "hand", _]:
                return await self._wish(*on.split())
            case ["timer", name]:
                return await self._tick(name)
            case [type_, *of] if "." in type_:
                return await self._handle(self._queue(type_), self._message(type_, TOO_MUCH if of else WANTED))
            case _:
                return await self._settle(on)

    async def state(self) -> str:
        """Tell where the order stands in this room."""
        return await self.execute(_STATES[self.room]) or "none"

    async def shelf(self) -> tuple[int, int]:
        """Tell what is on hand of the order's product, and what is reserved of it."""
        async with self.database.transaction() as tx:
            row = (await tx.execute(_SHELF, {"product": self.product})).one()
        return row.on_hand, row.reserved

    async def kept(self) -> int:
        """Tell how much of the customer's money the provider has."""
        return await self.execute(_PROVIDER) or 0

    async def execute(self, statement: Any, **values: Any) -> Any:
        async with self.database.transaction() as tx:
            result = await tx.execute(statement, {"order": self.order, **values})
            return result.scalar() if result.returns_rows else None

    async def _handle(self, queue: str, envelope: Envelope) -> list[str]:
        [result] = (await self.network.work(queue, [envelope])).values()
        if not isinstance(result, Receipt):
            raise result
        return sorted(reply.type for reply in result.replies)

    async def _tick(self, name: str) -> list[str]:
        ago = {"expire": "1 second", "sweep": "1 day"}.get(name)
        if ago:
            await self.execute(_LONG_AGO, ago=ago)
        if name == "follow":
            await self.execute(_ASK_NOW)
        await self.network.tick(name)
        said = {envelope.message_id: envelope.type for _, envelope in self.network.about(self.order)}
        self.network.waiting.clear()
        return sorted(said.values())

    async def _prepare(self) -> None:
        handler = ROOMS["payment"].handlers["Payment_StockReserved"]
        async with self.database.transaction() as tx:
            await handler.work(Batch([_reserved(self.order)]), tx, self.settings)

    async def _wish(self, *words: str) -> list[str]:
        *_, last = words
        if words[0] == "by":
            return await self._change(last)
        return await self._record("COMPLETED" if last == "recorded" else last)

    async def _record(self, status: Any) -> list[str]:
        new = NewPayment(order_id=self.order, amount=WANTED * PRICE, currency="EUR", method="elsewhere", status=status)
        with suppress(HasPayment):
            async with self.database.transaction() as tx:
                _, said = await by_hand.record(tx, new)
            return sorted(message.type() for message in said)
        return []

    async def _change(self, wish: Any) -> list[str]:
        with suppress(Illegal):
            payment = await self.execute(_PAYMENT) or uuid7()
            async with self.database.transaction() as tx:
                said = await by_hand.change(tx, payment, wish)
            return sorted(message.type() for message in said or ())
        return []

    async def _settle(self, on: str) -> list[str]:
        queue, outcome = _OUTCOMES[on]
        steps = ROOMS["payment"].handlers[queue].steps
        assert steps
        async with self.database.transaction() as tx:
            said = await steps.settle(Batch([replace(outcome, subject=self.order)]), tx, self.settings)
        return sorted(message.type() for message in said or ())

    def _queue(self, type_: str) -> str:
        [queue] = [queue for queue, heard in ROOMS[self.room].listeners if heard == type_]
        return queue

    def _message(self, type_: str, quantity: int) -> Envelope:
        if type_ == OrderCreated.type():
            created = msgspec.json.decode(self.created.body, type=OrderCreated)
            lines = tuple(replace(line, quantity=quantity) for line in created.lines)
            return enclose(replace(created, lines=lines), said_by="test")
        if type_ == StockReserved.type():
            return enclose(_reserved(self.order), said_by="test")
        return enclose(_KINDS[type_](order_id=self.order, **_CONTENT.get(type_, {})), said_by="test")


def _reserved(order: UUID) -> StockReserved:
    return StockReserved(order_id=order, amount=WANTED * PRICE, currency="EUR", payment_method="tok_ok")


_NOBODY = UUID(int=0)
_OUTCOMES: dict[str, tuple[str, Outcome]] = {
    "charged": ("Payment_StockReserved", Charged(subject=_NOBODY, reference="r")),
    "declined": ("Payment_StockReserved", Declined(subject=_NOBODY, reason="payment_declined")),
    "processing": ("Payment_StockReserved", Processing(subject=_NOBODY, reference="r")),
    "resigned": ("Payment_StockReserved", Declined(subject=_NOBODY, reason=PROVIDER_UNAVAILABLE)),
    "refund resigned": ("Payment_PaymentRefundDue", NotRefunded(subject=_NOBODY, reason=PROVIDER_UNAVAILABLE)),
}
_CONTENT: dict[str, dict[str, Any]] = {
    "stock.not_reserved": {"reason": "out_of_stock"},
    "payment.completed": {"payment_id": _NOBODY, "amount": WANTED * PRICE, "currency": "EUR"},
    "payment.failed": {"reason": "payment_declined"},
    "payment.refunded": {"amount": WANTED * PRICE, "currency": "EUR"},
    "payment.refund_failed": {"reason": PROVIDER_UNAVAILABLE},
    "order.failed": {"reason": "out_of_stock"},
    "order.shipped": {"shipment_id": _NOBODY, "tracking_number": "OF1"},
    "order.delivered": {"shipment_id": _NOBODY},
}
_SPEAKERS = (said_by_order, said_by_payment, said_by_shipping, said_by_stock)
_KINDS: dict[str, type[OrderMessage]] = {
    member.type(): member
    for speaker in _SPEAKERS
    for member in vars(speaker).values()
    if isinstance(member, type) and issubclass(member, OrderMessage) and member is not OrderMessage
}
