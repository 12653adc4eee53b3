"""Fixtures: a fleet of real processes on a fresh database and a fresh virtual host."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from ops.local.ports import free_port
from ops.local.rabbitmq import RabbitMQ
from tests.support.processes import Fleet, fleet
from tests.support.servers import private_rabbitmq
from workers.runtime.settings import Settings


@pytest.fixture
async def own_broker(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[RabbitMQ, Fleet]]:
    """A fleet with a broker that nobody else uses, and that may be killed."""
    with private_rabbitmq("own") as rabbitmq:
        settings = Settings(
            database_url=database_url,
            amqp_url=rabbitmq.amqp_url,
            management_url=rabbitmq.management_url,
            heartbeat_seconds=5,
        )
        async with fleet(settings, tmp_path) as made:
            yield rabbitmq, made


@pytest.fixture
async def running(fleet_settings: Settings, tmp_path: Path) -> AsyncIterator[Fleet]:
    with_mail = msgspec.structs.replace(fleet_settings, smtp_url=f"smtp://127.0.0.1:{free_port()}")
    async with fleet(with_mail, tmp_path) as made:
        yield made
