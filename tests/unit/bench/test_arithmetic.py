import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import arithmetic
from bench.arithmetic import Spread, Ticks

VALUES = st.lists(st.floats(0, 1e6), min_size=1)


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_percentiles_are_values_that_were_seen(share: float, expected: float) -> None:
    assert arithmetic.percentile([float(value) for value in range(100, 0, -1)], share) == expected


def test_a_percentile_of_nothing_is_unknown() -> None:
    assert math.isnan(arithmetic.percentile([], 0.5))


@given(VALUES, st.floats(0.01, 1))
def test_enough_values_are_not_above_a_percentile(values: list[float], share: float) -> None:
    found = arithmetic.percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)


@given(VALUES)
def test_percentiles_rise(values: list[float]) -> None:
    assert arithmetic.percentile(values, 0.5) <= arithmetic.percentile(values, 0.95) <= max(values)


def test_a_spread_has_the_middle_and_both_ends() -> None:
    assert arithmetic.spread([3, 1, 10]) == Spread(median=3, least=1, most=10)


def test_what_was_used_is_the_difference_of_two_readings() -> None:
    before, after = {"broker": 100.0, "gateway": 50.0}, {"broker": 150.0, "gateway": 50.0, "stock": 30.0}
    assert arithmetic.deltas(before, after) == {"broker": 50, "gateway": 0, "stock": 30}


def test_who_was_started_anew_has_used_nothing_less_than_nothing() -> None:
    assert arithmetic.deltas({"stock": 500.0}, {"stock": 20.0}) == {"stock": 0}


def test_who_has_ended_is_left_out() -> None:
    assert arithmetic.deltas({"stock": 500.0}, {}) == {}


def test_costs_are_shared_by_all_orders() -> None:
    assert arithmetic.per_order({"broker": 100.0, "stock": 50.0}, 50) == {"broker": 2, "stock": 1}


def test_a_cost_without_orders_is_unknown() -> None:
    assert math.isnan(arithmetic.per_order({"broker": 100.0}, 0)["broker"])


@pytest.mark.parametrize(("orders", "seconds", "expected"), [(100, 4, 25), (100, 0, 0), (0, math.inf, 0)])
def test_rates(orders: int, seconds: float, expected: float) -> None:
    assert arithmetic.rate(orders, seconds) == expected


@pytest.mark.parametrize(("ours", "expected"), [(1000, 0.25), (1500, 0), (1600, 0)])
def test_strangers_used_what_was_busy_without_us(ours: float, expected: float) -> None:
    before, after = Ticks(busy=500, whole=10_000), Ticks(busy=2000, whole=12_000)
    assert arithmetic.strangers(before, after, ours) == expected
