"""The payment room with Stripe behind it: charges that take their time, announcements, and refunds that go wrong."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import pytest
import stripe
from msgspec.structs import replace
from sqlalchemy import text
from uuid_utils.compat import uuid7

from gateway.app import create_app
from messages import OrderMessage
from messages.order import OrderCancelled
from messages.payment import PaymentRefundDue
from messages.post.envelope import Envelope, enclose
from messages.post.receipts import Receipt
from messages.stock import StockReservationExpired, StockReserved
from tests.integration.gateway.door import Door, open_door, problem
from tests.support.network import Network
from tests.support.stripe_api import StripeApi, event
from workers.payment import by_hand, views
from workers.payment.intent import Status
from workers.payment.provider import ProviderTimeout
from workers.runtime.database import Database
from workers.runtime.settings import Settings

AMOUNT = 1250
LAST = 4
QUEUES = {
    "stock.reserved": "Payment_StockReserved",
    "stock.reservation_expired": "Payment_StockReservationExpired",
    "order.cancelled": "Payment_OrderCancelled",
    "payment.refund_due": "Payment_PaymentRefundDue",
}
_ASK_NOW = text("UPDATE payment.payment SET ask_at = now() WHERE ask_at IS NOT NULL")
_ASKS = text("SELECT count(*) FROM payment.payment WHERE ask_at IS NOT NULL")


class Desk:
    """The room, its provider, and the door through which the provider announces things."""

    def __init__(self, database: Database, network: Network, door: Door, api: StripeApi) -> None:
        self.database, self.network, self.door, self.api = database, network, door, api

    async def hear(self, message: OrderMessage, attempt: int = 1) -> list[str]:
        envelope = replace(enclose(message, said_by="test"), attempt=attempt)
        [result] = (await self.network.work(QUEUES[envelope.type], [envelope])).values()
        if not isinstance(result, Receipt):
            raise result
        return _types(result.replies)

    async def tick(self, *timers: str) -> list[str]:
        await self.network.tick(*timers)
        said = {envelope.message_id: envelope for _, envelope in self.network.waiting}
        self.network.waiting.clear()
        return _types(list(said.values()))

    async def announce(self, type_: str, about: dict[str, Any], *, times: int = 1) -> list[str]:
        """Let Stripe announce something, and the room look at it."""
        body = event(type_, about)
        said: list[str] = []
        for _ in range(times):
            answer = await self.door.http.post("/webhooks/stripe", content=body, headers=signed(body))
            assert answer.status_code == 200, answer.text
            said += await self.tick("follow", "reverse")
        return said

    async def payment(self, order: UUID) -> views.Payment:
        async with self.database.transaction() as tx:
            [found] = await views.page(tx, limit=2, order_id=order)
        return found

    async def outcomes(self, order: UUID) -> list[str]:
        async with self.database.transaction() as tx:
            return [entry.kind.removeprefix("payment.") for entry in await views.timeline(tx, order)]

    async def execute(self, statement: Any) -> Any:
        async with self.database.transaction() as tx:
            result = await tx.execute(statement)
            return result.scalar() if result.returns_rows else None

    def intent(self, order: UUID) -> dict[str, Any]:
        [intent] = self.api.of(order)
        return intent


def signed(body: bytes, secret: str = "whsec_of_the_tests") -> dict[str, str]:
    return {"stripe-signature": stripe.WebhookSignature.generate_signature_header(body.decode(), secret)}


def reserved(method: str = "pm_card_visa") -> StockReserved:
    return StockReserved(order_id=uuid7(), amount=AMOUNT, currency="EUR", payment_method=method)


def charge_of(intent: dict[str, Any]) -> dict[str, Any]:
    return {"id": "ch_1", "object": "charge", "payment_intent": intent["id"], "metadata": intent["metadata"]}


def _types(envelopes: Sequence[Envelope]) -> list[str]:
    return sorted(envelope.type for envelope in envelopes)


@pytest.fixture
async def desk(database: Database, stripe_settings: Settings, api: StripeApi) -> AsyncIterator[Desk]:
    async with Network(database, stripe_settings) as network, open_door(create_app(stripe_settings)) as door:
        yield Desk(database, network, door, api)


async def test_an_order_is_paid_cancelled_and_refunded(desk: Desk) -> None:
    held = reserved()
    assert await desk.hear(held) == ["payment.completed"]
    assert desk.api.taken == AMOUNT
    assert await desk.hear(OrderCancelled(order_id=held.order_id)) == ["payment.refund_due"]
    assert await desk.hear(PaymentRefundDue(order_id=held.order_id)) == ["payment.refunded"]
    assert desk.api.taken == 0


async def test_a_late_success_pays_the_order_once_however_often_it_is_announced(desk: Desk) -> None:
    held = reserved("pm_sepa")
    assert await desk.hear(held) == []
    assert (await desk.payment(held.order_id)).status == "PENDING"
    desk.api.move(desk.intent(held.order_id)["id"], "succeeded")
    assert await desk.announce("payment_intent.succeeded", desk.intent(held.order_id)) == ["payment.completed"]
    paid = await desk.payment(held.order_id)
    assert (paid.status, desk.api.taken) == ("COMPLETED", AMOUNT)

    assert await desk.announce("payment_intent.succeeded", desk.intent(held.order_id), times=2) == []
    assert await desk.payment(held.order_id) == paid
    assert await desk.outcomes(held.order_id) == ["requested", "processing", "charged"]
    assert await desk.execute(_ASKS) == 0


async def test_a_late_decline_fails_the_order(desk: Desk) -> None:
    held = reserved("pm_sepa")
    await desk.hear(held)
    desk.api.move(desk.intent(held.order_id)["id"], "requires_payment_method")
    assert await desk.announce("payment_intent.payment_failed", desk.intent(held.order_id), times=2) == [
        "payment.failed"
    ]
    assert (await desk.payment(held.order_id)).failure_reason == "payment_declined"


async def test_an_old_announcement_does_not_undo_a_newer_one(desk: Desk) -> None:
    held = reserved("pm_sepa")
    await desk.hear(held)
    as_it_was = {**desk.intent(held.order_id), "status": "requires_payment_method"}
    desk.api.move(desk.intent(held.order_id)["id"], "succeeded")
    assert await desk.announce("payment_intent.payment_failed", as_it_was) == ["payment.completed"]
    assert await desk.announce("payment_intent.succeeded", desk.intent(held.order_id)) == []
    assert (await desk.payment(held.order_id)).status == "COMPLETED"


async def test_without_any_announcement_the_room_asks_by_itself(desk: Desk) -> None:
    held = reserved("pm_sepa")
    await desk.hear(held)
    assert await desk.tick("follow") == [], "not yet"
    await desk.execute(_ASK_NOW)
    assert await desk.tick("follow") == [], "still under way"
    desk.api.move(desk.intent(held.order_id)["id"], "succeeded")
    assert await desk.tick("follow") == [], "it waits half a minute"
    await desk.execute(_ASK_NOW)
    assert await desk.tick("follow") == ["payment.completed"]


@pytest.mark.parametrize(
    ("why", "says", "status"),
    [(OrderCancelled, "payment.voided", "VOIDED"), (StockReservationExpired, "payment.failed", "FAILED")],
)
async def test_what_is_given_up_while_it_is_processing_is_never_kept(
    desk: Desk, why: type[OrderMessage], says: str, status: str
) -> None:
    held = reserved("pm_sepa")
    await desk.hear(held)
    assert await desk.hear(why(order_id=held.order_id)) == []
    assert await desk.tick("follow") == [], "Stripe cannot cancel it yet"
    desk.api.move(desk.intent(held.order_id)["id"], "succeeded")
    assert await desk.announce("payment_intent.succeeded", desk.intent(held.order_id), times=2) == [says]
    assert ((await desk.payment(held.order_id)).status, desk.api.taken) == (status, 0)
    assert len(desk.api.refunds) == 1


async def test_a_success_after_the_order_was_given_up_is_reversed(desk: Desk) -> None:
    """Stripe was silent on the whole ladder; it had begun all the same, and says so when all is over."""
    held = reserved("pm_sepa")
    desk.api.loses_answers = True
    assert await desk.hear(held, attempt=LAST) == ["payment.failed"]
    desk.api.loses_answers = False
    desk.api.move(desk.intent(held.order_id)["id"], "succeeded")
    assert await desk.announce("payment_intent.succeeded", desk.intent(held.order_id)) == []
    assert ((await desk.payment(held.order_id)).status, desk.api.taken) == ("FAILED", 0)
    before = await desk.outcomes(held.order_id)
    assert await desk.announce("payment_intent.succeeded", desk.intent(held.order_id), times=2) == []
    assert (len(desk.api.refunds), await desk.outcomes(held.order_id)) == (1, before)


async def test_what_is_paid_by_hand_while_stripe_is_asked_is_paid_once(desk: Desk) -> None:
    held = reserved("pm_sepa")
    await desk.hear(held)
    async with desk.database.transaction() as tx:
        await by_hand.change(tx, (await desk.payment(held.order_id)).id, "COMPLETED")
    desk.api.move(desk.intent(held.order_id)["id"], "succeeded")
    await desk.announce("payment_intent.succeeded", desk.intent(held.order_id))
    assert ((await desk.payment(held.order_id)).status, desk.api.taken) == ("COMPLETED", 0)


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED", "VOIDED"])
async def test_what_stripe_took_unheard_is_reversed_when_somebody_decides_by_hand(desk: Desk, status: Status) -> None:
    held = reserved()
    desk.api.loses_answers = True
    with pytest.raises(ProviderTimeout):
        await desk.hear(held)
    desk.api.loses_answers = False
    assert desk.api.taken == AMOUNT
    async with desk.database.transaction() as tx:
        await by_hand.change(tx, (await desk.payment(held.order_id)).id, status)
    await desk.tick("reverse")
    assert desk.api.taken == 0


async def test_a_refund_that_fails_later_waits_for_an_operator(desk: Desk) -> None:
    held = reserved()
    desk.api.refund_status = "pending"
    await desk.hear(held)
    await desk.hear(OrderCancelled(order_id=held.order_id))
    assert await desk.hear(PaymentRefundDue(order_id=held.order_id)) == ["payment.refunded"]
    [refund] = desk.api.refunds.values()
    refund["status"] = "failed"
    assert await desk.announce("refund.failed", refund, times=2) == ["payment.refund_failed"]
    failed = await desk.payment(held.order_id)
    assert (failed.status, failed.refunded_amount, desk.api.taken) == ("REFUND_FAILED", 0, AMOUNT)

    async with desk.database.transaction() as tx:
        await by_hand.change(tx, failed.id, "REFUNDING")
    desk.api.refund_status = "succeeded"
    assert await desk.hear(PaymentRefundDue(order_id=held.order_id)) == ["payment.refunded"]
    assert await desk.announce("refund.failed", refund) == [], "that is an old story"
    assert ((await desk.payment(held.order_id)).status, desk.api.taken) == ("REFUNDED", 0)


async def test_a_failure_that_is_announced_before_its_refund_is_settled_is_not_lost(desk: Desk) -> None:
    held = reserved()
    await desk.hear(held)
    await desk.hear(OrderCancelled(order_id=held.order_id))
    intent = desk.intent(held.order_id)
    refund = {"id": "re_9", "object": "refund", "payment_intent": intent["id"], "metadata": intent["metadata"]}
    assert await desk.announce("refund.failed", refund) == []
    desk.api.refund_status = "pending"
    await desk.hear(PaymentRefundDue(order_id=held.order_id))
    next(iter(desk.api.refunds.values()))["status"] = "failed"
    await desk.execute(_ASK_NOW)
    assert await desk.tick("follow") == ["payment.refund_failed"]


async def test_a_refund_that_stripe_refuses_needs_no_further_try(desk: Desk) -> None:
    held = reserved()
    await desk.hear(held)
    await desk.hear(OrderCancelled(order_id=held.order_id))
    desk.api.refund_status = "failed"
    assert await desk.hear(PaymentRefundDue(order_id=held.order_id)) == ["payment.refund_failed"]


async def test_money_given_back_at_the_dashboard_is_known_here(desk: Desk) -> None:
    held = reserved()
    await desk.hear(held)
    intent = desk.intent(held.order_id)
    desk.api.refunds["re_1"] = {"amount": 200, "payment_intent": intent["id"], "status": "succeeded"}
    assert await desk.announce("charge.refunded", charge_of(intent), times=2) == []
    partly = await desk.payment(held.order_id)
    assert (partly.status, partly.refunded_amount) == ("COMPLETED", 200)
    desk.api.refunds["re_2"] = {"amount": AMOUNT - 200, "payment_intent": intent["id"], "status": "succeeded"}
    assert await desk.announce("charge.refunded", charge_of(intent), times=2) == ["payment.refunded"]
    wholly = await desk.payment(held.order_id)
    assert (wholly.status, wholly.refunded_amount) == ("REFUNDED", AMOUNT)


async def test_what_is_not_ours_is_accepted_and_ignored(desk: Desk) -> None:
    held = reserved()
    await desk.hear(held)
    intent = desk.intent(held.order_id)
    nobody = {**intent, "metadata": {"order_id": str(uuid7())}}
    foreign = {**intent, "metadata": {"order_id": "A-17"}}
    for type_, about in (
        ("invoice.paid", {"id": "in_1", "object": "invoice", "lines": []}),
        ("payment_intent.created", intent),
        ("payment_intent.succeeded", nobody),
        ("payment_intent.succeeded", foreign),
        ("payment_intent.succeeded", {"id": "pi_9", "object": "payment_intent", "metadata": {}}),
        ("charge.refunded", {"id": "ch_9", "object": "charge", "metadata": intent["metadata"]}),
    ):
        assert await desk.announce(type_, about) == []
        assert await desk.execute(_ASKS) == 0


async def test_only_stripe_is_believed(desk: Desk) -> None:
    body = event("payment_intent.succeeded", {"id": "pi_1", "object": "payment_intent"})
    old = stripe.WebhookSignature.generate_signature_header(body.decode(), "whsec_of_the_tests", timestamp=1)
    attempts: tuple[dict[str, str], ...] = (
        {},
        signed(body, "whsec_of_somebody"),
        {"stripe-signature": old},
        {"stripe-signature": "t=1"},
        {"stripe-signature": f"t={'9' * 5000},v1=0"},
        {"stripe-signature": "t=1,v1=\xff\xfe"},
        signed(b"{}"),
    )
    for headers in attempts:
        raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
        problem(await desk.door.http.post("/webhooks/stripe", content=body, headers=raw), 400)
    deep = b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}"
    for content in (b"{}", b"[]", b"no json", deep, b'{"type": "payment_intent.succeeded", "data": {}}'):
        problem(await desk.door.http.post("/webhooks/stripe", content=content, headers=signed(content)), 400)
    problem(
        await desk.door.http.post("/webhooks/stripe", content=b"\xff", headers={"stripe-signature": "t=1,v1=0"}), 400
    )


async def test_where_stripe_is_not_set_up_there_is_nothing(settings: Settings) -> None:
    async with open_door(create_app(settings)) as door:
        body = event("payment_intent.succeeded", {})
        problem(await door.http.post("/webhooks/stripe", content=body, headers=signed(body)), 404)
