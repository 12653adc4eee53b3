"""A headless Chromium that a test steers, over the two pipes that it offers for that."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from tests.support.waiting import eventually

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_ALONE = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--mute-audio")
_LONGEST_ANSWER = 2**26


class Page:
    """A page, and what its scripts complained about."""

    def __init__(self, answers: asyncio.StreamReader, commands: int) -> None:
        self.complaints: list[str] = []
        self._answers = answers
        self._commands = commands
        self._ids = count(1)
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._session: dict[str, str] = {}
        self._reading = asyncio.create_task(self._read())

    async def attach(self) -> None:
        """Begin with a page of its own."""
        target = await self.command("Target.createTarget", url="about:blank")
        session = await self.command("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = {"sessionId": session["sessionId"]}
        for domain in ("Page", "Runtime", "Log"):
            await self.command(f"{domain}.enable")

    async def command(self, method: str, **parameters: Any) -> Any:
        """Have the browser do something, and return its answer."""
        id_ = next(self._ids)
        answer = self._pending[id_] = asyncio.get_running_loop().create_future()
        message = {"id": id_, "method": method, "params": parameters, **self._session}
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        async with asyncio.timeout(30):
            return await answer

    async def go(self, url: str) -> None:
        await self.command("Page.navigate", url=url)
        await self.wait("document.readyState === 'complete'", url)

    async def ask(self, script: str) -> Any:
        """Return what ``script`` comes to."""
        answer = await self.command("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def wait(self, script: str, what: str) -> None:
        """Wait until ``script`` comes to something true."""

        async def holds() -> bool:
            return bool(await self.ask(f"Boolean({script})"))

        await eventually(holds, what=what)

    async def close(self) -> None:
        self._reading.cancel()

    async def _read(self) -> None:
        while True:
            message = json.loads((await self._answers.readuntil(b"\0"))[:-1])
            if future := self._pending.pop(message.get("id", 0), None):
                if "error" in message:
                    future.set_exception(RuntimeError(message["error"]["message"]))
                else:
                    future.set_result(message["result"])
            elif message.get("method") == "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(message["params"]["exceptionDetails"]))
            elif message.get("method") == "Log.entryAdded":
                self.complaints.append(message["params"]["entry"]["text"])


@asynccontextmanager
async def browsing(directory: Path) -> AsyncIterator[Page]:
    """Run a browser with a profile of its own."""
    assert PROGRAM
    (their_in, our_out), (our_in, their_out) = os.pipe(), os.pipe()
    places = f"3</proc/self/fd/{their_in} 4>/proc/self/fd/{their_out}"
    browser = await asyncio.create_subprocess_exec(
        *("sh", "-c", f'exec "$0" "$@" {places}', PROGRAM, *_ALONE),
        *("--remote-debugging-pipe", f"--user-data-dir={directory}", "about:blank"),
        pass_fds=(their_in, their_out),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    for each in (their_in, their_out):
        os.close(each)
    answers = asyncio.StreamReader(limit=_LONGEST_ANSWER)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(answers), os.fdopen(our_in, "rb")
    )
    page = Page(answers, our_out)
    try:
        await page.attach()
        yield page
    finally:
        await page.close()
        transport.close()
        os.close(our_out)
        browser.terminate()
        await browser.wait()
