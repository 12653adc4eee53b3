from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from tests.support.stripe_api import KEY, StripeApi, stripe_api
from workers.payment.simulated import SimulatedProvider
from workers.runtime.settings import Settings


@pytest.fixture
async def provider(settings: Settings) -> AsyncIterator[SimulatedProvider]:
    async with SimulatedProvider.open(settings) as provider:
        yield provider


@pytest.fixture
async def api() -> AsyncIterator[StripeApi]:
    """Stripe."""
    async with stripe_api() as api:
        yield api


@pytest.fixture
def stripe_settings(settings: Settings, api: StripeApi) -> Settings:
    """The room's settings where Stripe moves the money."""
    return replace(
        settings,
        payment_provider="stripe",
        stripe_secret_key=KEY,
        stripe_webhook_secret=WEBHOOK_SECRET,
        stripe_api_base=api.url,
        stripe_timeout_seconds=5,
    )


WEBHOOK_SECRET = "whsec_of_the_tests"
