"""Which deliveries are acknowledged together, and which one by one."""

from workers.runtime.unsettled import Unsettled


def holding(*tags: int) -> Unsettled:
    unsettled = Unsettled()
    for tag in tags:
        unsettled.add(tag)
    return unsettled


def test_what_is_settled_before_the_first_open_one_goes_at_once() -> None:
    unsettled = holding(1, 2, 3, 4)
    unsettled.settle([1, 2])
    assert (unsettled.pop_prefix(), unsettled.pop_overtakers(), len(unsettled)) == (2, [], 2)


def test_what_overtook_an_open_one_goes_by_itself() -> None:
    unsettled = holding(1, 2, 3, 4)
    unsettled.settle([4, 2])
    assert (unsettled.pop_prefix(), unsettled.pop_overtakers()) == (0, [2, 4])
    unsettled.settle([1])
    assert (unsettled.pop_prefix(), unsettled.holds(3), len(unsettled)) == (1, True, 1)


def test_nothing_is_acknowledged_twice() -> None:
    unsettled = holding(1)
    unsettled.settle([1])
    assert unsettled.pop_prefix() == 1
    unsettled.settle([1, 7])
    assert (unsettled.pop_prefix(), unsettled.pop_overtakers(), len(unsettled)) == (0, [], 0)
    assert not unsettled.holds(1)
