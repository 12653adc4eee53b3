"""The requests about PaymentIntents and refunds, each under a key that makes its repetition harmless.

Stripe answers a key for a day as it did the first time, and refuses it with other parameters. So the key that charges
an order also tells whether it was ever charged: used up by a PaymentIntent that is not confirmed, it charges no more.
An order that is as old as its key may be looked for before it is charged: a charge whose answer was lost just before
everything stood still for a day would be made once more.
"""

import time
from collections.abc import Sequence
from uuid import UUID

import stripe
from stripe.params import PaymentIntentCreateParams

from workers.payment.provider import Bill, ProviderError
from workers.payment.stripe import errors

ORDER = "order_id"
"""Where the order stands in the metadata of what is made here; webhooks are told apart by it."""
KEYS_LAST_SECONDS = 12 * 3600
"""For how long keys are trusted: half as long as Stripe says that it keeps them."""


class Intents:
    """Stripe's PaymentIntents, as far as they are used."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._intents = client.v1.payment_intents
        self._refunds = client.v1.refunds

    async def confirm(self, bill: Bill) -> stripe.PaymentIntent:
        """Take the money, once, however often this is asked; raises what the library raises."""
        params: PaymentIntentCreateParams = {
            **_params(bill),
            "confirm": True,
            "off_session": True,
            "payment_method": bill.method,
        }
        return await self._intents.create_async(params, {"idempotency_key": _key("charge", bill.key)})

    async def begun(self, bill: Bill) -> stripe.PaymentIntent | None:
        """Return the PaymentIntent of an order by its name, or one that its key may have been forgotten for."""
        if bill.reference:
            return await self.get(bill.reference)
        made = await self._made(bill) if _is_old(bill.key) else []
        return _likeliest(made) if made else None

    async def in_other_words(self, bill: Bill) -> stripe.PaymentIntent:
        """Return what an order's key made when it was asked in other words: to void it, or before those changed here.

        Raises:
            ProviderError: while nobody knows: it may have taken the money.
        """
        return _likeliest(await self._reworded(bill))

    async def get(self, intent_id: str) -> stripe.PaymentIntent:
        """Return a PaymentIntent as it stands."""
        return await self._intents.retrieve_async(intent_id)

    async def found(self, bill: Bill) -> list[stripe.PaymentIntent]:
        """Return every PaymentIntent of an order; after that, its key makes no other."""
        if bill.reference:
            return [await self.get(bill.reference)]
        try:
            unused = await self._intents.create_async(_params(bill), {"idempotency_key": _key("charge", bill.key)})
        except stripe.IdempotencyError:
            return await self._charged(bill)
        except stripe.InvalidRequestError:  # nor could it have been charged
            return []
        return [await self.get(unused.id), *await self._forgotten(bill, unused)]

    async def cancel(self, intent: stripe.PaymentIntent) -> stripe.PaymentIntent:
        """Cancel a PaymentIntent and return it as it is then; one that has succeeded meanwhile stays so.

        Raises:
            ProviderError: while it can be neither cancelled nor refunded.
        """
        try:
            return await self._intents.cancel_async(intent.id, {"cancellation_reason": "abandoned"})
        except stripe.InvalidRequestError:
            after = await self.get(intent.id)
        if after.status not in ("canceled", "succeeded"):
            raise ProviderError(f"Stripe cannot cancel what is {after.status}")
        return after

    async def refunds(self, intent: stripe.PaymentIntent) -> list[stripe.Refund]:
        """Return every refund of a PaymentIntent."""
        page = await self._refunds.list_async({"payment_intent": intent.id, "limit": 100})
        return [refund async for refund in page.auto_paging_iter()]

    async def refund(self, bill: Bill, intent: stripe.PaymentIntent, *, number: int) -> stripe.Refund:
        """Give back what is left; the key has a number, because one that failed is answered as failed for a day."""
        return await self._refunds.create_async(
            {"payment_intent": intent.id, "metadata": {ORDER: str(bill.key)}},
            {"idempotency_key": _key(f"refund-{number}", bill.key)},
        )

    async def touch(self) -> None:
        """Ask for hardly anything."""
        await self._intents.list_async({"limit": 1})

    async def _charged(self, bill: Bill) -> list[stripe.PaymentIntent]:
        """Return what a charge made, by asking for it again in the same words."""
        try:
            made = (await self.confirm(bill)).id
        except stripe.CardError as error:
            if not (intent := errors.intent_of(error)):
                raise
            made = intent
        except stripe.IdempotencyError:
            return await self._reworded(bill)
        return [await self.get(made)]

    async def _reworded(self, bill: Bill) -> list[stripe.PaymentIntent]:
        """Return what was made under a key in words that are not known here; the search knows it after a minute."""
        if made := await self._made(bill):
            return made
        raise ProviderError("Stripe was asked about this order in other words, and does not find the answer yet")

    async def _forgotten(self, bill: Bill, unused: stripe.PaymentIntent) -> list[stripe.PaymentIntent]:
        """Return what was made under a key that Stripe has forgotten since; the search knows it after a minute."""
        return [intent for intent in await self._made(bill) if intent.id != unused.id]

    async def _made(self, bill: Bill) -> list[stripe.PaymentIntent]:
        page = await self._intents.search_async({"query": f"metadata['{ORDER}']:'{bill.key}'", "limit": 100})
        return [await self.get(intent.id) for intent in page.data]


def _likeliest(made: Sequence[stripe.PaymentIntent]) -> stripe.PaymentIntent:
    """Choose the one that took the money, if any did."""
    return next((intent for intent in made if intent.status == "succeeded"), made[0])


def _params(bill: Bill) -> PaymentIntentCreateParams:
    return {
        "amount": bill.amount,
        "currency": bill.currency.lower(),
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "metadata": {ORDER: str(bill.key)},
    }


def _is_old(order: UUID) -> bool:
    """Tell whether an order was made so long ago that its key may be forgotten; its id begins with the time."""
    return time.time() - (order.int >> 80) / 1000 > KEYS_LAST_SECONDS


def _key(purpose: str, order: UUID) -> str:
    return f"orderfleet-{purpose}-{order}"
