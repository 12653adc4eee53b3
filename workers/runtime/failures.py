"""What becomes of deliveries that failed: each goes to the ladder or to the dead queue, and is written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from structlog.stdlib import get_logger

from messages.post import failures
from messages.post.failures import Failure
from workers.runtime.database import Database
from workers.runtime.delivery import Delivery
from workers.runtime.handler import Handler
from workers.runtime.parcel import Parcel, again, by_wait, dead, later
from workers.runtime.publisher import Publisher
from workers.runtime.verdict import Dead, Outage, Retry, describe, judge, where

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Failed:
    """A delivery, what went wrong with it, and what is done about it."""

    delivery: Delivery
    error: Exception
    verdict: Retry | Dead


class Failures:
    """Puts away what failed in one queue."""

    def __init__(self, handler: Handler, database: Database, publisher: Publisher, *, worker: str) -> None:
        self._handler = handler
        self._database = database
        self._publisher = publisher
        self._worker = worker

    async def put_away(self, errors: Mapping[Delivery, Exception]) -> None:
        """Send what failed where it is kept, each confirmed, and log it; raises what kept one of them from it."""
        if not errors:
            return
        failed = [
            Failed(delivery, error, judge(error, delivery.attempt, self._handler.ladder))
            for delivery, error in errors.items()
        ]
        for each in failed:
            self._log(each)
        for outcome in await self._publisher.publish(by_wait(map(self._parcel, failed))):
            if outcome is not None:
                raise outcome
        await self._note([each for each in failed if not isinstance(each.error, Outage)])

    async def put_off(self, delivery: Delivery, error: Exception) -> None:
        """Send a delivery round the ladder for what is no failure of its own: it comes back as the same attempt."""
        known = {"message_id": delivery.properties.message_id, "order_id": delivery.subject}
        log.warning("message put off", queue=self._handler.queue, error=describe(error), **known)
        [outcome] = await self._publisher.publish([later(delivery, self._handler.queue)])
        if outcome is not None:
            raise outcome

    def _parcel(self, failed: Failed) -> Parcel:
        match failed.verdict:
            case Retry() as retry:
                return again(failed.delivery, self._handler.queue, retry)
            case Dead() as verdict:
                trace = where(failed.error)
                return dead(failed.delivery, self._handler.queue, verdict, worker=self._worker, traceback=trace)

    def _log(self, failed: Failed) -> None:
        concerned = {
            "queue": self._handler.queue,
            "message_id": failed.delivery.properties.message_id,
            "order_id": failed.delivery.subject,
            "attempt": failed.delivery.attempt,
            "error": failed.verdict.error,
            "where": where(failed.error),
        }
        match failed.verdict:
            case Retry(rung=rung):
                log.warning("message failed, will be retried", rung=rung.name, **concerned)
            case Dead(reason=reason):
                log.error("message failed for good", reason=reason, **concerned)

    async def _note(self, failed: Sequence[Failed]) -> None:
        """Write it down for the timeline. The message itself is safe already, so that this may fail."""
        rows = [row for each in failed if (row := self._row(each))]
        if not rows:
            return
        try:
            async with self._database.transaction() as tx:
                await failures.record(tx, rows)
        except Exception as error:  # noqa: BLE001 - it must not be what fails the message a second time
            log.warning("failures are missing from timelines", queue=self._handler.queue, error=describe(error))

    def _row(self, failed: Failed) -> Failure | None:
        subject, message = _uuid(failed.delivery.subject), _uuid(failed.delivery.properties.message_id)
        if subject is None or message is None:
            return None
        return Failure(
            subject=subject,
            consumer=self._handler.queue,
            message_id=message,
            type=failed.delivery.properties.message_type,
            attempt=failed.delivery.attempt,
            error=failed.verdict.error,
            rung=failed.verdict.rung.name if isinstance(failed.verdict, Retry) else None,
            reason=failed.verdict.reason if isinstance(failed.verdict, Dead) else None,
        )


def _uuid(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None
