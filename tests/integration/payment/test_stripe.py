"""The Stripe provider against Stripe's API on a local socket: money is taken once, and what was taken comes back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from uuid import UUID

import pytest
from msgspec.structs import replace
from uuid_utils.compat import uuid7

from tests.support import stripe_api
from tests.support.stripe_api import Answer, Request, StripeApi
from workers.payment.provider import Bill, Provider, ProviderError, ProviderTimeout, Rejected, Standing, Taken, Underway
from workers.payment.providers import opened
from workers.payment.stripe import intents
from workers.payment.stripe.wire import AT_ONCE
from workers.runtime.settings import Settings
from workers.runtime.verdict import Outage

AMOUNT = 1250


@pytest.fixture
async def stripe(stripe_settings: Settings) -> AsyncIterator[Provider]:
    async with opened(stripe_settings) as provider:
        yield provider


def bill(method: str = "pm_card_visa", amount: int = AMOUNT) -> Bill:
    return Bill(key=uuid7(), amount=amount, currency="EUR", method=method)


async def test_a_charge_is_one_request_and_is_asked_for_twice_without_harm(stripe: Provider, api: StripeApi) -> None:
    due = bill()
    first = await stripe.charge(due)
    assert isinstance(first, Taken)
    assert len(api.seen) == 1
    assert await stripe.charge(due) == first
    [intent] = api.of(due.key)
    assert (intent["amount"], intent["currency"], intent["id"]) == (AMOUNT, "eur", first.reference)
    assert api.taken == AMOUNT


async def test_many_at_once_get_their_own_answers_and_few_are_under_way(stripe: Provider, api: StripeApi) -> None:
    dues = [bill() for _ in range(60)]
    answers = await asyncio.gather(*(stripe.charge(due) for due in dues))
    assert all(isinstance(answer, Taken) for answer in answers)
    assert [answer.reference for answer in answers if isinstance(answer, Taken)] == [
        api.of(due.key)[0]["id"] for due in dues
    ]
    assert api.most_at_once <= AT_ONCE


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        ("pm_card_visa_chargeDeclined", "payment_declined"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_authenticationRequired", "authentication_required"),
        ("pm_card_threeDSecure", "authentication_required"),
        ("tok_ok", "unknown_payment_method"),
    ],
)
async def test_what_is_declined_takes_nothing(stripe: Provider, api: StripeApi, method: str, reason: str) -> None:
    due = bill(method)
    for _ in range(2):
        assert await stripe.charge(due) == Rejected(reason=reason)
    assert api.taken == 0


async def test_an_amount_that_cannot_be_charged_is_declined_and_nothing_is_free(
    stripe: Provider, api: StripeApi
) -> None:
    assert await stripe.charge(bill(amount=7)) == Rejected(reason="amount_too_small")
    seen = len(api.seen)
    free = bill(amount=0)
    assert isinstance(await stripe.charge(free), Taken)
    await stripe.void(free)
    assert await stripe.refund(free) is None
    assert await stripe.look(free) == Standing(taken=0, returned=0)
    assert len(api.seen) == seen


async def test_what_is_processing_is_asked_about_under_its_own_name(stripe: Provider, api: StripeApi) -> None:
    due = bill("pm_sepa")
    underway = await stripe.charge(due)
    assert isinstance(underway, Underway)
    known = replace(due, reference=underway.reference)
    assert await stripe.charge(known) == underway
    api.move(underway.reference, "succeeded")
    assert await stripe.charge(known) == Taken(reference=underway.reference)


async def test_what_was_processing_can_still_be_declined(stripe: Provider, api: StripeApi) -> None:
    due = bill("pm_sepa")
    underway = await stripe.charge(due)
    assert isinstance(underway, Underway)
    api.move(underway.reference, "requires_payment_method")["last_payment_error"] = {
        "type": "card_error",
        "code": "card_declined",
        "decline_code": "insufficient_funds",
    }
    assert await stripe.charge(replace(due, reference=underway.reference)) == Rejected(reason="insufficient_funds")


async def test_a_lost_answer_and_another_try_take_the_money_once(stripe: Provider, api: StripeApi) -> None:
    due = bill()
    api.loses_answers = True
    with pytest.raises(ProviderTimeout):
        await stripe.charge(due)
    assert api.taken == AMOUNT, "it was taken, and nobody heard of it"
    api.loses_answers = False
    assert isinstance(await stripe.charge(due), Taken)
    assert api.taken == AMOUNT


async def test_a_lost_answer_and_another_try_after_a_day_take_the_money_once(
    stripe: Provider, api: StripeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = bill()
    api.loses_answers = True
    with pytest.raises(ProviderTimeout):
        await stripe.charge(due)
    api.loses_answers = False
    api.forget_keys()
    monkeypatch.setattr(intents, "KEYS_LAST_SECONDS", -1)
    [intent] = api.of(due.key)
    assert await stripe.charge(due) == Taken(reference=intent["id"])
    assert api.taken == AMOUNT


async def test_an_old_order_that_was_never_charged_is_charged(stripe: Provider, api: StripeApi) -> None:
    yesterday = int((time.time() - 25 * 3600) * 1000)
    due = replace(bill(), key=UUID(int=yesterday << 80 | uuid7().int & (1 << 80) - 1))
    assert isinstance(await stripe.charge(due), Taken)
    assert [request.path for request in api.seen] == ["/v1/payment_intents/search", "/v1/payment_intents"]


async def test_no_answer_in_time_is_not_known(stripe: Provider, api: StripeApi) -> None:
    api.trouble = stripe_api.silent
    with pytest.raises(ProviderTimeout):
        await stripe.charge(bill())


@pytest.mark.parametrize("trouble", [stripe_api.rate_limited, stripe_api.away])
async def test_what_meets_everybody_is_an_outage_and_passes(stripe: Provider, api: StripeApi, trouble: object) -> None:
    due = bill()
    api.trouble = trouble  # type: ignore[assignment]
    for ask in (stripe.charge, stripe.void):
        with pytest.raises(Outage):
            await ask(due)
    assert not await stripe.probe()
    api.trouble = None
    assert await stripe.probe()
    assert isinstance(await stripe.charge(due), Taken)


@pytest.mark.parametrize("trouble", [stripe_api.broken, stripe_api.locked])
async def test_what_meets_one_request_is_its_own_failure(stripe: Provider, api: StripeApi, trouble: object) -> None:
    api.trouble = trouble  # type: ignore[assignment]
    with pytest.raises(ProviderError):
        await stripe.charge(bill())


async def test_a_wrong_key_is_an_outage_and_is_not_told(
    stripe_settings: Settings, api: StripeApi, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = replace(stripe_settings, stripe_secret_key="sk_live_wrong")
    async with opened(wrong) as provider:
        with pytest.raises(Outage, match="ORDERFLEET_STRIPE_SECRET_KEY") as outage:
            await provider.charge(bill())
        assert not await provider.probe()
    assert "sk_live" not in str(outage.value)
    assert "sk_live" not in caplog.text
    assert api.taken == 0


async def test_nobody_there_is_an_outage(stripe_settings: Settings) -> None:
    async with opened(replace(stripe_settings, stripe_api_base="http://127.0.0.1:1")) as provider:
        with pytest.raises(Outage):
            await provider.charge(bill())
        assert not await provider.probe()


async def test_a_charge_that_is_under_way_elsewhere_is_asked_again_later(stripe: Provider, api: StripeApi) -> None:
    due = bill()
    api.saved[f"orderfleet-charge-{due.key}"] = stripe_api.Saved({})
    with pytest.raises(ProviderError):
        await stripe.charge(due)
    with pytest.raises(ProviderError):
        await stripe.void(due)


@pytest.mark.parametrize("loses_answer", [False, True])
@pytest.mark.parametrize("method", ["pm_card_visa", "pm_card_visa_chargeDeclined", "pm_card_threeDSecure"])
async def test_void_leaves_nothing_taken_and_nothing_to_take(
    stripe: Provider, api: StripeApi, method: str, *, loses_answer: bool
) -> None:
    due = bill(method)
    api.loses_answers = loses_answer
    try:
        await stripe.charge(due)
    except ProviderTimeout:
        api.loses_answers = False
    for _ in range(2):
        await stripe.void(due)
    assert api.taken == 0
    assert {intent["status"] for intent in api.of(due.key)} <= {"canceled", "succeeded"}
    assert len(api.refunds) == (method == "pm_card_visa")


async def test_void_of_what_was_never_charged_forbids_it(stripe: Provider, api: StripeApi) -> None:
    due = bill()
    for _ in range(2):
        await stripe.void(due)
    assert await stripe.charge(due) == Rejected(reason="voided")
    assert (api.taken, [intent["status"] for intent in api.of(due.key)]) == (0, ["canceled"])


async def test_void_under_a_known_name_is_short(stripe: Provider, api: StripeApi) -> None:
    due = bill()
    taken = await stripe.charge(due)
    assert isinstance(taken, Taken)
    await stripe.void(replace(due, reference=taken.reference))
    assert (api.taken, len(api.intents)) == (0, 1)


async def test_void_of_what_is_processing_waits_for_its_end(stripe: Provider, api: StripeApi) -> None:
    due = bill("pm_sepa")
    underway = await stripe.charge(due)
    assert isinstance(underway, Underway)
    with pytest.raises(ProviderError, match="processing"):
        await stripe.void(due)
    api.move(underway.reference, "succeeded")
    await stripe.void(due)
    assert api.taken == 0


async def test_void_finds_a_charge_whose_key_was_forgotten(stripe: Provider, api: StripeApi) -> None:
    due = bill()
    await stripe.charge(due)
    api.forget_keys()
    await stripe.void(due)
    assert api.taken == 0


@pytest.mark.parametrize("charge_first", [True, False])
async def test_void_and_a_charge_in_flight_meet_without_harm(
    stripe: Provider, api: StripeApi, *, charge_first: bool
) -> None:
    due = bill()

    async def slow(request: Request) -> Answer | None:
        is_charge = request.params.get("confirm") == "true"
        await asyncio.sleep(0.1 if is_charge != charge_first else 0)
        return None

    api.trouble = slow
    await asyncio.gather(stripe.charge(due), stripe.void(due))
    assert api.taken == 0
    await stripe.void(due)
    assert api.taken == 0


async def test_a_refund_gives_everything_back_once(stripe: Provider, api: StripeApi) -> None:
    due = bill()
    taken = await stripe.charge(due)
    assert isinstance(taken, Taken)
    known = replace(due, reference=taken.reference)
    assert await stripe.look(known) == Standing(taken=AMOUNT, returned=0)
    assert await asyncio.gather(*(stripe.refund(known) for _ in range(5))) == [None] * 5
    assert await stripe.look(known) == Standing(taken=AMOUNT, returned=AMOUNT)
    assert len(api.refunds) == 1


async def test_a_refund_whose_answer_was_lost_is_made_once(stripe: Provider, api: StripeApi) -> None:
    taken = await stripe.charge(due := bill())
    assert isinstance(taken, Taken)
    known = replace(due, reference=taken.reference)

    async def lose(request: Request) -> None:
        api.loses_answers = (request.method, request.path) == ("POST", "/v1/refunds")

    api.trouble = lose
    with pytest.raises(ProviderTimeout):
        await stripe.refund(known)
    api.trouble = None
    api.loses_answers = False
    assert await stripe.refund(known) is None
    assert (len(api.refunds), api.taken) == (1, 0)


async def test_a_refund_that_fails_is_refused_and_can_be_made_anew(stripe: Provider, api: StripeApi) -> None:
    taken = await stripe.charge(due := bill())
    assert isinstance(taken, Taken)
    known = replace(due, reference=taken.reference)
    api.refund_status = "failed"
    assert await stripe.refund(known) == Rejected(reason="expired_or_canceled_card")
    assert await stripe.look(known) == Standing(taken=AMOUNT, returned=0)
    api.refund_status = "pending"
    assert await stripe.refund(known) is None
    assert api.taken == 0


async def test_what_has_no_name_cannot_be_refunded(stripe: Provider) -> None:
    with pytest.raises(ProviderError):
        await stripe.refund(bill())
    with pytest.raises(ProviderError):
        await stripe.look(replace(bill(), reference="pi_unknown"))


@pytest.fixture
def reworded(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let what is asked of Stripe be in other words from now on, as after a release that changed them."""
    today = intents._params

    def reword() -> None:
        monkeypatch.setattr(intents, "_params", lambda due: {**today(due), "statement_descriptor_suffix": "SHOP"})

    return reword


