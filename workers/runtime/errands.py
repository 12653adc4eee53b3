"""Carrying out errands: every call outside any transaction, all of a set at once."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from workers.runtime.batch import Outcome, Outside
from workers.runtime.database import is_blocked, is_outage
from workers.runtime.handler import Steps
from workers.runtime.verdict import Blocked, Outage
from workers.runtime.waiting import DATABASE


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of a set of errands: outcomes, by subject the errors of those that have none, and an outage, if any."""

    outcomes: list[Outcome]
    errors: dict[UUID, Exception]
    outage: Outage | None


async def carry_out(
    steps: Steps, errands: Sequence[Any], outside: Outside | None, last: Collection[UUID] = ()
) -> Answers:
    """Call the outside for every errand; those about a subject in ``last`` will not be tried again."""
    results = await asyncio.gather(
        *(_call(steps, errand, outside, is_last=errand.subject in last) for errand in errands), return_exceptions=True
    )
    outcomes: list[Outcome] = []
    errors: dict[UUID, Exception] = {}
    for errand, result in zip(errands, results, strict=True):
        if isinstance(result, Outcome):
            outcomes.append(result)
        else:
            errors[errand.subject] = _error(result)
    outage = next((error for error in errors.values() if isinstance(error, Outage)), None)
    return Answers(outcomes, errors, outage)


async def _call(steps: Steps, errand: Any, outside: Outside | None, *, is_last: bool) -> Outcome:
    try:
        return await steps.call(errand, outside)
    except Outage as outage:
        outage.of = outage.of or steps.outside.called
        raise
    except Exception:
        if steps.resign is None or not is_last:
            raise
        return steps.resign(errand)


def raise_if_outage(error: BaseException) -> None:
    """Turn what says that the outside cannot be reached into an Outage."""
    if isinstance(error, Outage):
        raise error
    if is_blocked(error):
        raise Blocked("a lock in the database is held for too long", of=DATABASE) from error
    if is_outage(error):
        raise Outage("the database cannot be reached", of=DATABASE) from error


def _error(result: BaseException | Any) -> Exception:
    return result if isinstance(result, Exception) else RuntimeError(f"the call ended with {result!r}")
