"""The fleet as it is now."""

from litestar import get

from gateway.openapi import problems
from gateway.wanted import InSurveyor
from ops.survey import FleetView


@get("/fleet", summary="Show the fleet", tags=["Operations"], responses=problems(stored=False))
async def show_fleet(surveyor: InSurveyor) -> FleetView:
    """Show every queue and every process, and why whatever waits does so.

    Always an answer: when RabbitMQ or a database does not tell, the status is `degraded`, `problems` says why, and what
    is not known is null. The numbers of queues are RabbitMQ's own, at most some five seconds old.
    """
    return await surveyor.look()
