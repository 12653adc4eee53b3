"""The relay's process: one carrier for every database that a room lives in."""

import asyncio
import os
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from messages.post.outbox import CHANNEL
from workers.relay.carrier import Carrier
from workers.relay.cleaner import Cleaner, Rule
from workers.runtime import lifecycle
from workers.runtime.broker import Link
from workers.runtime.database import Database
from workers.runtime.health import Checks, serving
from workers.runtime.lifecycle import Stop
from workers.runtime.listening import listen
from workers.runtime.office import Office
from workers.runtime.publisher import Publisher
from workers.runtime.settings import Settings
from workers.runtime.tasks import release
from workers.runtime.waiting import Waiting, waits_of

CONNECTIONS = 4
"""To carry, to hold a bite meanwhile, to clean, and one to spare."""


Rules = Callable[[str], Sequence[Rule]]
"""Tells what is cleaned in the database at a URL."""


def no_rules(_: str) -> Sequence[Rule]:
    """Say that nothing is cleaned."""
    return ()


def run(settings: Settings, *, heard: frozenset[str], rules: Rules) -> int:
    """Relay until told to end, and return the exit code.

    ``heard`` names the types that somebody listens to, and ``rules`` what is forgotten in the background.
    """
    return lifecycle.run(lambda stop: relay(settings, heard, stop, rules), settings, "relay")


async def relay(settings: Settings, heard: frozenset[str], stop: Stop, rules: Rules = no_rules) -> None:
    """Carry every outbox to the broker until ``stop``, and clean behind."""
    name = f"relay@{socket.gethostname()}:{os.getpid()}"
    link = Link(settings.amqp_urls, name=name, heartbeat=settings.heartbeat_seconds)
    publisher = Publisher(link, heard=heard, window=settings.publish_window)
    databases = {url: Database(url, connections=CONNECTIONS, name=name) for url in settings.database_urls()}
    woken = {url: asyncio.Event() for url in databases}
    carriers = [Carrier(database, publisher, settings, woken[url]) for url, database in databases.items()]
    cleaners = [Cleaner(database, rules(url), every=settings.cleaning_seconds) for url, database in databases.items()]
    background: list[asyncio.Task[None]] = [
        asyncio.create_task(publisher.run(), name="publisher"),
        *(asyncio.create_task(_listen(url, event), name="listening") for url, event in woken.items()),
        *(asyncio.create_task(cleaner.run(), name="cleaner") for cleaner in cleaners),
    ]
    lifecycle.expect_to_last(background, stop)
    checks: Checks = {"publisher": lambda: link.down_since is None}
    background.append(asyncio.create_task(lifecycle.watch(checks, stop, patience=settings.watchdog_seconds)))
    waits = partial(_waits, link, carriers)
    async with serving(settings, checks, waits), Office(settings, "relay", name=name, waits=waits).manned():
        await _until(stop, carriers, databases.values(), settings.drain_seconds)
    await release(background, *databases.values())
    await link.close()
    for database in databases.values():
        await database.close()


async def _until(stop: Stop, carriers: list[Carrier], databases: Collection[Database], drain_seconds: float) -> None:
    tasks = [asyncio.create_task(carrier.run(), name="carrier") for carrier in carriers]
    lifecycle.expect_to_last(tasks, stop)
    await stop.wait()
    for carrier in carriers:
        carrier.stop()
    _, late = await asyncio.wait(tasks, timeout=drain_seconds)
    if late:
        await release(late, *databases)


def _waits(link: Link, carriers: Sequence[Carrier]) -> Mapping[str, Waiting]:
    return waits_of({"outbox": next((carrier.waiting for carrier in carriers if carrier.waiting), link.waiting)})


async def _listen(url: str, woken: asyncio.Event) -> None:
    """Wake the carrier whenever something was put into the outbox; it polls while there is no connection."""
    await listen(url, CHANNEL, lambda _: woken.set(), name="relay listen")
