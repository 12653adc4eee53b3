"""The payment provider that is Stripe."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

import stripe
from structlog.stdlib import get_logger

from workers.payment.provider import Bill, Provider, ProviderError, Rejected, Standing, Taken, Underway
from workers.payment.stripe import errors
from workers.payment.stripe.errors import translated
from workers.payment.stripe.intents import Intents
from workers.payment.stripe.wire import Wire
from workers.runtime.settings import Settings
from workers.runtime.verdict import Outage, describe

log = get_logger(__name__)

NOTHING_TO_PAY = "nothing_to_pay"
AUTHENTICATION = "authentication_required"


class StripeProvider(Provider):
    """Charges, cancels and refunds PaymentIntents, whose keys are made of the order's."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._intents = Intents(client)

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings, key: str) -> AsyncIterator[Self]:
        """Open connections to where the settings say that Stripe is."""
        stripe.enable_telemetry = False  # it would leave a file in the home directory
        wire = Wire(settings.stripe_timeout_seconds)
        base = settings.stripe_api_base.rstrip("/")
        client = stripe.StripeClient(key, base_addresses={"api": base}, http_client=wire, max_network_retries=0)
        try:
            yield cls(client)
        finally:
            await wire.close_async()

    async def charge(self, bill: Bill) -> Taken | Rejected | Underway:
        """Make and confirm the order's PaymentIntent; one that is known already is only looked at."""
        if bill.amount == 0:
            return Taken(reference=NOTHING_TO_PAY)
        with translated():
            if begun := await self._intents.begun(bill):
                return await self._judged(begun)
            try:
                intent = await self._intents.confirm(bill)
            except stripe.CardError as error:
                return Rejected(reason=errors.why_declined(error))
            except stripe.IdempotencyError:
                intent = await self._intents.in_other_words(bill)
            except stripe.InvalidRequestError as error:
                return Rejected(reason=errors.why_invalid(error))
            return await self._judged(intent)

    async def void(self, bill: Bill) -> None:
        """Cancel the order's PaymentIntent, or give back what it took; without one, use up its key."""
        if bill.amount == 0:
            return
        with translated():
            for intent in await self._intents.found(bill):
                await self._undo(bill, intent)

    async def refund(self, bill: Bill) -> Rejected | None:
        """Refund what the PaymentIntent took and is not refunded."""
        if bill.amount == 0:
            return None
        with translated():
            return await self._give_back(bill, await self._intents.get(_known(bill)))

    async def look(self, bill: Bill) -> Standing:
        """Tell what the PaymentIntent has taken, and what of it was refunded."""
        if bill.amount == 0:
            return Standing(taken=0, returned=0)
        with translated():
            intent = await self._intents.get(_known(bill))
            return Standing(taken=intent.amount_received, returned=_returned(await self._intents.refunds(intent)))

    async def probe(self) -> bool:
        """Tell whether Stripe answers, and takes the key."""
        try:
            with translated():
                await self._intents.touch()
        except (Outage, ProviderError) as error:
            log.warning("Stripe does not answer a probe", error=describe(error))
            return False
        return True

    async def _judged(self, intent: stripe.PaymentIntent) -> Taken | Rejected | Underway:
        match intent.status:
            case "succeeded":
                return Taken(reference=intent.id)
            case "processing":
                return Underway(reference=intent.id)
            case "canceled":
                return Rejected(reason="voided")
            case "requires_payment_method":
                return Rejected(reason=_last_error(intent))
            case _:  # it wants the customer, who is not there
                after = await self._intents.cancel(intent)
                return Taken(reference=after.id) if after.status == "succeeded" else Rejected(reason=AUTHENTICATION)

    async def _undo(self, bill: Bill, intent: stripe.PaymentIntent) -> None:
        after = intent if intent.status in ("succeeded", "canceled") else await self._intents.cancel(intent)
        if after.status == "succeeded" and (refused := await self._give_back(bill, after)):
            raise ProviderError(f"Stripe refuses to give the money back: {refused.reason}")

    async def _give_back(self, bill: Bill, intent: stripe.PaymentIntent) -> Rejected | None:
        made = await self._intents.refunds(intent)
        if _returned(made) >= intent.amount_received:
            return None
        try:
            refund = await self._intents.refund(bill, intent, number=len(made) + 1)
        except stripe.InvalidRequestError as error:
            return None if error.code == "charge_already_refunded" else Rejected(reason=errors.why_invalid(error))
        if refund.status in ("succeeded", "pending"):
            return None
        return Rejected(reason=refund.failure_reason or f"refund_{refund.status}")


def _known(bill: Bill) -> str:
    if bill.reference is None:
        raise ProviderError("nobody knows what Stripe calls this charge")
    return bill.reference


def _returned(refunds: list[stripe.Refund]) -> int:
    return sum(refund.amount for refund in refunds if refund.status not in ("failed", "canceled"))


def _last_error(intent: stripe.PaymentIntent) -> str:
    error = intent.last_payment_error
    return errors.reason(getattr(error, "code", None), getattr(error, "decline_code", None))
