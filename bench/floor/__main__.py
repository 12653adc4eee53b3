"""Runs the floor for some seconds: ``--rate`` orders a second, or as many as go."""

import asyncio
import random
import resource
from collections.abc import Coroutine

import click
import uvloop
from uuid_utils.compat import uuid7

from bench import catalogue
from bench.floor.flow import Flow
from messages import Customer, Line
from messages.order import OrderCreated

_SET = 200
_UNDER_WAY = 3000
_KILOBYTE = 1024
_MEGABYTE = 1_000_000


@click.command()
@click.option("--amqp-url", required=True)
@click.option("--database-url", required=True)
@click.option("--seconds", type=float, required=True)
@click.option("--drain-seconds", type=float, default=120)
@click.option("--rate", type=float, default=0)
@click.option("--seed", type=int, default=0)
def main(*, amqp_url: str, database_url: str, seconds: float, drain_seconds: float, rate: float, seed: int) -> None:
    """Run, and print the peak resident memory in MB."""
    flow = Flow(amqp_url, database_url)
    chance = random.Random(seed)  # noqa: S311 - not secrecy
    feed = _trickle(flow, seconds, rate, chance) if rate else _crowd(flow, seconds, chance)
    uvloop.run(_run(flow, feed, drain_seconds))
    click.echo(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KILOBYTE / _MEGABYTE:.1f}")


async def _run(flow: Flow, feed: Coroutine[None, None, None], drain_seconds: float) -> None:
    await flow.open()
    try:
        await feed
        async with asyncio.timeout(drain_seconds):
            while flow.left:
                flow.require()
                await asyncio.sleep(0.01)
    finally:
        await flow.close()


async def _trickle(flow: Flow, seconds: float, rate: float, chance: random.Random) -> None:
    clock = asyncio.get_running_loop().time
    begun = clock()
    for number in range(round(seconds * rate)):
        await asyncio.sleep(begun + number / rate - clock())
        await flow.accept([_order(chance)])


async def _crowd(flow: Flow, seconds: float, chance: random.Random) -> None:
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    while clock() < end:
        flow.require()
        if flow.under_way < _UNDER_WAY:
            await flow.accept([_order(chance) for _ in range(_SET)])
        else:
            await asyncio.sleep(0.002)


def _order(chance: random.Random) -> OrderCreated:
    buyer = chance.randrange(catalogue.USERS)
    lines = tuple(_line(chance.randrange(catalogue.PRODUCTS)) for _ in range(chance.randint(1, 3)))
    return OrderCreated(
        order_id=uuid7(),
        customer=Customer(
            user_id=catalogue.user(buyer), name=f"Customer {buyer}", email=f"customer{buyer}@orderfleet.example"
        ),
        lines=lines,
        total=sum(line.unit_price for line in lines),
        currency="EUR",
        payment_method="tok_ok",
    )


def _line(number: int) -> Line:
    price = catalogue.price(number)
    return Line(product_id=catalogue.product(number), name=f"Product {number}", quantity=1, unit_price=price)


if __name__ == "__main__":
    main()
