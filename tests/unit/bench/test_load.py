import random
import re
from pathlib import Path

import click
import pytest

from bench import catalogue, options, queues
from bench.also import variants
from bench.contenders.base import Load
from bench.load import crowd, trickle
from workers.fleet import fleet_topology

LUA = (Path(crowd.__file__).parent / "orders.lua").read_text()


def test_orders_have_one_to_three_lines_of_what_there_is() -> None:
    products = {str(catalogue.product(number)) for number in range(catalogue.PRODUCTS)}
    orders = [trickle.order(random.Random(seed)) for seed in range(100)]
    assert {len(order["orderItems"]) for order in orders} == {1, 2, 3}
    assert all(line["productId"] in products for order in orders for line in order["orderItems"])


def test_the_crowd_s_script_knows_the_ids() -> None:
    pattern = re.search(r'"(01900000-[^"]+)"', LUA)
    assert pattern
    assert pattern[1].replace("%s", "a").replace("%04x", "{:04x}") == catalogue.USER
    assert pattern[1].replace("%s", "b").replace("%04x", "{:04x}") == catalogue.PRODUCT


def test_ids_are_apart() -> None:
    users = {catalogue.user(number) for number in range(catalogue.USERS)}
    products = {catalogue.product(number) for number in range(catalogue.PRODUCTS)}
    assert len(users | products) == catalogue.USERS + catalogue.PRODUCTS


def test_the_way_is_part_of_the_topology() -> None:
    bindings = {(binding.queue, binding.key) for binding in fleet_topology().bindings}
    assert queues.FORWARD.items() <= bindings
    assert len(queues.FORWARD) == 10


def test_everybody_who_hears_the_way_is_on_it() -> None:
    heard = {(b.queue, b.key) for b in fleet_topology().bindings if b.exchange == "orderfleet.events"}
    assert {pair for pair in heard if pair[1] in queues.FORWARD.values()} == queues.FORWARD.items()


def test_scales_are_numbers() -> None:
    assert options.counts(("stock=2", "celery.prefetch=16")) == {"stock": 2, "celery.prefetch": 16}


@pytest.mark.parametrize("wrong", ["stock", "stock=two", "stock=1=2"])
def test_anything_else_is_refused(wrong: str) -> None:
    with pytest.raises(click.BadParameter, match="KIND=COUNT"):
        options.counts((wrong,))


def test_sizes_are_numbers() -> None:
    assert options.sizes("0,10000") == (0, 10_000)
    with pytest.raises(click.BadParameter, match="commas"):
        options.sizes("many")


def test_variants_differ_in_nothing_but_what_is_varied() -> None:
    load = Load(seconds=3)
    for wanted in (variants.tuning("celery", load), variants.processes(load), variants.hot(load)):
        assert len({str(varied) for _, varied in wanted.values()}) == len(wanted)
        assert {varied.seconds for _, varied in wanted.values()} == {3}
