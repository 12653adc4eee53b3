"""A message that kills whoever handles it: real processes, which a supervisor would start again and again."""

import functools
import signal
from pathlib import Path

from tests.support.broker import Broker
from tests.support.burying import collecting, kept
from tests.support.exiting import EXIT_CODE, KILLER, deadly
from tests.support.processes import Process
from tests.support.toy import effects, ping, prepare
from tests.support.waiting import eventually
from workers.runtime.database import Database
from workers.runtime.settings import Settings
from workers.runtime.verdict import MOST_RETURNS

QUEUE = "Toy_Ping"


async def test_a_message_that_kills_its_worker_ends_in_the_dead_queue_and_takes_nobody_along(
    database: Database, fleet_settings: Settings, broker: Broker, tmp_path: Path
) -> None:
    await prepare(database, fleet_settings, deadly())
    killer = ping(KILLER)
    await broker.send(*(ping() for _ in range(10)), killer, *(ping() for _ in range(30)))
    for _ in range(MOST_RETURNS + 3):
        worker = Process("toy", ("-m", "tests.support.exiting"), fleet_settings, tmp_path / "toy.log")
        await eventually(functools.partial(ended_or_done, worker, database, broker), what="an end", every=0.1)
        if worker.is_running:
            break
        assert await worker.ended() == EXIT_CODE, worker.said()[-3000:]
    assert worker.is_running, worker.said()[-3000:]
    worker.signal(signal.SIGTERM)
    assert await worker.ended() == 0
    async with collecting(fleet_settings, f"{QUEUE}.dead"):
        [letter] = await kept(database, 1)
    assert (letter.message_id, letter.reason) == (killer.message_id, "crashing")
    assert len(set(await effects(database))) == 40


async def ended_or_done(worker: Process, database: Database, broker: Broker) -> bool:
    if not worker.is_running:
        return True
    return await broker.depth(f"{QUEUE}.dead") + len(await effects(database)) == 41
