"""What a run does when the fleet is broken before anything is broken on purpose, or stays broken."""

from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from ops.chaos import happening, recovery
from ops.chaos.customers import Customers
from ops.chaos.happening import Happening
from ops.chaos.stage import Stage
from ops.chaos.wanted import Wanted
from ops.errors import OpsError
from ops.local.postgres import Postgres
from ops.local.rabbitmq import RabbitMQ
from workers.runtime.settings import Settings


class Shop(httpx.AsyncBaseTransport):
    """A gateway that answers every order the same."""

    def __init__(self, status: HTTPStatus, *, ends: str = "PENDING") -> None:
        self._status, self._ends = status, ends

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/orders" and self._status != HTTPStatus.CREATED:
            return httpx.Response(self._status, text="it is raining in")
        return httpx.Response(HTTPStatus.CREATED, json={"id": "1", "status": self._ends})


def made(tmp_path: Path, status: HTTPStatus, said: list[str]) -> Happening:
    stage = Stage(
        settings=Settings(),
        rabbitmq=RabbitMQ(tmp_path / "rabbitmq", amqp_port=1, management_port=1),
        postgres=Postgres(tmp_path / "postgres", port=1),
        outage_file=tmp_path / "outage",
    )
    run = Happening(Wanted(home=tmp_path, seed=1, faults=5), stage, said.append)
    run.customers = Customers("http://shop", rate=10, seed=1, transport=Shop(status))
    return run


@pytest.mark.parametrize(
    ("status", "why"), [(HTTPStatus.INTERNAL_SERVER_ERROR, "500 it is raining in"), (HTTPStatus.CREATED, "was taken")]
)
async def test_nothing_is_broken_when_orders_are_not_delivered_anyway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: HTTPStatus, why: str
) -> None:
    monkeypatch.setattr(happening, "_FIRST_SECONDS", 0.3)
    said: list[str] = []
    run = made(tmp_path, status, said)
    with pytest.raises(OpsError, match=why):
        await run.happen()
    assert run.injected == 0


async def test_a_fleet_that_stays_broken_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def once(*_: object, **words: float) -> float | None:
        return 1.0 if "most" in words else None

    async def nothing(*_: object) -> None:
        pass

    monkeypatch.setattr(recovery, "measure", once)
    monkeypatch.setattr(Happening, "_inject", nothing)
    said: list[str] = []
    run = made(tmp_path, HTTPStatus.CREATED, said)
    await run.happen()
    [line] = said
    assert "NEVER AGAIN" in line


async def test_mails_are_back_when_one_comes_whosever_it_is(tmp_path: Path) -> None:
    shop = Shop(HTTPStatus.CREATED, ends="DELIVERED")
    customers = Customers("http://shop", rate=10, seed=1, transport=shop)
    await customers.come(expected=1)
    (tmp_path / "20260101T000000.000000-1.eml").touch()
    assert await recovery.measure(customers, mails=tmp_path, most=0.5) is None
    (tmp_path / "99991231T000000.000000-2.eml").touch()
    assert await recovery.measure(customers, mails=tmp_path, most=5) is not None
