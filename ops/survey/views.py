"""What is told of a fleet, in the shape of ``GET /fleet``."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class PauseView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who paused a queue, and why."""

    by: str | None
    why: str | None
    since: datetime


class QueueView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A queue of work; what nobody could be asked about is null."""

    name: str
    room: str
    ready: Annotated[int | None, Meta(description="Messages that wait for a consumer")]
    unacked: Annotated[int | None, Meta(description="Messages that consumers hold")]
    rate: Annotated[float | None, Meta(description="Messages settled in a second, as RabbitMQ saw it last")]
    consumers: int | None
    retrying: Annotated[int | None, Meta(description="Messages that failed, and wait on the ladder for another try")]
    dead: Annotated[int | None, Meta(description="Messages given up, until they are replayed or dropped")]
    paused: bool | None
    pause: PauseView | None = None


class RungView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A rung of the retry ladder, which all queues share, and how many messages RabbitMQ has on it."""

    name: str
    seconds: int
    messages: int | None


class WaitView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A queue, or another part of a process, that waits: for the end of an outage, or of a pause."""

    part: str
    what: Annotated[str, Meta(description="`database`, `provider`, `mail server`, `broker`, `queue` or `pause`")]
    since: datetime
    error: str | None
    by: str | None
    why: str | None


class ProcessView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A process as it announced itself; one that has been silent for long, and did not say that it ends, is gone."""

    room: str
    pid: int
    host: str
    started: datetime
    busy: Annotated[float, Meta(description="The share of a core that it used lately")]
    memory: Annotated[int, Meta(description="Bytes resident")]
    seen: datetime
    gone: bool
    waiting: list[WaitView]


class FleetView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All queues and processes; `degraded` when something could not be asked, and `problems` says what and why."""

    at: datetime
    status: Literal["up", "degraded"]
    problems: list[str]
    queues: list[QueueView]
    rungs: list[RungView]
    processes: list[ProcessView]
