"""The counter: what is due is taken from its line and written, and handed over to whoever carries it."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from workers.notification import line, rules
from workers.notification.errands import (
    LEASE_SECONDS,
    MARGIN_SECONDS,
    SEND_SECONDS,
    Channel,
    Due,
    Note,
    Postponed,
    Postponement,
    Refusal,
    Refused,
    Sent,
)

N = TypeVar("N", bound=Note)
N_contra = TypeVar("N_contra", bound=Note, contravariant=True)


class Carrier(Protocol[N_contra]):
    """Whoever takes notes of one kind further."""

    async def send(self, note: N_contra) -> str | None:
        """Take one note, and say what it is called from now on; raises Refusal or Postponement when it is not taken."""
        ...


async def take(tx: AsyncConnection, channel: Channel, limit: int, write: Callable[[Due, float], N]) -> Sequence[N]:
    """Take notes to send; those whose recipient is not known yet wait to hear of what they are about."""
    leave_by = time.monotonic() + LEASE_SECONDS - SEND_SECONDS - MARGIN_SECONDS
    due = await line.due(tx, channel, limit)
    if unknown := [each.id for each in due if not each.is_known]:
        await line.wait(tx, unknown)
    if unreachable := [each.id for each in due if each.is_known and each.address is None]:
        await line.drop(tx, unreachable)
    written = [_written(write, each, leave_by) for each in due if each.address is not None]
    notes = [note for note in written if not isinstance(note, Refused)]
    if notes:
        await line.lease(tx, notes)
    if refused := [refusal for refusal in written if isinstance(refusal, Refused)]:
        await line.settle(tx, refused)
    return notes


def _written(write: Callable[[Due, float], N], due: Due, leave_by: float) -> N | Refused:
    try:
        return write(due, leave_by)
    except Exception as error:  # noqa: BLE001 - one notification that cannot be written must not hold up the others
        return Refused(subject=due.id, reason=f"cannot be written: {error}")


async def hand_over(note: N, carrier: Carrier[N]) -> Sent | Refused | Postponed:
    """Hand one note over, and return what came of it."""
    try:
        reference = await carrier.send(note)
    except Refusal as refusal:
        return Refused(subject=note.subject, reason=str(refusal))
    except Postponement as postponement:
        return rules.put_off(note, postponement)
    return Sent(subject=note.subject, reference=reference)
