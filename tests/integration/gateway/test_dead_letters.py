"""Dead letters over HTTP, to the letter of the contract."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from uuid_utils.compat import uuid7

from messages.payment import PaymentFailed
from messages.post.envelope import Envelope, enclose
from tests.integration.gateway.door import Door, problem
from tests.support.burying import FIRST_FAILED, letter, write
from workers.runtime.database import Database

QUEUE = "Stock_PaymentFailed"
FIELDS = {
    "id",
    "queue",
    "type",
    "orderId",
    "reason",
    "error",
    "worker",
    "attempts",
    "firstFailedAt",
    "lastFailedAt",
    "body",
}


def failed(order_id: UUID | None = None) -> Envelope:
    return enclose(PaymentFailed(order_id=order_id or uuid4(), reason="declined"), said_by="payment")


async def replay(door: Door, **body: Any) -> httpx.Response:
    return await door.http.post("/dead-letters/replay", json={"queue": QUEUE, **body})


async def drop(door: Door, **body: Any) -> httpx.Response:
    return await door.http.request("DELETE", "/dead-letters", json={"queue": QUEUE, **body})


async def test_a_list_shows_letters_and_groups(door: Door, database: Database) -> None:
    message = failed()
    [id_] = await write(database, letter(QUEUE, message, error=f"KeyError: {message.subject}"))
    await write(database, letter("Order_StockReserved", body=b"\xff no JSON"))
    whole = await door.get("/dead-letters")
    assert set(whole) == {"items", "groups", "nextCursor"}
    assert whole["groups"] == [
        {"queue": "Order_StockReserved", "error": "ValueError: no", "count": 1},
        {"queue": QUEUE, "error": "KeyError: #", "count": 1},
    ]
    other, item = whole["items"]
    assert set(item) == FIELDS
    assert item == {
        "id": str(id_),
        "queue": QUEUE,
        "type": "payment.failed",
        "orderId": str(message.subject),
        "reason": "exhausted",
        "error": f"KeyError: {message.subject}",
        "worker": "stock@here:7",
        "attempts": 6,
        "firstFailedAt": FIRST_FAILED.isoformat().replace("+00:00", "Z"),
        "lastFailedAt": (FIRST_FAILED + timedelta(seconds=756)).isoformat().replace("+00:00", "Z"),
        "body": json.loads(bytes(message.body)),
    }
    assert other["body"] == "\ufffd no JSON"
    narrowed = await door.get("/dead-letters", queue=QUEUE)
    assert (narrowed["items"], narrowed["groups"]) == ([item], whole["groups"][1:])
    assert (await door.get("/dead-letters", queue="Nobody_Knows"))["items"] == []


async def test_a_group_s_letters_are_listed_page_by_page(door: Door, database: Database) -> None:
    mixed = [letter(QUEUE, error=f"KeyError: {number}" if number % 2 else f"no {uuid7()}") for number in range(6)]
    odd = [str(id_) for id_ in await write(database, *mixed)][::-2]
    first = await door.get("/dead-letters", queue=QUEUE, error="KeyError: #", limit=2)
    rest = await door.get("/dead-letters", queue=QUEUE, error="KeyError: #", limit=2, cursor=first["nextCursor"])
    assert [item["id"] for item in first["items"] + rest["items"]] == odd
    assert sorted(group["error"] for group in rest["groups"]) == ["KeyError: #", "no #"]
    assert (await door.get("/dead-letters", error="no letter died of this"))["items"] == []


async def test_pages_go_on_and_looking_changes_nothing(door: Door, database: Database) -> None:
    ids = await write(database, *(letter(QUEUE) for _ in range(5)))
    first = await door.get("/dead-letters", limit=3)
    second = await door.get("/dead-letters", limit=3, cursor=first["nextCursor"])
    assert [item["id"] for item in first["items"] + second["items"]] == [str(id_) for id_ in sorted(ids, reverse=True)]
    assert second["nextCursor"] is None
    for _ in range(50):
        assert await door.get("/dead-letters", limit=3) == first


@pytest.mark.parametrize("query", [{"limit": 0}, {"cursor": "x"}, {"queue": ""}, {"queue": "a\0b"}, {"error": "\0"}])
async def test_a_query_that_makes_no_sense_is_400(door: Door, query: dict[str, Any]) -> None:
    errors = problem(await door.http.get("/dead-letters", params=query), 400)
    assert set(errors) == {f"/{name}" for name in query}


async def test_one_letter_shows_everything(door: Door, database: Database) -> None:
    [id_] = await write(database, letter(QUEUE, failed()))
    await drop(door, ids=[str(id_)], by="ada", why="a test order")
    shown = await door.get(f"/dead-letters/{id_}")
    assert set(shown) > FIELDS
    assert (shown["exception"], shown["host"], shown["status"]) == ("ValueError", "here", "dropped")
    assert shown["traceback"] == [
        "workers/stock/handlers.py:31 reserve",
        "workers/runtime/handling.py:97 _together",
    ]
    [action] = shown["actions"]
    assert (action["kind"], action["by"], action["why"]) == ("drop", "ada", "a test order")
    problem(await door.http.get(f"/dead-letters/{uuid7()}"), 404)
    problem(await door.http.get("/dead-letters/seven"), 400)


async def test_the_timeline_says_who_did_what_and_why(door: Door, database: Database) -> None:
    order = UUID((await door.order())["id"])
    first, second, by_the_broker = (failed(order) for _ in range(3))
    ids = await write(database, letter(QUEUE, first), letter(QUEUE, second))
    await write(database, letter(QUEUE, by_the_broker, worker=None, reason="delivery_limit"))
    await replay(door, ids=[str(ids[0])], by="ada", why="the data is mended")
    await drop(door, ids=[str(ids[1])], by="bob", why="it is there twice")
    items = (await door.get(f"/orders/{order}/timeline"))["items"]
    told = {item["kind"]: item for item in items}
    assert told["letter.replayed"]["detail"] == {
        "queue": QUEUE,
        "type": "payment.failed",
        "by": "ada",
        "why": "the data is mended",
    }
    assert told["letter.replayed"]["messageId"] == str(first.message_id)
    assert told["letter.replayed"]["room"] == "stock"
    assert (told["letter.dropped"]["detail"]["by"], told["letter.dropped"]["messageId"]) == (
        "bob",
        str(second.message_id),
    )
    assert told["message.dead"]["detail"]["reason"] == "delivery_limit"
    waiting = [item["detail"].get("queue") for item in items if item["kind"] == "message.waiting"]
    assert waiting == [None, QUEUE], "what goes to one queue says to which"
