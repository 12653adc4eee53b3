"""Waiting for the end of an outage."""

import asyncio

from workers.runtime.patience import Patience


async def test_a_probe_that_fails_is_asked_again() -> None:
    answers = iter([RuntimeError("cannot even ask"), False, True])

    async def probe() -> bool:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return bool(answer)

    assert await asyncio.wait_for(Patience(probe).for_a_while(), timeout=10)


async def test_the_end_of_the_worker_ends_the_wait() -> None:
    async def probe() -> bool:
        return False

    patience = Patience(probe)
    waiting = asyncio.create_task(patience.until_it_ends())
    await asyncio.sleep(0)
    patience.end()
    await asyncio.wait_for(waiting, timeout=5)
