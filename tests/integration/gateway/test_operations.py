import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gateway.app import create_app
from gateway.problems import from_exception
from ops.migrate import upgrade
from tests.integration.gateway.door import Door, open_door, problem
from tests.support.servers import Servers, private_postgres
from tests.support.waiting import eventually
from workers.runtime.database import Database
from workers.runtime.settings import ROOMS, Settings

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


async def test_the_process_says_that_it_lives(door: Door) -> None:
    assert await door.get("/health/live") == {"status": "up"}


async def test_without_a_broker_it_is_degraded_and_takes_orders(door: Door) -> None:
    ready = await door.get("/health/ready")
    assert ready == {"status": "degraded", "databases": dict.fromkeys(ROOMS, "up"), "broker": "down"}
    assert (await door.order())["status"] == "PENDING"


async def test_with_everything_it_is_up(fleet_settings: Settings) -> None:
    async with open_door(create_app(fleet_settings)) as door:
        ready = await door.get("/health/ready")
    assert (ready["status"], ready["broker"]) == ("up", "up")


async def test_the_room_whose_database_is_gone_is_named(database_url: str) -> None:
    settings = Settings(database_url=database_url, payment_database_url=NOWHERE, amqp_url="amqp://127.0.0.1:1/")
    async with open_door(create_app(settings)) as door:
        answer = await door.http.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json()["status"] == "down"
        assert [room for room, state in answer.json()["databases"].items() if state == "down"] == ["payment"]
        assert (await door.order())["status"] == "PENDING"
        problem(await door.http.get("/payments"), 503)


async def test_an_outage_of_the_database_is_503_and_passes_by_itself() -> None:
    with private_postgres("gateway-outage") as server:
        settings = Settings(database_url=server.url, amqp_url="amqp://127.0.0.1:1/")
        upgrade(settings)
        async with open_door(create_app(settings)) as door:
            wish = await door.wish()
            server.kill()
            for answer in (await door.http.post("/orders", json=wish), await door.http.get("/orders")):
                problem(answer, 503)
                assert int(answer.headers["retry-after"]) > 0
            server.start()

            async def taken() -> bool:
                return (await door.http.post("/orders", json=wish)).status_code == 201

            await eventually(taken, what="an order to be taken again")


async def test_a_query_that_takes_too_long_is_503(database: Database) -> None:
    with pytest.raises(DBAPIError) as caught:
        await dawdle(database)
    assert from_exception(caught.value).status_code == 503


async def dawdle(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(text("SET LOCAL statement_timeout = 10"))
        await tx.execute(text("SELECT pg_sleep(5)"))


async def test_rooms_may_live_on_databases_of_their_own(
    door: Door, database_url: str, settings: Settings, servers: Servers
) -> None:
    other = f"{database_url}_elsewhere"
    with psycopg.connect(servers.postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{other.rpartition("/")[2]}"'.encode())
    apart = Settings(
        database_url=database_url, stock_database_url=other, account_database_url=other, amqp_url=settings.amqp_url
    )
    upgrade(apart)
    try:
        async with open_door(create_app(apart)) as split:
            order = await split.order()
            assert await split.get(f"/orders/{order['id']}") == order
            assert (await split.get(f"/orders/{order['id']}/timeline"))["items"]
            assert (await split.get("/products"))["items"]
            assert (await door.get("/products"))["items"] == []
    finally:
        with psycopg.connect(servers.postgres_url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{other.rpartition("/")[2]}" WITH (FORCE)'.encode())


async def test_metrics_count_requests_by_route(door: Door) -> None:
    await door.get("/users")
    answer = await door.http.get("/metrics")
    assert answer.status_code == 200
    assert (
        'orderfleet_http_requests_total{app_name="gateway",method="GET",path="/users",status_code="200"}' in answer.text
    )
