"""The broker's furniture as hashable values: exchanges, queues, bindings and policies. Nothing here does I/O.

What must never change stands in queue arguments; what may be tuned stands in the two policies.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

EVENTS = "orderfleet.events"
WORK = "orderfleet.work"
DEAD = "orderfleet.dead"
UNROUTED = "orderfleet.unrouted"
UNROUTED_QUEUE = "unrouted.dead"
_DEAD_SUFFIX = ".dead"

type_ = Literal["topic", "direct", "fanout"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A durable exchange; ``alternate`` takes what it cannot route."""

    name: str
    kind: type_
    alternate: str | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable quorum queue and the arguments that no policy can strip."""

    name: str
    arguments: tuple[tuple[str, str | int], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Binding:
    """Messages to ``exchange`` with ``key`` reach ``queue``."""

    exchange: str
    key: str
    queue: str


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy for every queue whose name matches."""

    name: str
    pattern: str
    definition: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the retry ladder: an exchange and a queue in which a message waits ``seconds``."""

    name: str
    seconds: int


LADDER = (
    Rung("retry.1s", 1),
    Rung("retry.5s", 5),
    Rung("retry.30s", 30),
    Rung("retry.2m", 120),
    Rung("retry.10m", 600),
)


@dataclass(frozen=True, slots=True)
class Topology:
    """Everything that must stand before the first message travels."""

    exchanges: frozenset[Exchange]
    queues: frozenset[Queue]
    bindings: frozenset[Binding]
    policies: frozenset[Policy]

    @property
    def heard(self) -> frozenset[str]:
        """The message types that some queue is bound to, and that are therefore published as mandatory."""
        return frozenset(binding.key for binding in self.bindings if binding.exchange == EVENTS)

    @property
    def dead(self) -> tuple[str, ...]:
        """The queues that hold dead letters."""
        return tuple(sorted(queue.name for queue in self.queues if queue.name.endswith(_DEAD_SUFFIX)))


def dead_queue(queue: str) -> str:
    """Return the name of the queue that holds the dead letters of ``queue``."""
    return f"{queue}{_DEAD_SUFFIX}"


def work_queue(dead: str) -> str:
    """Return the name of the queue whose dead letters ``dead`` holds."""
    return dead.removesuffix(_DEAD_SUFFIX)


def topology(listeners: Iterable[tuple[str, str]]) -> Topology:
    """Return the whole topology for pairs of work queue and message type."""
    pairs = sorted(set(listeners))
    names = sorted({queue for queue, _ in pairs})
    return Topology(
        exchanges=frozenset(_exchanges()),
        queues=frozenset(_queues(names)),
        bindings=frozenset(_bindings(pairs, names)),
        policies=POLICIES,
    )


POLICIES = frozenset(
    {
        Policy("orderfleet.work", "^[A-Z][A-Za-z]*_[A-Za-z]+$", (("delivery-limit", 50),)),
        Policy("orderfleet.dead", r"\.dead$", (("delivery-limit", 1_000_000),)),
    }
)


def _exchanges() -> Iterable[Exchange]:
    yield Exchange(EVENTS, "topic")
    yield Exchange(WORK, "direct", alternate=UNROUTED)
    yield Exchange(DEAD, "direct", alternate=UNROUTED)
    yield Exchange(UNROUTED, "fanout")
    yield from (Exchange(rung.name, "fanout") for rung in LADDER)


def _queues(names: Iterable[str]) -> Iterable[Queue]:
    for name in names:
        yield _quorum(name, **_dead_letters_to(DEAD), **{"x-dead-letter-routing-key": name})
        yield _quorum(dead_queue(name))
    for rung in LADDER:
        yield _quorum(rung.name, **_dead_letters_to(WORK), **{"x-message-ttl": rung.seconds * 1000})
    yield _quorum(UNROUTED_QUEUE)


def _bindings(pairs: Iterable[tuple[str, str]], names: Iterable[str]) -> Iterable[Binding]:
    yield from (Binding(EVENTS, key, queue) for queue, key in pairs)
    for name in names:
        yield Binding(WORK, name, name)
        yield Binding(DEAD, name, dead_queue(name))
    yield from (Binding(rung.name, "", rung.name) for rung in LADDER)
    yield Binding(UNROUTED, "", UNROUTED_QUEUE)


def _dead_letters_to(exchange: str) -> dict[str, str | int]:
    return {
        "x-dead-letter-exchange": exchange,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def _quorum(name: str, **arguments: str | int) -> Queue:
    return Queue(name, tuple(sorted({"x-queue-type": "quorum", **arguments}.items())))
