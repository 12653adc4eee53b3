"""An order travels the whole fleet: real processes, a real broker, a real database, real mail."""

from collections import Counter
from urllib.parse import urlsplit

from tests.support.processes import EVERYTHING, Fleet, mail_server
from tests.support.shopping import Shop
from tests.support.waiting import eventually


async def test_orders_of_every_kind_end_as_they_must(running: Fleet) -> None:
    await running.start(*EVERYTHING)
    async with mail_server(urlsplit(running.settings.smtp_url).port or 0) as box:
        shop = await Shop.open(running, stock=10)
        paid = await shop.order(quantity=2)
        declined = await shop.order(method="tok_declined")
        too_many = await shop.order(quantity=11)
        slow = await shop.order(method="tok_timeout")

        ends = {order: await shop.ended(order) for order in (paid, declined, too_many, slow)}
        assert {order: (end["status"], end["failureReason"]) for order, end in ends.items()} == {
            paid: ("DELIVERED", None),
            declined: ("FAILED", "payment_declined"),
            too_many: ("FAILED", "out_of_stock"),
            slow: ("DELIVERED", None),
        }
        await eventually(lambda: len(box.mails) >= 13, what="a welcome, and twelve mails about orders")
    subjects = Counter(subject.split(" ")[0] for _, subject in box.mails)
    assert sum(subjects.values()) == 13, box.mails
    assert subjects["Welcome,"] == 1
    await eventually(lambda: _is(shop, (7, 0)), what="the stock of three sold")


async def test_the_timeline_tells_the_whole_way_with_its_causes(running: Fleet) -> None:
    await running.start(*EVERYTHING)
    shop = await Shop.open(running)
    order = await shop.order()
    await shop.ended(order)
    items = (await running.get(f"/orders/{order}/timeline"))["items"]
    kinds = [item["kind"] for item in items]
    way = ["order.accepted", "reservation.held", "payment.charged", "payment.completed", "order.shipped"]
    assert [kind for kind in kinds if kind in way] == way
    assert [item["at"] for item in items] == sorted(item["at"] for item in items)
    completed = next(item for item in items if item["kind"] == "payment.completed")
    reserved = next(item for item in items if item["kind"] == "payment.charged")
    assert completed["causationId"] == reserved["messageId"]


async def test_two_buyers_of_the_last_one_and_nobody_gets_what_is_not_there(running: Fleet) -> None:
    await running.start(*EVERYTHING, "stock.2")
    shop = await Shop.open(running, stock=25)
    orders = await shop.orders(60)
    states = await shop.all_ended(orders)
    assert Counter(states.values()) == {"DELIVERED": 25, "FAILED": 35}
    await eventually(lambda: _is(shop, (0, 0)), what="an empty shelf")


async def _is(shop: Shop, wanted: tuple[int, int]) -> bool:
    return await shop.stock() == wanted
