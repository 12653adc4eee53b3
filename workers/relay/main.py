"""The relay's process: one carrier for every database that a room lives in."""

import asyncio
import os
import socket

from messages.post.outbox import CHANNEL
from workers.relay.carrier import Carrier
from workers.runtime import lifecycle
from workers.runtime.broker import Link
from workers.runtime.database import Database
from workers.runtime.health import Checks, serving
from workers.runtime.lifecycle import Stop
from workers.runtime.listening import listen
from workers.runtime.publisher import Publisher
from workers.runtime.settings import Settings


def run(settings: Settings, *, heard: frozenset[str]) -> int:
    """Relay until told to end, and return the exit code. ``heard`` names the types that somebody listens to."""
    return lifecycle.run(lambda stop: relay(settings, heard, stop), settings, "relay")


async def relay(settings: Settings, heard: frozenset[str], stop: Stop) -> None:
    """Carry every outbox to the broker until ``stop``."""
    name = f"relay@{socket.gethostname()}:{os.getpid()}"
    link = Link(settings.amqp_urls, name=name, heartbeat=settings.heartbeat_seconds)
    publisher = Publisher(link, heard=heard, window=settings.publish_window)
    databases = {url: Database(url, connections=2, name=name) for url in settings.database_urls()}
    woken = {url: asyncio.Event() for url in databases}
    carriers = [Carrier(database, publisher, settings, woken[url]) for url, database in databases.items()]
    background: list[asyncio.Task[None]] = [
        asyncio.create_task(publisher.run(), name="publisher"),
        *(asyncio.create_task(_listen(url, event), name="listening") for url, event in woken.items()),
    ]
    lifecycle.expect_to_last(background, stop)
    checks: Checks = {"publisher": lambda: link.down_since is None}
    background.append(asyncio.create_task(lifecycle.watch(checks, stop, patience=settings.watchdog_seconds)))
    async with serving(settings, checks):
        await _until(stop, carriers, settings.drain_seconds)
    for task in background:
        task.cancel()
    await asyncio.gather(*background, return_exceptions=True)
    await link.close()
    for database in databases.values():
        await database.close()


async def _until(stop: Stop, carriers: list[Carrier], drain_seconds: float) -> None:
    tasks = [asyncio.create_task(carrier.run(), name="carrier") for carrier in carriers]
    lifecycle.expect_to_last(tasks, stop)
    await stop.wait()
    for carrier in carriers:
        carrier.stop()
    _, late = await asyncio.wait(tasks, timeout=drain_seconds)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _listen(url: str, woken: asyncio.Event) -> None:
    """Wake the carrier whenever something was put into the outbox; it polls while there is no connection."""
    await listen(url, CHANNEL, lambda _: woken.set(), name="relay listen")
