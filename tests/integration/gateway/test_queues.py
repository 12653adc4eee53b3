"""Pausing a queue over HTTP, and resuming it."""

from typing import Any

import pytest

from gateway.app import create_app
from tests.integration.gateway.door import Door, open_door, problem
from workers.runtime.settings import Settings

QUEUE = "Stock_OrderCreated"
PAUSE, RESUME = f"/queues/{QUEUE}/pause", f"/queues/{QUEUE}/resume"


async def paused(door: Door) -> dict[str, Any]:
    return {each["name"]: each["pause"] for each in (await door.get("/fleet"))["queues"] if each["paused"]}


async def done(door: Door, path: str, body: Any = None) -> Any:
    answer = await (door.http.post(path) if body is None else door.http.post(path, json=body))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_pause_is_shown_with_who_wanted_it_and_ends_with_a_resume(door: Door) -> None:
    assert await paused(door) == {}
    state = await done(door, PAUSE, {"by": "ada", "why": "a look"})
    assert (state["name"], state["paused"]) == (QUEUE, True)
    assert (state["pause"]["by"], state["pause"]["why"]) == ("ada", "a look")
    assert await paused(door) == {QUEUE: state["pause"]}
    assert await done(door, RESUME) == {"name": QUEUE, "paused": False, "pause": None}
    assert await paused(door) == {}


async def test_asking_twice_is_asking_once(door: Door) -> None:
    first = await done(door, PAUSE)
    assert first["pause"]["by"].startswith("http@")
    assert await done(door, PAUSE, {}) == first
    again = await done(door, PAUSE, {"why": "a look"})
    assert again["pause"] == {**first["pause"], "why": "a look"}
    assert await done(door, RESUME, {"by": "ada"}) == await done(door, RESUME)


async def test_the_document_says_that_nobody_has_to_sign(door: Door) -> None:
    document = await door.get("/openapi.json")
    bodies = [document["paths"][f"/queues/{{name}}/{step}"]["post"]["requestBody"] for step in ("pause", "resume")]
    assert [body["required"] for body in bodies] == [False, False]
    assert "minProperties" not in document["components"]["schemas"]["Sign"]


@pytest.mark.parametrize(
    "path", ["/queues/Stock_Nothing/pause", "/queues/retry.1s/resume", f"/queues/{QUEUE}.dead/pause"]
)
async def test_a_queue_that_no_room_has_is_not_found(door: Door, path: str) -> None:
    problem(await door.http.post(path), 404)


@pytest.mark.parametrize(
    ("body", "pointer"), [({"who": "ada"}, ""), ({"by": ""}, "/by"), ({"why": 7}, "/why"), ([], "")]
)
async def test_a_body_that_says_something_else_is_refused(door: Door, body: Any, pointer: str) -> None:
    assert any(at.startswith(pointer) for at in problem(await door.http.post(PAUSE, json=body), 400))
    problem(await door.http.post(RESUME, content=b"{"), 400)


async def test_without_its_database_nothing_is_paused() -> None:
    settings = Settings(database_url="postgresql://nobody@127.0.0.1:1/nothing", amqp_url="amqp://127.0.0.1:1/")
    async with open_door(create_app(settings)) as door:
        problem(await door.http.post(PAUSE), 503)
