"""What is away is waited for: the fleet says so, nothing is given up, and everything goes on by itself."""

from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import text

from tests.support.processes import EVERYTHING, Fleet, mail_server
from tests.support.shopping import Shop
from tests.support.waiting import eventually
from workers.runtime.database import Database


async def waits(running: Fleet, room: str) -> list[dict[str, Any]]:
    processes = (await running.get("/fleet"))["processes"]
    return [wait for each in processes if each["room"] == room for wait in each["waiting"]]


async def test_mails_wait_for_a_mail_server_that_is_away(running: Fleet, database: Database) -> None:
    await running.start(*EVERYTHING)
    shop = await Shop.open(running)
    order = await shop.order()

    async def told() -> list[dict[str, Any]]:
        return [wait for wait in await waits(running, "notification") if wait["what"] == "mail server"]

    [wait, *_] = await eventually(told, what="the mail server to be missed", every=0.5)
    assert "the mail server cannot be reached" in wait["error"] or "Connect" in wait["error"]
    assert (await shop.ended(order))["status"] == "DELIVERED"
    async with mail_server(urlsplit(running.settings.smtp_url).port or 0) as box:
        await eventually(lambda: len(box.mails) >= 4, what="four mails", seconds=60)
        await eventually(lambda: _nothing_waits(running), what="the fleet to know", every=0.5)
    async with database.transaction() as tx:
        ends = await tx.execute(text("SELECT DISTINCT status FROM notification.notification"))
        assert set(ends.scalars()) == {"SENT"}


async def _nothing_waits(running: Fleet) -> bool:
    return not await waits(running, "notification")
