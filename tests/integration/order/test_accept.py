from datetime import UTC, datetime

import msgspec
import pytest
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from tests.integration.order.desk import BUYER, Desk, new_order
from workers.order import views
from workers.order.rules import Status


async def test_an_order_is_shown_in_the_shape_of_the_contract(desk: Desk) -> None:
    address = {"street": "1 Quay", "city": "Bergen"}
    new = new_order(shipping_address=address, created_at=datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC))
    await desk.accept(new)

    shown = msgspec.json.decode(msgspec.json.encode(await desk.get(new.id)))

    assert shown == {
        "id": str(new.id),
        "userId": str(BUYER.user_id),
        "status": "PENDING",
        "failureReason": None,
        "total": 700,
        "currency": "EUR",
        "paymentMethod": "tok_ok",
        "allowPartial": False,
        "shippingAddress": address,
        "orderItems": [
            {
                "productId": str(line.product_id),
                "name": line.name,
                "quantity": line.quantity,
                "unitPrice": line.unit_price,
                "status": "PENDING",
            }
            for line in new.lines
        ],
        "createdAt": "2026-05-04T03:02:01Z",
        "updatedAt": "2026-05-04T03:02:01Z",
    }


async def test_many_orders_are_accepted_at_once_each_with_its_own_lines(desk: Desk) -> None:
    orders = [new_order(submit=number % 2 == 0) for number in range(5)]
    await desk.accept(*reversed(orders))

    for number, order in enumerate(orders):
        found = await desk.get(order.id)
        assert found.status is (Status.DRAFT if number % 2 else Status.PENDING)
        assert [item.product_id for item in found.order_items] == [line.product_id for line in order.lines]


async def test_the_history_begins_with_the_acceptance(desk: Desk) -> None:
    order_id = await desk.accepted()

    (entry,) = await desk.timeline(order_id)

    assert (entry.room, entry.kind) == ("order", "order.accepted")
    assert entry.detail == {"status": "PENDING", "total": 700, "currency": "EUR"}


async def test_an_id_is_accepted_once(desk: Desk) -> None:
    new = new_order()
    await desk.accept(new)

    with pytest.raises(IntegrityError, match="order_pkey"):
        await desk.accept(new_order(), new)


async def test_nothing_to_accept_is_nothing_to_do(desk: Desk) -> None:
    await desk.accept()


async def test_an_unknown_order_is_not_found(desk: Desk) -> None:
    async with desk.database.transaction() as tx:
        assert await views.get(tx, uuid7()) is None
        assert await views.timeline(tx, uuid7()) == []