async def knows_nothing_yet(request: Request) -> Answer | None:
    """Answer as the search does in the first minute."""
    is_search = request.path.endswith("/search")
    return (200, {"object": "search_result", "data": [], "has_more": False}) if is_search else None


async def lost(stripe: Provider, api: StripeApi, due: Bill) -> None:
    """Take the money, and let nobody hear of it."""
    api.loses_answers = True
    with pytest.raises(ProviderTimeout):
        await stripe.charge(due)
    api.loses_answers = False


@pytest.mark.parametrize(
    ("method", "is_taken"), [("pm_card_visa", True), ("pm_card_visa_chargeDeclinedInsufficientFunds", False)]
)
async def test_a_key_that_was_used_in_other_words_is_answered_by_what_it_made(
    stripe: Provider, api: StripeApi, reworded: Callable[[], None], method: str, *, is_taken: bool
) -> None:
    due = bill(method)
    await lost(stripe, api, due)
    reworded()
    [made] = api.of(due.key)
    assert await stripe.charge(due) == (
        Taken(reference=made["id"]) if is_taken else Rejected(reason="insufficient_funds")
    )
    assert api.taken == AMOUNT * is_taken


async def test_nobody_knows_what_a_key_made_in_other_words_until_it_is_found(
    stripe: Provider, api: StripeApi, reworded: Callable[[], None]
) -> None:
    due = bill()
    await lost(stripe, api, due)
    reworded()
    api.trouble = knows_nothing_yet
    for ask in (stripe.charge, stripe.void):
        with pytest.raises(ProviderError, match="other words"):
            await ask(due)
    api.trouble = None
    await stripe.void(due)
    assert api.taken == 0


async def test_void_reverses_what_was_charged_in_other_words(
    stripe: Provider, api: StripeApi, reworded: Callable[[], None]
) -> None:
    due = bill()
    await stripe.charge(due)
    reworded()
    for _ in range(2):
        await stripe.void(due)
    assert (api.taken, len(api.intents), len(api.refunds)) == (0, 1, 1)
