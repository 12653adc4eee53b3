"""A room: one service's queues, timers and resources, gathered from the types of its functions."""

from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar, overload

from sqlalchemy.ext.asyncio import AsyncConnection

from messages import Message
from messages.post.topology import LADDER, Rung
from workers.runtime import shape
from workers.runtime.batch import Batch, Errand, Outcome, Outside
from workers.runtime.handler import Handler, Steps, Timer
from workers.runtime.settings import Settings

E = TypeVar("E", bound=Errand)
O = TypeVar("O", bound=Outcome)  # noqa: E741 - the letter is the word
P = TypeVar("P", bound=Outside)
X = TypeVar("X")

Async = Coroutine[Any, Any, X]
Said = Sequence[Message] | None
Sets = Callable[[Batch[Any], AsyncConnection], Async[X]] | Callable[[Batch[Any], AsyncConnection, Settings], Async[X]]
Singles = Callable[[Any, AsyncConnection], Async[X]] | Callable[[Any, AsyncConnection, Settings], Async[X]]
Ticks = Callable[[AsyncConnection, int], Async[X]] | Callable[[AsyncConnection, int, Settings], Async[X]]
Settles = Callable[[Batch[O], AsyncConnection], Async[X]] | Callable[[Batch[O], AsyncConnection, Settings], Async[X]]

HandlesSets = TypeVar("HandlesSets", bound=Sets[Said])
HandlesOne = TypeVar("HandlesOne", bound=Singles[Said | Message])
Announces = TypeVar("Announces", bound=Ticks[Said])


class Called(Generic[E, O]):
    """A call whose outcomes still want settling."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def settle(self, function: Settles[O, Sequence[Message] | None]) -> Settles[O, Sequence[Message] | None]:
        """Settle outcomes in a transaction; what it returns is announced."""
        shape.require_settlement(function)
        self._steps.settle = _normalized(function)
        self._steps.announces = shape.announced(function)
        return function

    def resign(self, function: Callable[[E], O]) -> Callable[[E], O]:
        """Make an outcome of an errand that failed on every rung of the ladder."""
        self._steps.resign = function
        return function


class Prepared(Generic[E]):
    """Errands on disk that still want calling."""

    def __init__(self, function: Callable[..., Async[Sequence[E]]], steps: Steps) -> None:
        self._steps = steps
        self.function = function

    def call(self, function: Callable[[E, P], Async[O]]) -> Called[E, O]:
        """Carry out one errand, outside any transaction."""
        self._steps.outside = shape.errand_of(function)
        self._steps.call = function
        return Called(self._steps)


class Room:
    """One service of the fleet: ``name`` leads its queues' names, ``ladder`` says how often and when it tries again.

    ``says`` names the messages that are no replies, which its functions put into the outbox themselves.
    """

    def __init__(self, name: str, *, ladder: tuple[Rung, ...] = LADDER, says: Sequence[type[Message]] = ()) -> None:
        self.name = name
        self.ladder = ladder
        self.says = tuple(says)
        self.handlers: dict[str, Handler] = {}
        self.timers: dict[str, Timer] = {}
        self.resources: dict[type[Any], Callable[[Settings], AbstractAsyncContextManager[Any]]] = {}

    @property
    def schema(self) -> str:
        """The room's schema in the database, and its name in settings and commands."""
        return self.name.lower()

    @property
    def listeners(self) -> list[tuple[str, str]]:
        """Pairs of queue and message type, for the topology."""
        return [(handler.queue, handler.message.type()) for handler in self.handlers.values()]

    @overload
    def on(self, function: HandlesSets) -> HandlesSets: ...
    @overload
    def on(self, function: Sets[Sequence[E]]) -> Prepared[E]: ...
    @overload
    def on(self, function: HandlesOne) -> HandlesOne: ...

    def on(self, function: Callable[..., Any]) -> Any:
        """Handle messages of the type of the first parameter, from the queue ``<Room>_<Message>``.

        Raises:
            ShapeError: when the types do not say what is handled, how, and what may be announced.
        """
        message, single = shape.message_of(function)
        queue = f"{self.name}_{message.__name__}"
        if queue in self.handlers:
            raise shape.ShapeError(f"{queue} has a handler already")
        steps = Steps() if shape.prepares(function) else None
        announces = frozenset() if steps else shape.announced(function)
        work = _normalized(function)
        self.handlers[queue] = Handler(queue, message, announces, work, single, steps, self.ladder)
        return Prepared(function, steps) if steps else function

    def every(self, seconds: float) -> "Every":
        """Do what is due every ``seconds``: ``(tx, limit)`` to messages for the outbox, or to errands."""
        return Every(self, seconds)

    def provides(
        self, factory: Callable[[Settings], AbstractAsyncContextManager[X]]
    ) -> Callable[[Settings], AbstractAsyncContextManager[X]]:
        """Open ``factory(settings)`` when a worker of this room starts, for the calls that ask for its type."""
        self.resources[shape.provided(factory)] = factory
        return factory


class Every:
    """Registers a timer of a room; see ``Room.every``."""

    def __init__(self, room: Room, seconds: float) -> None:
        self._room = room
        self._seconds = seconds

    @overload
    def __call__(self, function: Announces) -> Announces: ...
    @overload
    def __call__(self, function: Ticks[Sequence[E]]) -> Prepared[E]: ...

    def __call__(self, function: Callable[..., Any]) -> Any:
        """Register ``function``; raises ShapeError when its types do not say what it does."""
        shape.require_timer(function)
        steps = Steps() if shape.prepares(function) else None
        announces = frozenset() if steps else shape.announced(function)
        timer = Timer(function.__name__, self._seconds, _normalized(function), announces, steps)
        self._room.timers[timer.name] = timer
        return Prepared(function, steps) if steps else function


def _normalized(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give every function of a room the settings as its last argument, wanted or not."""
    if shape.takes_settings(function):
        return function

    async def with_settings(first: Any, second: Any, _: Settings) -> Any:
        return await function(first, second)

    return with_settings
