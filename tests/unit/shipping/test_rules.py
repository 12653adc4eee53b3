from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.runtime.settings import Settings
from workers.shipping.rules import Status, assign, steps, transit

ids = st.builds(UUID, int=st.integers(1, 2**128 - 1))


def test_without_agents_nobody_has_the_shipment() -> None:
    order = UUID(int=1)
    assert assign([order], {}) == {order: None}


def test_the_least_busy_comes_first_and_the_lower_id_among_equals() -> None:
    a, b, c = (UUID(int=n) for n in (1, 2, 3))
    orders = [UUID(int=100 + n) for n in range(4)]
    assert list(assign(orders, {c: 0, b: 2, a: 1}).values()) == [c, a, c, a]


@given(st.lists(ids, max_size=40, unique=True), st.dictionaries(ids, st.integers(0, 8), min_size=1, max_size=6))
def test_nobody_is_given_more_while_somebody_has_less(orders: list[UUID], busy: dict[UUID, int]) -> None:
    assigned = assign(orders, busy)
    assert list(assigned) == orders
    given_to = Counter(agent for agent in assigned.values() if agent)
    after = {agent: busy[agent] + given_to[agent] for agent in busy}
    for agent in given_to:
        assert after[agent] - 1 <= min(after.values())


WAYS = {
    (Status.PREPARING, Status.PREPARING): (),
    (Status.PREPARING, Status.IN_TRANSIT): (Status.IN_TRANSIT,),
    (Status.PREPARING, Status.DELIVERED): (Status.IN_TRANSIT, Status.DELIVERED),
    (Status.IN_TRANSIT, Status.IN_TRANSIT): (),
    (Status.IN_TRANSIT, Status.DELIVERED): (Status.DELIVERED,),
    (Status.DELIVERED, Status.DELIVERED): (),
}


@pytest.mark.parametrize("reported", Status)
@pytest.mark.parametrize("stands", Status)
def test_a_report_leads_forward_step_by_step_or_nowhere(stands: Status, reported: Status) -> None:
    assert steps(stands, reported) == WAYS.get((stands, reported))


def test_only_the_simulated_carrier_has_a_time() -> None:
    assert transit(Settings(transit_seconds=1.5)) == timedelta(seconds=1.5)
    assert transit(Settings(carrier="reported")) is None
