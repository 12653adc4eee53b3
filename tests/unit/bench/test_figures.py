import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from bench import figures, report
from bench.contenders import CONTENDERS
from bench.contenders.base import Load
from bench.figures import Full, Light, Run
from bench.load.crowd import Crowd

CONTRACT = {"completed_per_s", "cpu_ms_per_order", "p50_ms_light", "max_worker_rss_mb"}


def run(name: str, number: int = 1, *, rate: float = 100, cpu: float = 2, completed: int = 1000) -> Run:
    return Run(
        contender=name,
        number=number,
        light=Light(orders=200, p50_ms=20.0 + number, p95_ms=40, p99_ms=50),
        full=Full(
            accepted=1000,
            completed=completed,
            seconds=completed / rate,
            cpu_ms={"broker": 0.25, "database": 0.25, "workers": cpu - 0.5},
            strangers=0.1,
            crowd=Crowd(requests=1001, refused=1, broken=0, p50_ms=30, p99_ms=60),
        ),
        worker_rss_mb=80.0 + number,
        rss_mb={"workers": 80},
    )


@pytest.fixture
def latest(tmp_path: Path) -> dict[str, Any]:
    """What is written when every contender was measured three times."""
    runs = {name: [run(name, number, rate=100 * number) for number in (1, 2, 3)] for name in CONTENDERS}
    report.write(runs, Load(), tmp_path / "latest.json")
    content: dict[str, Any] = json.loads((tmp_path / "latest.json").read_text())
    return content


def test_every_contender_has_what_the_contract_names(latest: dict[str, Any]) -> None:
    for name in ("orderfleet", "faststream", "celery", "infrastructure"):
        assert latest[name].keys() >= CONTRACT
        assert all(isinstance(latest[name][figure], int | float) for figure in CONTRACT)


def test_figures_are_medians_with_their_ranges(latest: dict[str, Any]) -> None:
    ours = latest["orderfleet"]
    assert ours["completed_per_s"] == 200
    assert ours["ranges"]["completed_per_s"] == [100, 300]
    assert ours["p50_ms_light"] == 22
    assert ours["max_worker_rss_mb"] == 82


def test_it_says_how_it_was_measured(latest: dict[str, Any]) -> None:
    assert latest["measured"].keys() >= {"at", "cores", "python", "rounds", "others_cpu_share"}
    assert latest["measured"]["rounds"] == 3


def test_what_is_not_known_is_null() -> None:
    unknown = msgspec.structs.replace(run("celery"), light=figures.light([]))
    written = json.loads(msgspec.json.encode(figures.result([unknown])))
    assert written["p50_ms_light"] is None
    assert "p50_ms_light" not in written["ranges"]


def test_cpu_is_that_of_all_and_that_of_the_servers() -> None:
    full = run("orderfleet", cpu=2).full
    assert full.cpu_ms_per_order == 2
    assert full.server_ms_per_order == 0.5


def test_orders_that_were_accepted_and_never_completed_are_counted() -> None:
    runs = [run("celery", 1, completed=990), run("celery", 2)]
    assert figures.result(runs).never_completed == 10


def test_nothing_completed_is_a_rate_of_nothing() -> None:
    full = msgspec.structs.replace(run("celery").full, completed=0, seconds=math.inf)
    assert full.completed_per_s == 0


def test_light_load_is_summed_up() -> None:
    assert figures.light([float(value) for value in range(1, 201)]) == Light(
        orders=200, p50_ms=100, p95_ms=190, p99_ms=198
    )


def test_it_says_how_contenders_compare() -> None:
    results = {
        "orderfleet": figures.result([run("orderfleet", rate=1000, cpu=1)]),
        "celery": figures.result([run("celery", rate=50)]),
        "infrastructure": figures.result([run("infrastructure", cpu=0.5)]),
    }
    assert report.comparison(results) == [
        "orderfleet completes 20.00 times the orders of celery",
        "an order costs 2.00 times the CPU that broker and database use of it",
        "an order costs 2.00 times the CPU of the floor, the cheapest client that we could make",
    ]


def test_without_orderfleet_there_is_nothing_to_compare() -> None:
    assert report.comparison({"celery": figures.result([run("celery")])}) == []


def test_the_table_names_everybody() -> None:
    console = Console(width=200, record=True, quiet=True)
    with console.capture() as captured:
        report.show({name: [run(name, 1), run(name, 2)] for name in CONTENDERS}, console)
    assert captured.get() == ""
    console = Console(width=200)
    with console.capture() as captured:
        report.show({name: [run(name, 1), run(name, 2)] for name in CONTENDERS}, console)
    assert all(name in captured.get() for name in CONTENDERS)
