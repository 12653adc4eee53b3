from ops.backoff import Backoff

BACKOFF = Backoff(first=0.5, most=30, steady=30)


def test_each_death_in_a_row_doubles_the_wait() -> None:
    assert [BACKOFF.delay(deaths) for deaths in range(1, 6)] == [0.5, 1, 2, 4, 8]


def test_the_wait_has_an_end() -> None:
    assert BACKOFF.delay(1000) == 30


def test_a_short_run_counts_on() -> None:
    assert BACKOFF.deaths(before=3, ran=29) == 4


def test_a_steady_run_makes_up_for_everything_before() -> None:
    assert BACKOFF.deaths(before=7, ran=30) == 1
