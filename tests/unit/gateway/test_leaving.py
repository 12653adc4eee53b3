import asyncio
import os
import signal

import pytest

from gateway.leaving import on_leaving


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_signal_is_heard_here_and_by_whoever_heard_it_before(number: signal.Signals) -> None:
    heard, others = asyncio.Event(), []
    before = signal.signal(number, lambda *_: others.append("server"))
    try:
        server = signal.getsignal(number)
        with on_leaving(heard.set):
            os.kill(os.getpid(), number)
            async with asyncio.timeout(5):
                await heard.wait()
        assert signal.getsignal(number) is server
    finally:
        signal.signal(number, before)
    assert others == ["server"]


async def test_a_signal_that_nobody_handles_still_ends_the_process() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with on_leaving(lambda: None):
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)
