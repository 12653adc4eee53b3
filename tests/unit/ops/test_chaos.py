import random
from itertools import islice

from ops.chaos import shown
from ops.chaos.faults import FAULTS, OF_A_CLUSTER
from ops.chaos.orders import KINDS, wish
from ops.chaos.plan import steps
from ops.chaos.verdict import Recovery, Verdict
from ops.fleet import WORKERS
from tests.support.verdicts import verdict


def plan(seed: int, count: int = 100) -> list[tuple[float, tuple[tuple[str, int], ...]]]:
    drawn = islice(steps(FAULTS, seed), count)
    return [(step.quiet, tuple((each.fault.kind, each.seed) for each in step.injections)) for step in drawn]


def test_a_seed_is_a_plan() -> None:
    assert plan(1) == plan(1) != plan(2)


def test_every_fault_comes_before_any_comes_again() -> None:
    kinds = [kind for _, together in plan(7, len(FAULTS)) for kind, _ in together]
    assert set(kinds[: len(FAULTS)]) == {fault.kind for fault in FAULTS}


def test_now_and_then_two_things_break_at_once_and_never_the_same() -> None:
    pairs = [together for _, together in plan(3, 500) if len(together) > 1]
    assert pairs
    for together in pairs:
        targets = {kind.partition(" ")[0] for kind, _ in together}
        assert len(targets) == len(together)


def test_a_fault_that_wants_to_be_alone_is() -> None:
    shy = {fault.kind for fault in FAULTS if not fault.goes_with_others}
    assert all(len(together) == 1 for _, together in plan(5, 500) if any(kind in shy for kind, _ in together))


def test_every_program_is_killed_and_told_to_end() -> None:
    kinds = {fault.kind for fault in FAULTS}
    assert {f"{program} killed" for program in (*WORKERS, "relay", "gateway")} <= kinds
    assert {f"{program} told to end" for program in (*WORKERS, "relay", "gateway")} <= kinds
    assert len(kinds) == len(FAULTS)
    assert not kinds & {fault.kind for fault in OF_A_CLUSTER}


def test_customers_order_everything_and_some_regret_it() -> None:
    dice = random.Random(11)
    wishes = [wish(dice) for _ in range(5000)]
    assert {each.kind.name for each in wishes} == {kind.name for kind in KINDS}
    assert 0.1 < sum(bool(each.regrets) for each in wishes) / len(wishes) < 0.3


def test_a_verdict_is_good_when_nothing_is_wrong() -> None:
    assert verdict().ok
    for name in ("lost", "oversold", "double_charged", "stuck", "untold", "dead", "other_violations"):
        assert not verdict(**{name: 1}).ok


def test_recoveries_are_told_by_their_middle_and_their_longest() -> None:
    recovery = Recovery(kind="relay killed", seconds=(1.0, 9.0, 2.0))
    assert (recovery.times, recovery.median, recovery.longest) == (3, 2.0, 9.0)
    never = Recovery(kind="relay killed", seconds=(), never=2)
    assert (never.times, never.median, never.longest) == (2, 0.0, 0.0)


def test_verdicts_stand_side_by_side_on_a_page_and_their_recoveries_together() -> None:
    two: list[Verdict] = [
        verdict(seed=1, recoveries=(Recovery(kind="relay killed", seconds=(1.0,)),)),
        verdict(seed=2, recoveries=(Recovery(kind="relay killed", seconds=(3.0,)),)),
    ]
    page = shown.markdown(two)
    assert "|  | seed 1 | seed 2 |" in page
    assert "| lost | 0 | 0 |" in page
    assert "| relay killed | 2 | 2.0 | 3.0 | 0 |" in page
