"""Replaying and dropping dead letters over HTTP."""

from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from uuid_utils.compat import uuid7

from messages.payment import PaymentFailed
from messages.post import outbox
from messages.post.envelope import Envelope, enclose
from tests.integration.gateway.door import Door, problem
from tests.support.burying import letter, write
from tests.support.network import Network
from workers.runtime.database import Database
from workers.runtime.settings import Settings

QUEUE = "Stock_PaymentFailed"


def failed(order_id: UUID | None = None) -> Envelope:
    return enclose(PaymentFailed(order_id=order_id or uuid4(), reason="declined"), said_by="payment")


async def replay(door: Door, **body: Any) -> httpx.Response:
    return await door.http.post("/dead-letters/replay", json={"queue": QUEUE, **body})


async def drop(door: Door, **body: Any) -> httpx.Response:
    return await door.http.request("DELETE", "/dead-letters", json={"queue": QUEUE, **body})


async def sent(database: Database) -> list[Envelope | Any]:
    async with database.transaction() as tx:
        return [*(await outbox.lease(tx, limit=1000, seconds=0)).values()]


async def test_a_replay_answers_202_with_what_it_did(door: Door, database: Database) -> None:
    message = failed()
    [id_] = await write(database, letter(QUEUE, message))
    answer = await replay(door, ids=[str(id_)], why="mended")
    assert answer.status_code == HTTPStatus.ACCEPTED, answer.text
    assert answer.json() == {
        "dryRun": False,
        "items": [
            {
                "id": str(id_),
                "messageId": str(message.message_id),
                "orderId": str(message.subject),
                "outcome": "replayed",
                "detail": None,
            }
        ],
    }
    assert [(each.address, each.attempt) for each in await sent(database)] == [(QUEUE, 1)]
    assert (await door.get("/dead-letters"))["items"] == []
    shown = await door.get(f"/dead-letters/{id_}")
    assert (shown["status"], shown["actions"][0]["by"]) == ("replayed", "http@127.0.0.1")


async def test_a_replay_stops_at_the_first_that_nobody_handles(
    door: Door, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.dead_letters.PATIENCE", 0.3)
    await write(database, *(letter(QUEUE, failed()) for _ in range(4)))
    items = (await replay(door, limit=3)).json()["items"]
    assert [item["outcome"] for item in items] == ["not_handled_yet", "kept", "kept"]
    assert len(await sent(database)) == 1


async def test_a_group_is_chosen_whatever_its_error_is(door: Door, database: Database) -> None:
    await write(database, letter(QUEUE, failed(), error="boom \x1b[m\n" + "x" * 1500))
    [group] = (await door.get("/dead-letters"))["groups"]
    answer = await replay(door, error=group["error"])
    assert [each["outcome"] for each in answer.json()["items"]] == ["replayed"]


async def test_a_group_is_chosen_by_its_error(door: Door, database: Database) -> None:
    [one, _] = await write(
        database, letter(QUEUE, failed(), error="KeyError: 7"), letter(QUEUE, failed(), error="ValueError: 7")
    )
    items = (await replay(door, error="KeyError: #")).json()["items"]
    assert [item["id"] for item in items] == [str(one)]


async def test_a_dry_run_sends_nothing_and_says_what_would_happen(
    door: Door, database: Database, settings: Settings
) -> None:
    order = UUID((await door.order())["id"])
    async with Network(database, settings) as network:
        await network.relay()
        [(_, created)] = [each for each in network.about(order) if each[0] == "Stock_OrderCreated"]
    [id_] = await write(database, letter("Stock_OrderCreated", created))
    answer = await replay(door, queue="Stock_OrderCreated", dryRun=True)
    assert answer.status_code == HTTPStatus.ACCEPTED
    assert answer.json() == {
        "dryRun": True,
        "items": [
            {
                "id": str(id_),
                "messageId": str(created.message_id),
                "orderId": str(order),
                "orderStatus": "PENDING",
                "would": "handle",
                "announces": ["stock.reserved"],
                "asks": [],
                "error": None,
            }
        ],
    }
    assert await sent(database) == []
    assert len((await door.get("/dead-letters"))["items"]) == 1


async def test_a_drop_answers_200_and_says_who_and_why(door: Door, database: Database) -> None:
    first, second = await write(database, letter(QUEUE, failed()), letter(QUEUE, failed()))
    answer = await door.http.request(
        "DELETE", "/dead-letters", json={"queue": QUEUE, "ids": [str(first)], "why": "a test"}, headers={"By": "ada"}
    )
    assert answer.status_code == HTTPStatus.OK, answer.text
    [item] = answer.json()["items"]
    assert (item["id"], item["outcome"]) == (str(first), "dropped")
    [action] = (await door.get(f"/dead-letters/{first}"))["actions"]
    assert (action["by"], action["why"]) == ("ada", "a test")
    both = (await drop(door, ids=[str(first), str(second)])).json()["items"]
    assert [item["outcome"] for item in both] == ["not_dead", "dropped"]
    assert await sent(database) == []


async def test_what_was_settled_is_409(door: Door, database: Database) -> None:
    [id_] = await write(database, letter(QUEUE, failed()))
    await drop(door, ids=[str(id_)])
    for answer in (await drop(door, ids=[str(id_)]), await replay(door, ids=[str(id_)])):
        assert problem(answer, 409) == {"/ids/0": "It was dropped already"}


async def test_a_letter_of_another_queue_is_404(door: Door, database: Database) -> None:
    [id_] = await write(database, letter("Order_StockReserved"))
    problem(await replay(door, ids=[str(id_)]), 404)
    problem(await drop(door, ids=[str(uuid7())]), 404)
    problem(await replay(door, queue="Nobody_Knows"), 404)
    assert (await replay(door)).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/queue"),
        ({"queue": ""}, "/queue"),
        ({"queue": "a\0"}, "/queue"),
        ({"queue": QUEUE, "ids": ["seven"]}, "/ids"),
        ({"queue": QUEUE, "ids": []}, "/ids"),
        ({"queue": QUEUE, "limit": 0}, "/limit"),
        ({"queue": QUEUE, "all": True}, "/all"),
        ({"queue": QUEUE, "by": "a\0"}, "/by"),
    ],
)
async def test_a_body_that_makes_no_sense_is_400(door: Door, body: dict[str, Any], pointer: str) -> None:
    errors = problem(await door.http.post("/dead-letters/replay", json=body), 400)
    assert all(at.startswith(pointer) for at in errors)


async def test_a_drop_wants_ids(door: Door) -> None:
    assert set(problem(await drop(door), 400)) == {"/ids"}
