"""Sets enter while there is room for all of them, in the order in which they came."""

import asyncio

from workers.runtime.window import Window


async def settled() -> None:
    """Let every task go as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


class Visitors:
    """Tasks that enter a window and stay until they are told to leave."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.inside: list[str] = []
        self._leave: dict[str, asyncio.Event] = {}
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, name: str, count: int) -> None:
        self._leave[name] = asyncio.Event()
        self.tasks.append(asyncio.create_task(self._visit(name, count)))
        await settled()

    async def _visit(self, name: str, count: int) -> None:
        async with self.window.entered(count):
            self.inside.append(name)
            await self._leave[name].wait()
            self.inside.remove(name)

    async def leave(self, *names: str) -> None:
        for name in names:
            self._leave[name].set()
        await settled()


async def test_sets_enter_while_there_is_room_for_all_of_them() -> None:
    visitors = Visitors(Window(10))
    await visitors.come("six", 6)
    await visitors.come("four", 4)
    await visitors.come("one", 1)
    assert visitors.inside == ["six", "four"]
    await visitors.leave("four")
    assert visitors.inside == ["six", "one"]
    await visitors.leave("six", "one")
    await asyncio.gather(*visitors.tasks)


async def test_a_large_set_is_not_overtaken_for_ever() -> None:
    visitors = Visitors(Window(10))
    await visitors.come("first", 5)
    await visitors.come("large", 10)
    await visitors.come("small", 1)
    assert visitors.inside == ["first"]
    await visitors.leave("first")
    assert visitors.inside == ["large"]
    await visitors.leave("large", "small")
    await asyncio.gather(*visitors.tasks)


async def test_whoever_gives_up_waiting_takes_no_room() -> None:
    visitors = Visitors(Window(2))
    await visitors.come("first", 2)
    await visitors.come("impatient", 2)
    visitors.tasks[1].cancel()
    await visitors.leave("first")
    await visitors.come("second", 2)
    assert visitors.inside == ["second"]
    await visitors.leave("second")
    await asyncio.gather(*visitors.tasks, return_exceptions=True)
