from typing import Any
from uuid import uuid4

import pytest

from tests.integration.gateway.door import Door, problem


async def test_an_agent_is_added_and_shown_again(door: Door) -> None:
    agent = await door.created("/agents", {"name": " Grace ", "phone": "+44 20 7946 0002"})
    assert {**agent, "id": "", "createdAt": ""} == {
        "id": "",
        "name": "Grace",
        "phone": "+44 20 7946 0002",
        "busy": 0,
        "createdAt": "",
    }
    assert await door.get(f"/agents/{agent['id']}") == agent
    assert (await door.get("/agents"))["items"] == [agent]


async def test_agents_are_listed_newest_first_page_by_page(door: Door) -> None:
    added = [await door.created("/agents", {"name": f"agent {n}"}) for n in range(3)]
    page = await door.get("/agents", limit=2)
    assert page["items"] == added[:0:-1]
    await door.created("/agents", {"name": "late"})
    assert await door.get("/agents", limit=2, cursor=page["nextCursor"]) == {"items": added[:1], "nextCursor": None}


MALFORMED: list[tuple[Any, list[str]]] = [
    ({}, ["/name"]),
    ({"name": " "}, ["/name"]),
    ({"name": "a\x00b"}, ["/name"]),
    ({"name": "a" * 201}, ["/name"]),
    ({"name": 7}, ["/name"]),
    ({"name": "Ada", "phone": "call me"}, ["/phone"]),
    ({"name": "Ada", "busy": 3}, ["/busy"]),
    ([], [""]),
]


async def test_a_malformed_agent_is_pointed_at(door: Door, subtests: pytest.Subtests) -> None:
    for body, pointers in MALFORMED:
        with subtests.test(str(body)[:40]):
            assert list(problem(await door.http.post("/agents", json=body), 400)) == pointers
    assert (await door.get("/agents"))["items"] == []


async def test_the_list_minds_its_limit_and_cursor(door: Door) -> None:
    assert list(problem(await door.http.get("/agents?limit=0"), 400)) == ["/limit"]
    assert list(problem(await door.http.get("/agents?cursor=x"), 400)) == ["/cursor"]


async def test_an_unknown_agent_is_404_and_a_malformed_id_400(door: Door) -> None:
    assert problem(await door.http.get(f"/agents/{uuid4()}"), 404) == {}
    assert problem(await door.http.get("/agents/ada"), 400) == {"/id": "Invalid UUID"}
