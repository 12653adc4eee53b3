"""Which payment provider there is: the settings say, and a library is imported only for the provider that needs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from workers.payment.provider import Provider
from workers.payment.simulated import SimulatedProvider
from workers.runtime.settings import Settings


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Provider]:
    """Open the payment provider.

    Raises:
        SettingsError: when something is missing that it needs.
    """
    if settings.payment_provider == "stripe":
        from workers.payment.stripe import opened as open_stripe  # noqa: PLC0415 - only when it is chosen

        async with open_stripe(settings) as stripe:
            yield stripe
    else:
        async with SimulatedProvider.open(settings) as simulated:
            yield simulated
