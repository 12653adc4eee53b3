"""What an error of Stripe's means to the payment room."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import stripe

from workers.payment.provider import ProviderError, ProviderTimeout
from workers.payment.stripe.wire import NoAnswer, Unreachable
from workers.runtime.verdict import Outage

DECLINED = "payment_declined"
UNKNOWN_METHOD = "unknown_payment_method"
_AWAY = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
_LOCKED = "lock_timeout"  # somebody else is at the same object: no limit on the rate, whatever the status says


@contextmanager
def translated() -> Iterator[None]:
    """Raise what the room understands, in words that quote neither key nor card.

    Raises:
        Outage: when no request can succeed now: nobody there, a refused key, too many requests.
        ProviderTimeout: when nobody knows what came of this one.
        ProviderError: when this one failed.
    """
    try:
        yield
    except Unreachable as error:
        raise Outage("Stripe cannot be reached") from error
    except NoAnswer as error:
        raise ProviderTimeout("Stripe did not answer in time") from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise Outage("Stripe refuses the key: see ORDERFLEET_STRIPE_SECRET_KEY") from error
    except stripe.RateLimitError as error:
        if _code(error) == _LOCKED:
            raise ProviderError("another request to Stripe is at the same payment") from error
        raise Outage("Stripe takes no more requests for now") from error
    except stripe.StripeError as error:
        if error.http_status in _AWAY:
            raise Outage("Stripe is away") from error
        raise ProviderError(f"Stripe: {_code(error) or type(error).__name__}, status {error.http_status}") from error


def why_declined(error: stripe.CardError) -> str:
    """Name the reason of a declined card."""
    return reason(_code(error), getattr(error.error, "decline_code", None))


def reason(code: str | None, decline_code: str | None) -> str:
    """Name a reason by Stripe's codes: what the bank says only in general is ``payment_declined``."""
    if decline_code == "insufficient_funds":
        return decline_code
    return DECLINED if code in (None, "card_declined") else code


def why_invalid(error: stripe.InvalidRequestError) -> str:
    """Name the reason why a request can never succeed."""
    if (error.param or "").startswith("payment_method"):
        return UNKNOWN_METHOD
    return _code(error) or "invalid_request"


def intent_of(error: stripe.CardError) -> str | None:
    """Return the PaymentIntent that a declined card belongs to."""
    intent = getattr(error.error, "payment_intent", None)
    return getattr(intent, "id", None)


def _code(error: stripe.StripeError) -> str | None:
    code: str | None = error.code or getattr(error.error, "code", None)
    return code
