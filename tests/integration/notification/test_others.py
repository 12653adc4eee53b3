"""What is not about an order: a welcome to each user, and an alert to the administrator at each crossing."""

from typing import Any

from msgspec.structs import replace
from uuid_utils.compat import uuid7

from messages.account import UserRegistered
from messages.stock import StockDepleted, StockLow
from tests.support.notifying import Notifying, created

ADMIN = "admin@example.com"


def registered(name: str = "Ada") -> UserRegistered:
    return UserRegistered(user_id=uuid7(), name=name, email="ada@example.com")


async def test_a_user_is_welcomed_once(notifying: Notifying, mailbox: Any) -> None:
    user, other = registered(), registered("Bo")
    await notifying.hear(user, other)
    await notifying.hear(user)
    assert await notifying.tick() == 2
    assert sorted(mail["Subject"] for mail in mailbox.mails) == ["Welcome, Ada", "Welcome, Bo"]
    [welcome] = await notifying.all(user_id=user.user_id)
    assert (welcome.template, welcome.order_id, welcome.user_id) == ("welcome", None, user.user_id)
    assert (welcome.recipient, welcome.status) == ("ada@example.com", "SENT")


async def test_a_user_s_list_holds_welcome_and_orders_newest_first(notifying: Notifying) -> None:
    user, order = registered(), uuid7()
    await notifying.hear(user)
    message = created(order)
    await notifying.hear(replace(message, customer=replace(message.customer, user_id=user.user_id)), created(uuid7()))
    assert [n.template for n in await notifying.all(user_id=user.user_id)] == ["order_confirmation", "welcome"]
    assert [n.order_id for n in await notifying.all(order_id=order)] == [order]
    assert await notifying.all(order_id=user.user_id) == [], "a user is no order"
    assert await notifying.told(user.user_id) == []


async def test_the_administrator_is_told_of_each_crossing(notifying: Notifying, mailbox: Any) -> None:
    notifying.settings = replace(notifying.settings, admin_email=ADMIN)
    product, crossings = uuid7(), [uuid7(), uuid7()]
    low = StockLow(product_id=product, sku="TEA-1", name="Tea", available=3, threshold=5)
    for crossing in [*crossings, crossings[0]]:
        await notifying.hear(low, ids=[crossing])
    await notifying.hear(StockDepleted(product_id=product, sku=None, name="Tea"))
    assert await notifying.tick() == 3
    assert sorted(mail["Subject"] for mail in mailbox.mails) == [
        "Out of stock: Tea",
        "Running low: Tea",
        "Running low: Tea",
    ]
    assert {(mail["To"], mail["Message-ID"].strip().partition(".")[0]) for mail in mailbox.mails} == {
        (ADMIN, "<stock_low"),
        (ADMIN, "<stock_depleted"),
    }
    for kind in ("plain", "html"):
        assert str(product) in mailbox.mails[0].get_body((kind,)).get_content()
    assert {(n.order_id, n.user_id, n.recipient) for n in await notifying.all()} == {(None, None, ADMIN)}


async def test_without_an_administrator_nothing_is_recorded(notifying: Notifying) -> None:
    await notifying.hear(StockLow(product_id=uuid7(), sku=None, name="Tea", available=3, threshold=5))
    await notifying.hear(StockDepleted(product_id=uuid7(), sku=None, name="Tea"))
    assert await notifying.all() == []
