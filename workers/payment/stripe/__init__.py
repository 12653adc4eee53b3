"""Stripe as the payment provider; needs the extra ``orderfleet[stripe]``.

Money is taken by one PaymentIntent an order, made and confirmed in one request under the order's own idempotency key.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from workers.payment.provider import Provider
from workers.runtime.settings import Settings, SettingsError


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Provider]:
    """Open the connections to Stripe.

    Raises:
        SettingsError: when the library or the key is missing.
    """
    if settings.stripe_secret_key is None:
        raise SettingsError("ORDERFLEET_PAYMENT_PROVIDER=stripe needs ORDERFLEET_STRIPE_SECRET_KEY")
    require_library("ORDERFLEET_PAYMENT_PROVIDER=stripe")
    from workers.payment.stripe.provider import StripeProvider  # noqa: PLC0415 - the library may not be installed

    async with StripeProvider.open(settings, settings.stripe_secret_key) as provider:
        yield provider


def require_library(setting: str) -> None:
    """Say what to install if ``stripe`` is not there.

    Raises:
        SettingsError: naming the ``setting`` that wants it.
    """
    try:
        import stripe  # noqa: F401, PLC0415 - whether it is there is the question
    except ModuleNotFoundError:
        raise SettingsError(f'{setting} needs the stripe library: pip install "orderfleet[stripe]"') from None
