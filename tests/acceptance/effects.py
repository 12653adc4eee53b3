"""What is to be seen of a message, beside the message itself."""

from collections.abc import Awaitable, Callable
from typing import Any

from messages import Message
from tests.acceptance.stories import ADMIN, World
from tests.support.waiting import eventually

Effect = Callable[[World, str], Awaitable[object]]


def ends(status: str, reason: str | None = None) -> Effect:
    """See the order's end."""

    async def see(world: World, order: str) -> None:
        order_ = await world.ended(order)
        assert (order_["status"], order_["failureReason"]) == (status, reason)

    return see


def has(what: str, status: str) -> Effect:
    """See the order's payment, shipment or reservation."""
    return lambda world, order: world.of(what, order, status)


def tells(kind: str) -> Effect:
    """See an entry of the order's timeline."""

    async def see(world: World, order: str) -> None:
        async def is_told() -> bool:
            return kind in await world.kinds(order)

        await eventually(is_told, what=f"{kind} in the timeline of {order}", every=0.1)

    return see


def mails(template: str, by: str = "orderId") -> Effect:
    """See a mail arrive that was written for the order, or for the user."""

    async def see(world: World, about: str) -> None:
        async def has_arrived() -> bool:
            items = (await world.fleet.get(f"/notifications?{by}={about}"))["items"]
            sent = [each for each in items if (each["template"], each["status"]) == (template, "SENT")]
            return any((each["recipient"], each["subject"]) in world.box.mails for each in sent)

        await eventually(has_arrived, what=f"{template} about {about}", every=0.1)

    return see


def alerts(words: str) -> Effect:
    """See a mail arrive at the administrator's."""

    async def see(world: World, _: str) -> None:
        def has_arrived() -> bool:
            return any(to == ADMIN and words in subject for to, subject in world.box.mails)

        await eventually(has_arrived, what=f"an alert about {words} in {world.box.mails}")

    return see


def carries(type_: type[Message], **body: Any) -> Effect:
    """Hear, as somebody who subscribed, what is in the message."""
    return lambda world, about: world.subscriber.hears(type_.type(), about, **body)
