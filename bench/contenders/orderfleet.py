"""Orderfleet as it is: gateway, relay, a worker or more for each room; receipts, outbox, provider and timers included.

Shipments leave at once and do not arrive during a run, and no mail is sent (see ``bench.recording``): the peers do
neither.
"""

import asyncio
from collections.abc import Mapping, Sequence

from bench.contenders.base import Contender, python
from bench.programs import Program
from ops import topology
from ops.fleet import WORKERS
from ops.local.ports import free_port
from workers.fleet import fleet_topology
from workers.runtime.settings import Settings

_NOT_DURING_A_RUN = 86_400


class Orderfleet(Contender):
    """The fleet."""

    name = "orderfleet"

    def prepare(self) -> None:
        """Declare the topology."""
        asyncio.run(topology.declare(self._settings, fleet_topology()))

    def parts(self) -> Sequence[Program]:
        """Return gateway, relay and workers."""
        workers = [
            self._program(f"{room}.{number}" if number else room, room, *_command(room), worker=True)
            for room in WORKERS
            for number in range(self.load.scale.get(room, 1))
        ]
        doors = (self._program("relay", "relay", "ops", "relay"), self._program("gateway", "gateway", "ops", "gateway"))
        return (*workers, *doors)

    @property
    def _settings(self) -> Settings:
        place = self.place
        return Settings(amqp_url=place.amqp_url, management_url=place.management_url, database_url=place.database_url)

    def _program(self, name: str, kind: str, *words: str, worker: bool = False) -> Program:
        command = python("-m", *words)
        return Program(name=name, kind=kind, command=command, environment=self._environment(), worker=worker)

    def _environment(self) -> Mapping[str, str]:
        return {
            "ORDERFLEET_AMQP_URL": self.place.amqp_url,
            "ORDERFLEET_MANAGEMENT_URL": self.place.management_url,
            "ORDERFLEET_DATABASE_URL": self.place.database_url,
            "ORDERFLEET_GATEWAY_PORT": str(self.port),
            "ORDERFLEET_HEALTH_PORT": str(free_port()),
            "ORDERFLEET_HANDLING_SECONDS": "0",
            "ORDERFLEET_TRANSIT_SECONDS": str(_NOT_DURING_A_RUN),
        }


def _command(room: str) -> tuple[str, ...]:
    return ("bench.recording",) if room == "notification" else ("ops", "worker", room)
