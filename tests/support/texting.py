"""An SMS gateway on a real socket: it reads requests as Twilio does, and answers as a test wants it to."""

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Self
from urllib.parse import parse_qsl

SID, TOKEN = "AC0123", "t0k/en:"
SILENCE = "silence"
"""Take the request, and never answer."""
HANG_UP = "hang up"
"""Take the request, and close the line."""


@dataclass(frozen=True)
class Reply:
    """One answer, in Twilio's shape unless ``body`` says otherwise."""

    status: int
    code: int | None = None
    message: str = ""
    headers: tuple[str, ...] = ()
    body: str | None = None

    def content(self) -> bytes:
        told = {"code": self.code, "message": self.message, "more_info": "https://example.com", "status": self.status}
        return (self.body if self.body is not None else json.dumps(told)).encode(errors="surrogateescape")


@dataclass
class Gateway:
    """What was sent, and what is to be answered: ``answers`` by number, else ``answer``, else that it is taken."""

    texts: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    answers: dict[str, Reply | str] = field(default_factory=dict)
    answer: Reply | str | None = None
    port: int = 0
    _server: asyncio.Server | None = None
    sids: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def url(self) -> str:
        return f"http://{SID}:t0k%2Fen%3A@127.0.0.1:{self.port}"

    @classmethod
    @asynccontextmanager
    async def open(cls, tls: ssl.SSLContext | None = None) -> AsyncIterator[Self]:
        gateway = cls()
        await gateway.start(tls)
        try:
            yield gateway
        finally:
            await gateway.stop()

    async def start(self, tls: ssl.SSLContext | None = None) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
            await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while self._server and (head := await reader.readuntil(b"\r\n\r\n")):
                line, *rest = head.decode().splitlines()
                headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in rest)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                reply = self._reply(line, headers, dict(parse_qsl(body.decode(), keep_blank_values=True)))
                if reply == SILENCE:
                    await asyncio.sleep(30)
                if not isinstance(reply, Reply):
                    return
                writer.write(_response(reply))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _reply(self, line: str, headers: dict[str, str], form: dict[str, str]) -> Reply | str:
        method, path, _ = line.split()
        self.paths.append(f"{method} {path}")
        credentials = base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
        if headers.get("authorization") != f"Basic {credentials}":
            return Reply(401, 20003, "Authenticate")
        if method == "GET":
            return self.answer if isinstance(self.answer, Reply) else Reply(200, body="{}")
        assert headers["content-type"] == "application/x-www-form-urlencoded"
        reply = self.answers.get(form["To"]) or self.answer
        if reply is None or not isinstance(reply, Reply):
            self.texts.append(form)
        return reply or Reply(201, body=json.dumps({"sid": f"SM{next(self.sids)}", "status": "queued"}))


def _response(reply: Reply) -> bytes:
    content = reply.content()
    head = [
        f"HTTP/1.1 {reply.status} as wanted",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        *reply.headers,
    ]
    return "\r\n".join([*head, "", ""]).encode() + content
