"""Each invariant, broken by hand, is reported, and no other with it."""

import pytest
from sqlalchemy import text

from ops.audit import INVARIANTS, Books, audit
from tests.support.auditing import violated
from workers.runtime.database import Database

_MOVING = """UPDATE "order"."order" SET status = 'CANCELLING' WHERE status = 'DELIVERED'"""

BREAKS: dict[str, tuple[str, ...]] = {
    "stock-ledger": ("INSERT INTO stock.ledger (product_id, kind, delta) SELECT id, 'added', 5 FROM stock.product",),
    "stock-negative": (
        "ALTER TABLE stock.product DROP CONSTRAINT product_on_hand_check",
        "UPDATE stock.product SET on_hand = on_hand - 9",
        "INSERT INTO stock.ledger (product_id, kind, delta) SELECT id, 'removed', -9 FROM stock.product",
    ),
    "stock-reserved": ("UPDATE stock.product SET reserved = 1",),
    "stock-follows-order": ("UPDATE stock.reservation SET status = 'RELEASED' WHERE status = 'COMMITTED'",),
    "reservation-late": (
        """INSERT INTO stock.reservation (id, status, expires_at)
           VALUES (gen_random_uuid(), 'HELD', now() - interval '1 day')""",
    ),
    "money-owed": ("""UPDATE "order"."order" SET total = total + 1 WHERE status = 'DELIVERED'""",),
    "provider-books": ("UPDATE payment.simulated_charge SET captured = captured + 1 WHERE status = 'CHARGED'",),
    "charge-without-order": (
        """INSERT INTO payment.payment (id, order_id, amount, currency, method, status)
           VALUES (gen_random_uuid(), gen_random_uuid(), 5, 'EUR', 'elsewhere', 'COMPLETED')""",
    ),
    "refund-failed": (_MOVING, "UPDATE payment.payment SET status = 'REFUND_FAILED' WHERE status = 'COMPLETED'"),
    "payment-late": (
        _MOVING,
        """UPDATE payment.payment SET status = 'REFUNDING', updated_at = now() - interval '1 day'
            WHERE status = 'COMPLETED'""",
    ),
    "shipping-follows-order": ("UPDATE shipping.shipment SET status = 'PREPARING'",),
    "order-late": (_MOVING, """UPDATE "order"."order" SET updated_at = now() - interval '1 day'"""),
    "message-unsent": (
        """INSERT INTO post.outbox (envelope, created_at)
           VALUES ('{"type": "order.shipped"}', now() - interval '1 day')""",
    ),
    "notification-once": (
        "ALTER TABLE notification.notification DROP CONSTRAINT notification_once",
        """INSERT INTO notification.notification (id, about, order_id, template, detail)
           SELECT gen_random_uuid(), about, order_id, template, detail FROM notification.notification
            WHERE template = 'order_delivered'""",
    ),
}


async def broken(database: Database, *statements: str) -> None:
    async with database.transaction() as tx:
        for statement in statements:
            await tx.execute(text(statement))


@pytest.mark.usefixtures("journeys")
async def test_after_ordinary_journeys_everything_holds(books: Books) -> None:
    assert await violated(books) == {}


def test_every_invariant_has_its_break() -> None:
    assert sorted(BREAKS) == sorted(invariant.name for invariant in INVARIANTS)


@pytest.mark.usefixtures("journeys")
@pytest.mark.parametrize("name", BREAKS)
async def test_what_is_broken_is_reported_and_nothing_else(name: str, books: Books, database: Database) -> None:
    await broken(database, *BREAKS[name])
    assert await violated(books) == {name: 1}
    [finding] = [finding for finding in (await audit(books)).invariants if finding.violations]
    assert len(finding.examples) == 1
    assert any(key.endswith("Id") for key in finding.examples[0])


@pytest.mark.usefixtures("journeys")
@pytest.mark.parametrize("end", ["CANCELLED", "FAILED"])
async def test_an_order_that_ended_keeps_neither_money_nor_goods(end: str, books: Books, database: Database) -> None:
    await broken(database, f"UPDATE \"order\".\"order\" SET status = '{end}' WHERE status = 'DELIVERED'")
    assert await violated(books) == {"money-owed": 1, "stock-follows-order": 1, "shipping-follows-order": 1}


@pytest.mark.usefixtures("journeys")
@pytest.mark.parametrize("end", ["CANCELLED", "FAILED"])
async def test_stock_and_shipping_of_an_order_that_ended(end: str, books: Books, database: Database) -> None:
    """Money was given back, but stock was not, and the parcel is prepared."""
    await broken(
        database,
        f"UPDATE \"order\".\"order\" SET status = '{end}' WHERE status = 'DELIVERED'",
        "UPDATE payment.payment SET status = 'REFUNDED', refunded_amount = amount WHERE status = 'COMPLETED'",
        "UPDATE payment.simulated_charge SET refunded = captured",
        "UPDATE shipping.shipment SET status = 'PREPARING'",
    )
    assert await violated(books) == {"stock-follows-order": 1, "shipping-follows-order": 1}


