import asyncio
import signal
from contextlib import AsyncExitStack
from pathlib import Path

from sqlalchemy import text

from tests.integration.gateway.door import Door
from tests.integration.gateway.following import Gateway, gateway
from tests.support.waiting import eventually
from workers.runtime.database import Database
from workers.runtime.settings import Settings

_CONNECTIONS = text("""
    SELECT application_name AS name, count(*) AS open FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'orderfleet gateway%' GROUP BY 1
""")


async def test_silence_has_a_heartbeat(door: Door, settings: Settings, tmp_path: Path) -> None:
    order = (await door.order())["id"]
    async with gateway(settings, tmp_path, events_heartbeat_seconds=0.3) as running, running.follow(order) as stream:
        await stream.take(1)
        began = asyncio.get_running_loop().time()
        async with asyncio.timeout(5):
            beats = [await stream.next() for _ in range(3)]
        assert {event.name for event in beats} <= {"", "message.waiting"}
        assert asyncio.get_running_loop().time() - began > 0.5


async def test_five_hundred_listeners_cost_two_handfuls_of_connections(
    door: Door, first: Gateway, database: Database
) -> None:
    wish = await door.wish()
    orders = [(await door.created("/orders", wish))["id"] for _ in range(100)]
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(first.follow(orders[n % 100])) for n in range(500)]
        for stream in opened:
            await stream.take(1)
        await asyncio.gather(*(door.http.delete(f"/orders/{order}") for order in orders))
        events = await asyncio.gather(*(stream.take(1) for stream in opened))
        assert {event.name for [event] in events} == {"order.cancellation_requested"}
        async with database.transaction() as tx:
            connections = {row.name: int(row.open) for row in await tx.execute(_CONNECTIONS)}
    assert connections.pop("orderfleet gateway listen") == 1
    assert sum(connections.values()) <= 20, "ten of each process: that of the door, and that of the listeners"
    assert await first.timeline(orders[0])


async def test_clients_that_vanish_without_reading_leave_nothing_behind(door: Door, first: Gateway) -> None:
    order = (await door.order())["id"]
    request = f"GET /orders/{order}/events HTTP/1.1\r\nHost: gateway\r\n\r\n".encode()

    async def followers() -> float:
        metrics = (await first.http.get("/metrics")).text
        return float(metrics.partition("\norderfleet_gateway_followers ")[2].partition("\n")[0])

    async def are(count: int) -> bool:
        return await followers() == count

    writers = [(await asyncio.open_connection("127.0.0.1", first.process.port))[1] for _ in range(40)]
    for writer in writers:
        writer.write(request)
    await eventually(lambda: are(40), what="forty followers")
    for writer in writers[:20]:
        writer.transport.abort()
    await eventually(lambda: are(20), what="twenty followers")
    for writer in writers[20:]:
        writer.close()
    await eventually(lambda: are(0), what="no followers")


async def test_a_stopping_gateway_sends_its_listeners_home(door: Door, first: Gateway) -> None:
    order = (await door.order())["id"]
    async with first.follow(order) as stream:
        await stream.take(1)
        began = asyncio.get_running_loop().time()
        first.process.signal(signal.SIGTERM)
        await stream.rest(seconds=5)
    await first.process.ended(seconds=5)
    assert asyncio.get_running_loop().time() - began < 5


async def test_a_lost_connection_is_made_again(door: Door, first: Gateway, database: Database) -> None:
    order = (await door.order())["id"]
    cut = text("""
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = :name AND datname = current_database()
    """)
    name = "orderfleet gateway listen"

    async def listens() -> bool:
        async with database.transaction() as tx:
            return any(row.name == name for row in await tx.execute(_CONNECTIONS))

    async with first.follow(order) as stream:
        await stream.take(1)
        await eventually(listens)
        async with database.transaction() as tx:
            await tx.execute(cut, {"name": name})
        await door.http.delete(f"/orders/{order}")
        assert [event.name for event in await stream.take(1)] == ["order.cancellation_requested"]
        await eventually(listens)
