"""Stock lives in a database of its own: the fleet does what it does with one, and each row stands where it should."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import text

from ops.audit import opened
from ops.local.ports import free_port
from tests.support.auditing import impatient, violated
from tests.support.fresh import fresh_database
from tests.support.processes import EVERYTHING, Fleet, fleet
from tests.support.servers import Servers
from tests.support.shopping import Shop
from tests.support.subscribing import Subscriber
from tests.support.waiting import eventually
from workers.runtime.database import Database
from workers.runtime.settings import OPERATIONS, ROOMS, Settings

_SCHEMAS = (
    "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('public', 'information_schema')"
)
_UNSENT = "SELECT count(*) FROM post.outbox"
_HANDLED = "SELECT DISTINCT consumer FROM post.receipt"
ACCEPTED = 202


@pytest.fixture
async def apart(servers: Servers, vhost_url: str, tmp_path: Path) -> AsyncIterator[Fleet]:
    """A fleet whose stock room has moved out, on two databases that had nothing in them."""
    with fresh_database(servers) as home, fresh_database(servers) as elsewhere:
        settings = Settings(
            amqp_url=vhost_url,
            management_url=servers.management_url,
            database_url=home,
            stock_database_url=elsewhere,
            smtp_url=f"smtp://127.0.0.1:{free_port()}",
            heartbeat_seconds=5,
        )
        async with fleet(settings, tmp_path) as made:
            yield made


async def found(settings: Settings, room: str, statement: str) -> set[str]:
    database = Database(settings.room_database_url(room), connections=1)
    try:
        async with database.transaction() as tx:
            return {str(value) for value in (await tx.execute(text(statement))).scalars()}
    finally:
        await database.close()


async def is_left(shop: Shop, wanted: tuple[int, int]) -> bool:
    return await shop.stock() == wanted


async def cancelled(fleet: Fleet, shop: Shop) -> str:
    order = await shop.order(quantity=3)
    assert (await fleet.http.delete(f"/orders/{order}")).status_code == ACCEPTED
    return order


async def require_once(fleet: Fleet, path: str, body: dict[str, Any]) -> str:
    """Ask twice with one key, and get one thing."""
    headers = {"Idempotency-Key": uuid4().hex}
    answers = [await fleet.http.post(path, json=body, headers=headers) for _ in range(2)]
    made = {answer.json()["id"] for answer in answers}
    assert len(made) == 1, answers
    return str(made.pop())


async def require_whole_story(fleet: Fleet, order: str) -> None:
    """What stock did stands in the timeline and in the stream, between what the others did."""
    items = (await fleet.get(f"/orders/{order}/timeline"))["items"]
    assert {item["room"] for item in items} >= set(ROOMS) - {"account"}
    kinds = [item["kind"] for item in items]
    way = ["order.accepted", "reservation.held", "payment.charged", "payment.completed", "order.shipped"]
    assert [kind for kind in kinds if kind in way] == way
    streamed = (await fleet.http.get(f"/orders/{order}/events")).text
    assert all(f'"{kind}"' in streamed for kind in kinds)


async def require_clean_audit(settings: Settings) -> None:
    async with opened(impatient(settings)) as books:

        async def is_clean() -> bool:
            return await violated(books) == {}

        await eventually(is_clean, what="an audit without a finding")


async def test_the_journey_with_stock_elsewhere(apart: Fleet) -> None:
    apart.settings = msgspec.structs.replace(apart.settings, handling_seconds=1)
    await apart.start(*EVERYTHING)
    async with Subscriber.open(apart.settings.amqp_url) as subscriber:
        shop = await Shop.open(apart, stock=10)
        await subscriber.hears("product.created", shop.product)
        given_up = await cancelled(apart, shop)
        orders = {
            given_up: "CANCELLED",
            await shop.order(quantity=2): "DELIVERED",
            await shop.order(quantity=11): "FAILED",
            await shop.order(method="tok_declined"): "FAILED",
        }
        items = [{"productId": shop.product, "quantity": 1}]
        reservation = await require_once(apart, "/reservations", {"orderItems": items})
        orders[await require_once(apart, "/orders", {"userId": shop.user, "orderItems": items})] = "DELIVERED"
        assert await shop.all_ended(list(orders)) == orders
        assert (await apart.http.delete(f"/reservations/{reservation}")).is_success
        await subscriber.hears("stock.level_changed", shop.product, onHand=7, reserved=0)
    delivered = next(order for order, end in orders.items() if end == "DELIVERED")
    await require_whole_story(apart, delivered)
    await eventually(lambda: is_left(shop, (7, 0)), what="three sold, and nothing held")
    await require_clean_audit(apart.settings)
    assert (await apart.get("/audit"))["ok"]
    await require_rows_where_they_belong(apart.settings)


async def require_rows_where_they_belong(settings: Settings) -> None:
    assert await found(settings, "stock", _SCHEMAS) == {"post", "stock"}
    assert await found(settings, "order", _SCHEMAS) == {"post", OPERATIONS, *ROOMS} - {"stock"}
    assert {consumer.partition("_")[0] for consumer in await found(settings, "stock", _HANDLED)} == {"Stock"}
    assert "Stock" not in {consumer.partition("_")[0] for consumer in await found(settings, "order", _HANDLED)}
    assert await found(settings, "stock", _UNSENT) == await found(settings, "order", _UNSENT) == {"0"}
