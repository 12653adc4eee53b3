"""Carrying out once what comes twice: requests with an ``Idempotency-Key``, and creating things with or without one."""

import re
from collections.abc import Awaitable, Callable, Iterable
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Protocol, TypeVar
from uuid import UUID

import msgspec
from litestar import MediaType, Request, Response
from litestar.datastructures import State
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.databases import Databases
from gateway.problems import in_flight, invalid, unprocessable
from messages.post import idempotency
from messages.post.idempotency import Claim, Held, Kept

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"

_NAME = HEADER.lower().encode()
_KEY = re.compile(rb"[!-~]{1,255}")


class Identified(Protocol):
    """Something that has been created."""

    @property
    def id(self) -> UUID:
        """Its id, the last step of its address."""
        ...


T = TypeVar("T", bound=Identified)


class Keys:
    """The keys of requests that one transaction works for; what a request settles, the next one finds settled."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self._new: list[Kept] = []

    @classmethod
    async def take(cls, tx: AsyncConnection, claims: Iterable[Claim | None]) -> "Keys":
        """Take the keys of all who have one, with one query, or with none if nobody has."""
        keys = {claim.key for claim in claims if claim}
        return cls(await idempotency.hold(tx, sorted(keys)) if keys else {})

    def recall(self, claim: Claim | None) -> Kept | None:
        """Return the answer that the request got before, if it did.

        Raises:
            Problem: when the key belongs to another request, or to one that is not answered yet.
        """
        held = self._held[claim.key] if claim else True
        if held is False:
            raise in_flight()
        if held is True:
            return None
        if held.claim != claim:
            raise unprocessable("key-reused", "Key of another request", {f"/{HEADER}": "Another request came with it"})
        return held

    def settle(self, claim: Claim | None, made: Identified) -> None:
        """Remember that a request has created something."""
        if claim:
            headers = {"Location": f"{claim.path}/{made.id}"}
            kept = Kept(claim=claim, status=HTTPStatus.CREATED, headers=headers, body=msgspec.json.encode(made))
            self._held[claim.key] = kept
            self._new.append(kept)

    async def keep(self, tx: AsyncConnection) -> None:
        """Write down what was settled."""
        if self._new:
            await idempotency.keep(tx, self._new)


async def claimed(request: Request[None, None, State]) -> Claim | None:
    """Return what a request claims with its key, if it has one.

    Raises:
        Problem: when the key is malformed.
    """
    keys = [value for name, value in request.scope["headers"] if name == _NAME]
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise invalid({f"/{HEADER}": "Expected one key of 1 to 255 visible ASCII characters"})
    return Claim(
        key=keys[0].decode(),
        method=request.method,
        path=_path(request),
        body_hash=sha256(await request.body()).digest(),
    )


async def create(
    request: Request[None, None, State],
    databases: Databases,
    room: str,
    write: Callable[[AsyncConnection], Awaitable[T]],
) -> Response[T]:
    """Have ``write`` create something in a transaction on the database of ``room``: once, if the request has a key."""
    claim = await claimed(request)
    async with databases.transaction(room) as tx:
        keys = await Keys.take(tx, [claim])
        if kept := keys.recall(claim):
            return replayed(kept)
        made = await write(tx)
        keys.settle(claim, made)
        await keys.keep(tx)
    return created(request, made)


def created(request: Request[None, None, State], made: T) -> Response[T]:
    """Answer that something was created, and where it is."""
    return Response(made, headers={"Location": f"{_path(request)}/{made.id}"}, status_code=HTTPStatus.CREATED)


def replayed(kept: Kept) -> Response[Any]:
    """Give an answer again, byte for byte."""
    return Response(
        kept.body, status_code=kept.status, headers={**kept.headers, REPLAYED: "true"}, media_type=MediaType.JSON
    )


def _path(request: Request[None, None, State]) -> str:
    return request.scope["path"].rstrip("/")
