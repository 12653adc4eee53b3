"""What a handler is given and gives back: sets of messages, errands to the outside, and their outcomes."""

from collections.abc import Iterable
from typing import ClassVar, Protocol, Self, TypeVar
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7


class About(Protocol):
    """Anything that is about one subject."""

    @property
    def subject(self) -> UUID:
        """The order, or whatever else this is about."""
        ...


T_co = TypeVar("T_co", bound=About, covariant=True)


class Batch(tuple[T_co, ...]):  # noqa: SLOT001 - a tuple has no place for a named slot
    """Messages that arrived together, at most one about each subject.

    ``ids`` are their message ids, in that order, and ``causes`` the ids of the messages that led to them.
    """

    ids: tuple[UUID, ...]
    causes: tuple[UUID | None, ...]

    def __new__(
        cls, items: Iterable[T_co], ids: Iterable[UUID] | None = None, causes: Iterable[UUID | None] | None = None
    ) -> Self:
        """Make a batch; without ``ids`` every message gets a fresh one, and without ``causes`` nothing led to it."""
        batch = super().__new__(cls, tuple(items))
        batch.ids = tuple(ids) if ids is not None else tuple(uuid7() for _ in batch)
        batch.causes = tuple(causes) if causes is not None else (None,) * len(batch)
        return batch

    @property
    def subjects(self) -> list[UUID]:
        """What the messages are about, in their order."""
        return [item.subject for item in self]


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """Something to ask of the outside once the intent is on disk. Repeating it must be safe."""

    subject: UUID


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the outside answered."""

    subject: UUID


class Outside:
    """Marks what lives beyond the room's database: a payment provider, a mail server. Never met in a transaction."""

    called: ClassVar[str] = "outside"
    """What operators call it, when a queue waits for it."""

    async def probe(self) -> bool:
        """Tell whether it can be reached again, while a worker waits out an outage."""
        return True