_BY_HAND = """UPDATE payment.payment SET status = 'REFUNDED', refunded_amount = amount, refund_by = '{by}'
                WHERE status = 'COMPLETED'"""
_ELSEWHERE = "UPDATE payment.payment SET elsewhere = true, reference = NULL WHERE status = 'COMPLETED'"
_NEVER_CHARGED = "DELETE FROM payment.simulated_charge WHERE status = 'CHARGED'"
_GIVEN_BACK = "UPDATE payment.simulated_charge SET refunded = captured WHERE status = 'CHARGED'"


@pytest.mark.usefixtures("journeys")
@pytest.mark.parametrize(
    "statements",
    [
        (_BY_HAND.format(by="hand"),),
        (_BY_HAND.format(by="hand"), _GIVEN_BACK),
        (_BY_HAND.format(by="provider"), _GIVEN_BACK),
        (_ELSEWHERE, _NEVER_CHARGED),
        (_ELSEWHERE, _NEVER_CHARGED, _BY_HAND.format(by="hand")),
    ],
    ids=["by hand", "by hand, while the provider did", "by the provider", "elsewhere", "elsewhere, and given back"],
)
async def test_what_somebody_paid_or_gave_back_is_no_violation(
    statements: tuple[str, ...], books: Books, database: Database
) -> None:
    await broken(database, *statements)
    assert await violated(books) == {}


@pytest.mark.usefixtures("journeys")
@pytest.mark.parametrize(
    ("statements", "name"),
    [
        (
            (
                "UPDATE payment.payment SET status = 'REFUNDED', refunded_amount = amount WHERE status = 'COMPLETED'",
                _GIVEN_BACK,
            ),
            "money-owed",
        ),
        (
            (
                _BY_HAND.format(by="hand"),
                "UPDATE payment.simulated_charge SET captured = captured + 1 WHERE status = 'CHARGED'",
            ),
            "provider-books",
        ),
        ((_BY_HAND.format(by="provider"),), "provider-books"),
        ((_ELSEWHERE,), "provider-books"),
    ],
    ids=["nobody wanted it given back", "half of it", "said and not done", "taken twice"],
)
async def test_what_is_wrong_all_the_same_is_reported(
    statements: tuple[str, ...], name: str, books: Books, database: Database
) -> None:
    await broken(database, *statements)
    assert await violated(books) == {name: 1}


@pytest.mark.usefixtures("journeys")
async def test_what_was_taken_elsewhere_for_an_order_that_failed_is_wrong_after_a_while(
    books: Books, database: Database
) -> None:
    paid = """UPDATE payment.payment SET status = 'COMPLETED', elsewhere = true WHERE status = 'FAILED'"""
    await broken(database, paid)
    assert await violated(books) == {}, "the payment room has not heard of it yet"
    await broken(
        database, """UPDATE "order"."order" SET updated_at = now() - interval '1 day' WHERE status = 'FAILED'"""
    )
    assert await violated(books) == {"money-owed": 1}


@pytest.mark.usefixtures("journeys")
@pytest.mark.parametrize("waits_for", ["elsewhere = true", "ask_at = now()"])
async def test_what_is_awaited_may_take_as_long_as_stock_is_held(
    waits_for: str, books: Books, database: Database
) -> None:
    pending = (
        f"UPDATE payment.payment SET status = 'PENDING', {waits_for}, updated_at = now() - interval '{{age}} minutes'"
    )
    await broken(database, _MOVING, f"{pending.format(age=20)} WHERE status = 'COMPLETED'")
    assert await violated(books) == {}
    await broken(database, f"{pending.format(age=31)} WHERE status = 'PENDING'")
    assert await violated(books) == {"payment-late": 1}


async def test_everything_is_counted_and_ten_are_shown(books: Books, database: Database) -> None:
    await broken(
        database,
        """INSERT INTO payment.payment (id, order_id, amount, currency, method, status)
           SELECT gen_random_uuid(), gen_random_uuid(), 5, 'EUR', 'elsewhere', 'REFUND_FAILED'
             FROM generate_series(1, 5000)""",
    )
    findings = {finding.name: finding for finding in (await audit(books)).invariants if finding.violations}
    assert {name: finding.violations for name, finding in findings.items()} == {
        "charge-without-order": 5000,
        "refund-failed": 5000,
    }
    assert [len(finding.examples) for finding in findings.values()] == [10, 10]
