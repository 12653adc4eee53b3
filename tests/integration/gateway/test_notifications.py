from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from uuid_utils.compat import uuid7

from messages.account import UserRegistered
from messages.order import OrderCreated
from messages.stock import StockLow
from tests.integration.gateway.door import Door, problem
from tests.support.notifying import Notifying, created, journey
from workers.notification.postman import Postman
from workers.runtime.database import Database
from workers.runtime.settings import Settings

_SENT = text("""
    UPDATE notification.notification SET status = 'SENT', attempts = 1, sent_at = now() WHERE id = :id
""")


@pytest.fixture
def notifying(database: Database, settings: Settings) -> Notifying:
    named = replace(settings, admin_email="admin@example.com")
    return Notifying(database, named, Postman(named))


async def of_every_kind(notifying: Notifying) -> OrderCreated:
    """Tell of an order, its user, and what runs out; return what was said of the order."""
    message = created(uuid7())
    user = message.customer
    await notifying.hear(UserRegistered(user_id=user.user_id, name=user.name, email=user.email))
    await notifying.hear(message)
    await notifying.hear(StockLow(product_id=uuid7(), sku=None, name="Tea", available=3, threshold=5))
    await notifying.hear(created(uuid7()))
    return message


async def resend(door: Door, notification: dict[str, Any]) -> dict[str, Any]:
    answer = await door.http.post(f"/notifications/{notification['id']}/resend")
    assert answer.status_code == 202, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def test_a_notification_has_the_shape_of_the_contract(door: Door, notifying: Notifying) -> None:
    message = await of_every_kind(notifying)
    [shown] = (await door.get("/notifications", orderId=str(message.order_id)))["items"]
    assert set(shown) == {
        *("id", "orderId", "userId", "template", "channel", "recipient", "subject", "body", "status", "attempts"),
        *("createdAt", "sentAt"),
    }
    assert (shown["orderId"], shown["userId"]) == (str(message.order_id), str(message.customer.user_id))
    assert (shown["template"], shown["channel"], shown["status"]) == ("order_confirmation", "EMAIL", "PENDING")
    assert (shown["recipient"], shown["attempts"], shown["sentAt"]) == ("zoe@example.com", 0, None)


async def test_a_list_shows_everything_newest_first_or_what_was_asked_for(door: Door, notifying: Notifying) -> None:
    message = await of_every_kind(notifying)
    user, order = str(message.customer.user_id), str(message.order_id)

    async def templates(**query: str) -> list[str]:
        return [item["template"] for item in (await door.get("/notifications", **query))["items"]]

    assert await templates() == ["order_confirmation", "stock_low", "order_confirmation", "welcome"]
    assert await templates(userId=user) == ["order_confirmation", "welcome"]
    assert await templates(orderId=order) == await templates(orderId=order, userId=user) == ["order_confirmation"]
    assert await templates(orderId=order, userId=str(uuid4())) == []
    assert await templates(orderId=user) == []
    [alert] = [item for item in (await door.get("/notifications"))["items"] if item["template"] == "stock_low"]
    assert (alert["orderId"], alert["userId"], alert["recipient"]) == (None, None, "admin@example.com")


async def test_pages_stay_right_while_notifications_are_added(door: Door, notifying: Notifying) -> None:
    order = uuid7()
    for message in journey(order):
        await notifying.hear(message)
    first = await door.get("/notifications", limit=2, orderId=str(order))
    await notifying.hear(created(uuid7()))
    second = await door.get("/notifications", limit=2, orderId=str(order), cursor=first["nextCursor"])
    seen = [item["template"] for item in first["items"] + second["items"]]
    assert seen == ["order_delivered", "order_shipped", "payment_confirmation", "order_confirmation"]
    assert second["nextCursor"] is None


@pytest.mark.parametrize("query", ["orderId=1", "userId=%00", "limit=0", "limit=201", "cursor=x"])
async def test_what_cannot_be_a_value_is_400(door: Door, query: str) -> None:
    assert list(problem(await door.http.get(f"/notifications?{query}"), 400)) == [f"/{query.partition('=')[0]}"]


async def test_what_was_sent_is_to_be_sent_once_more(door: Door, notifying: Notifying, database: Database) -> None:
    message = await of_every_kind(notifying)
    [before] = (await door.get("/notifications", orderId=str(message.order_id)))["items"]
    async with database.transaction() as tx:
        await tx.execute(_SENT, {"id": UUID(before["id"])})
    answers = [await resend(door, before) for _ in range(3)]
    assert {(answer["status"], answer["attempts"], answer["sentAt"] is None) for answer in answers} == {
        ("PENDING", 1, False)
    }
    assert len([mail for mail in await notifying.take() if str(mail.subject) == before["id"]]) == 1
    assert (await door.get("/notifications", orderId=str(message.order_id)))["items"][0]["status"] == "PENDING"


async def test_one_that_is_not_there_is_404_and_what_is_no_id_400(door: Door) -> None:
    assert problem(await door.http.post(f"/notifications/{uuid4()}/resend"), 404) == {}
    assert problem(await door.http.post("/notifications/1/resend"), 400) == {"/id": "Invalid UUID"}
    assert problem(await door.http.get(f"/notifications/{uuid4()}/resend"), 405) == {}
