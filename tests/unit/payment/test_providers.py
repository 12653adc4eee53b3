"""Which provider the settings choose, and what they say when something is missing."""

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.app import create_app
from workers.payment.providers import opened
from workers.payment.simulated import SimulatedProvider
from workers.payment.stripe.provider import StripeProvider
from workers.runtime.settings import Settings, SettingsError, load

ROOT = Path(__file__).parents[3]
STRIPE = Settings(payment_provider="stripe", stripe_secret_key="sk_test_1", stripe_webhook_secret="whsec_1")


async def test_the_settings_choose() -> None:
    async with opened(Settings()) as provider:
        assert isinstance(provider, SimulatedProvider)
    async with opened(STRIPE) as provider:
        assert isinstance(provider, StripeProvider)


async def test_without_a_key_there_is_no_stripe() -> None:
    with pytest.raises(SettingsError, match="needs ORDERFLEET_STRIPE_SECRET_KEY"):
        async with opened(Settings(payment_provider="stripe")):
            pass


async def test_a_missing_library_is_a_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "stripe", None)
    with pytest.raises(SettingsError, match=r'pip install "orderfleet\[stripe\]"'):
        async with opened(STRIPE):
            pass
    with pytest.raises(SettingsError, match="ORDERFLEET_STRIPE_WEBHOOK_SECRET needs"):
        create_app(STRIPE)


def test_the_library_is_imported_only_when_it_is_chosen() -> None:
    code = (
        "import sys; from gateway.app import create_app; from workers.fleet import ROOMS; "
        "from workers.runtime.settings import Settings; create_app(Settings()); sys.exit('stripe' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("name", ["ORDERFLEET_STRIPE_SECRET_KEY", "ORDERFLEET_STRIPE_WEBHOOK_SECRET"])
def test_a_secret_that_cannot_be_one_is_not_told(name: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load({name: "sk live secret"})
    assert name in str(refused.value)
    assert "live" not in str(refused.value)


def test_there_is_no_other_provider() -> None:
    with pytest.raises(SettingsError, match="ORDERFLEET_PAYMENT_PROVIDER"):
        load({"ORDERFLEET_PAYMENT_PROVIDER": "paypal"})
