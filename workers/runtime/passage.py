"""The life of a message: decode, handle, commit, publish the replies, each confirmed, and only then acknowledge."""

from collections.abc import Sequence

from messages.post.receipts import Receipt
from messages.post.wire import Undecodable
from workers.runtime import metrics
from workers.runtime.delivery import Delivery, Letter, read
from workers.runtime.failures import Failures
from workers.runtime.handler import Handler
from workers.runtime.handling import Handling
from workers.runtime.intake import Intake
from workers.runtime.publisher import Publisher
from workers.runtime.verdict import MOST_RETURNS, SUSPECT_RETURNS, Blocked, Crashing, Outage


class Passage:
    """Carries deliveries of one queue from arrival to acknowledgement."""

    def __init__(self, handler: Handler, handling: Handling, publisher: Publisher, failures: Failures) -> None:
        self._handler = handler
        self._handling = handling
        self._publisher = publisher
        self._failures = failures

    async def carry(self, deliveries: Sequence[Delivery], intake: Intake) -> None:
        """Bring deliveries to their end. What came back too often is carried alone, lest it takes others with it.

        Raises:
            Outage: when nothing can be handled now; nothing was acknowledged that was not settled.
        """
        suspects = [delivery for delivery in deliveries if delivery.returns >= SUSPECT_RETURNS]
        suspects.sort(key=lambda delivery: delivery.returns)  # what kills its worker has come back most often
        together = [delivery for delivery in deliveries if delivery.returns < SUSPECT_RETURNS]
        for group in (together, *([suspect] for suspect in suspects)):
            await self._carry_or_part([delivery for delivery in group if intake.holds(delivery)], intake)

    async def carry_apart(self, deliveries: Sequence[Delivery], intake: Intake) -> None:
        """Carry each delivery alone, and take what looks like an outage for its own failure.

        A lock is nobody's failure: whoever stands before one is put off, lest its neighbours wait for it.

        Raises:
            Blocked: when one after the other stands before a lock, so that all may.
        """
        was_blocked = False
        for delivery in deliveries:
            if intake.holds(delivery):
                try:
                    await self._carry_or_part([delivery], intake)
                except Blocked as blocked:
                    if was_blocked:
                        raise
                    was_blocked = True
                    await self._failures.put_off(delivery, blocked)
                    await intake.settle([delivery])
                except Outage as outage:
                    await self._give_up(delivery, outage, intake)
                else:
                    was_blocked = False

    async def _carry_or_part(self, deliveries: list[Delivery], intake: Intake) -> None:
        """Carry a set; whatever goes wrong with it as a set is found out one by one, and is that one's failure."""
        if not deliveries:
            return
        try:
            await self._carry(deliveries, intake)
        except Outage:
            raise
        except Exception as error:  # noqa: BLE001 - it ends in the ladder or in the dead queue, with its reason
            if len(deliveries) == 1:
                await self._give_up(deliveries[0], error, intake)
                return
            for delivery in deliveries:
                await self._carry_or_part([delivery], intake)

    async def _give_up(self, delivery: Delivery, error: Exception, intake: Intake) -> None:
        await self._failures.put_away({delivery: error})
        await intake.settle([delivery])
        self._count(1, {delivery: error})

    async def _carry(self, deliveries: list[Delivery], intake: Intake) -> None:
        letters, failed = self._decode(deliveries)
        receipts = await self._handle(letters, failed)
        await self._publish(receipts, failed)
        await self._failures.put_away(failed)
        await intake.settle(deliveries)
        self._count(len(deliveries), failed)

    def _decode(self, deliveries: list[Delivery]) -> tuple[list[Letter], dict[Delivery, Exception]]:
        letters: list[Letter] = []
        failed: dict[Delivery, Exception] = {}
        for delivery in deliveries:
            try:
                letters.append(self._open(delivery))
            except (Undecodable, Crashing) as error:
                failed[delivery] = error
        return letters, failed

    def _open(self, delivery: Delivery) -> Letter:
        if delivery.returns > MOST_RETURNS:
            raise Crashing(f"came back {delivery.returns} times without an answer")
        return read(delivery, self._handler)

    async def _handle(self, letters: list[Letter], failed: dict[Delivery, Exception]) -> dict[Delivery, Receipt]:
        results = await self._handling.handle(letters)
        receipts: dict[Delivery, Receipt] = {}
        for letter in letters:
            match results[letter.envelope.message_id]:
                case Receipt() as receipt:
                    receipts[letter.delivery] = receipt
                case error:
                    failed[letter.delivery] = error
        return receipts

    async def _publish(self, receipts: dict[Delivery, Receipt], failed: dict[Delivery, Exception]) -> None:
        """Publish the replies of a set at once; a reply that nobody takes fails the message that caused it."""
        owed = [(delivery, reply) for delivery, receipt in receipts.items() for reply in receipt.replies]
        outcomes = await self._publisher.publish([self._publisher.event(reply) for _, reply in owed])
        for (delivery, _), outcome in zip(owed, outcomes, strict=True):
            if outcome is not None:
                failed[delivery] = outcome

    def _count(self, size: int, failed: dict[Delivery, Exception]) -> None:
        metrics.BATCH.labels(self._handler.queue).observe(size)
        metrics.HANDLED.labels(self._handler.queue, "handled").inc(size - len(failed))
        metrics.HANDLED.labels(self._handler.queue, "failed").inc(len(failed))
