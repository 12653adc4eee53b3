import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from uuid_utils.compat import uuid7

from workers.payment.provider import Bill, ProviderError, ProviderTimeout, Rejected, Standing, Taken
from workers.payment.simulated import SimulatedProvider
from workers.runtime.database import Database
from workers.runtime.settings import Settings
from workers.runtime.verdict import Outage

_BOOKS = text("SELECT key, amount, status, calls FROM payment.simulated_charge ORDER BY key")


async def books(database: Database) -> list[Any]:
    async with database.transaction() as tx:
        return [tuple(row) for row in await tx.execute(_BOOKS)]


def bill(key: UUID, method: str = "tok_ok") -> Bill:
    return Bill(key=key, amount=1250, currency="EUR", method=method)


async def charge(provider: SimulatedProvider, key: UUID, method: str = "tok_ok") -> Taken | Rejected:
    return await provider.charge(bill(key, method))


async def test_one_key_is_charged_once_by_concurrent_calls_and_by_every_provider(
    settings: Settings, database: Database
) -> None:
    key = uuid7()
    async with SimulatedProvider.open(settings) as one, SimulatedProvider.open(settings) as other:
        answers = await asyncio.gather(*(charge(provider, key) for provider in [one, other] * 10))
    async with SimulatedProvider.open(settings) as later:
        answers.append(await charge(later, key))
    assert answers == [Taken(reference=f"sim_{key.hex}")] * 21
    assert await books(database) == [(key, 1250, "CHARGED", 21)]


async def test_many_keys_at_once_each_get_their_own_answer(provider: SimulatedProvider, database: Database) -> None:
    keys = [uuid7() for _ in range(40)]
    methods = ["tok_ok", "tok_declined", "tok_insufficient_funds", "tok_refund_fails"] * 10
    answers = await asyncio.gather(*(charge(provider, key, method) for key, method in zip(keys, methods, strict=True)))
    expected = [
        Rejected(reason="payment_declined")
        if method == "tok_declined"
        else Rejected(reason="insufficient_funds")
        if method == "tok_insufficient_funds"
        else Taken(reference=f"sim_{key.hex}")
        for key, method in zip(keys, methods, strict=True)
    ]
    assert answers == expected
    assert sum(status == "CHARGED" for _, _, status, _ in await books(database)) == 20


async def test_timeout_succeeds_at_the_third_try_whoever_asks(settings: Settings, database: Database) -> None:
    key = uuid7()
    for _ in range(2):
        async with SimulatedProvider.open(settings) as provider:
            with pytest.raises(ProviderTimeout):
                await charge(provider, key, "tok_timeout")
    assert [row[2] for row in await books(database)] == ["PENDING"]
    async with SimulatedProvider.open(settings) as provider:
        assert await charge(provider, key, "tok_timeout") == Taken(reference=f"sim_{key.hex}")
        assert await charge(provider, key, "tok_timeout") == Taken(reference=f"sim_{key.hex}")


async def test_error_always_fails_and_an_unknown_token_is_rejected(provider: SimulatedProvider) -> None:
    key = uuid7()
    for _ in range(4):
        with pytest.raises(ProviderError):
            await charge(provider, key, "tok_error")
    assert await charge(provider, uuid7(), "tok_nonsense") == Rejected(reason="unknown_payment_method")


async def test_void_reverses_and_forbids(provider: SimulatedProvider, database: Database) -> None:
    taken, untouched = sorted([uuid7(), uuid7()])
    await charge(provider, taken)
    await asyncio.gather(*(provider.void(bill(key)) for key in (taken, untouched, taken)))
    for key in (taken, untouched):
        assert await charge(provider, key) == Rejected(reason="voided")
    assert [row[2] for row in await books(database)] == ["VOIDED", "VOIDED"]


async def test_refund_gives_back_once_what_was_taken(provider: SimulatedProvider, database: Database) -> None:
    taken, declined, voided = uuid7(), uuid7(), uuid7()
    await charge(provider, taken)
    await charge(provider, declined, "tok_declined")
    await charge(provider, voided)
    await provider.void(bill(voided))
    for _ in range(2):
        await asyncio.gather(*(provider.refund(bill(key)) for key in (taken, taken, declined, voided)))
    async with database.transaction() as tx:
        rows = await tx.execute(text("SELECT key, status, captured, refunded FROM payment.simulated_charge"))
        found = {row.key: tuple(row)[1:] for row in rows}
    assert found == {
        taken: ("REFUNDED", 1250, 1250),
        declined: ("DECLINED", 0, 0),
        voided: ("VOIDED", 1250, 1250),
    }
    assert await charge(provider, taken) == Rejected(reason="voided")
    standings = [await provider.look(bill(key)) for key in (taken, declined, uuid7())]
    assert standings == [
        Standing(taken=1250, returned=1250),
        Standing(taken=0, returned=0),
        Standing(taken=0, returned=0),
    ]


async def test_what_was_never_charged_or_refuses_cannot_be_refunded(provider: SimulatedProvider) -> None:
    refusing = uuid7()
    await charge(provider, refusing, "tok_refund_fails")
    for key in (uuid7(), refusing):
        with pytest.raises(ProviderError):
            await provider.refund(bill(key))
    await provider.void(bill(refusing))


async def test_a_slow_charge_is_captured_when_it_succeeds(provider: SimulatedProvider, database: Database) -> None:
    key = uuid7()
    for _ in range(2):
        with pytest.raises(ProviderTimeout):
            await charge(provider, key, "tok_timeout")
    captured = text("SELECT captured FROM payment.simulated_charge")
    async with database.transaction() as tx:
        assert (await tx.execute(captured)).scalar_one() == 0
    await charge(provider, key, "tok_timeout")
    async with database.transaction() as tx:
        assert (await tx.execute(captured)).scalar_one() == 1250


async def test_a_provider_without_its_books_is_an_outage(settings: Settings) -> None:
    nowhere = replace(settings, database_url="postgresql://nobody@127.0.0.1:1/nothing")
    async with SimulatedProvider.open(nowhere) as provider:
        with pytest.raises(Outage):
            await charge(provider, uuid7())
        assert not await provider.probe()


async def test_a_provider_with_its_books_answers_a_probe(provider: SimulatedProvider) -> None:
    assert await provider.probe()


async def test_while_its_file_is_there_the_provider_is_away(settings: Settings, tmp_path: Path) -> None:
    switch = tmp_path / "away"
    async with SimulatedProvider.open(replace(settings, simulated_outage_file=str(switch))) as provider:
        switch.touch()
        with pytest.raises(Outage):
            await charge(provider, uuid7())
        assert not await provider.probe()
        switch.unlink()
        assert await provider.probe()
        assert isinstance(await charge(provider, uuid7()), Taken)
