"""``orderfleet gateway``."""

import math

import click
import uvicorn

from ops.local.settings import settings


@click.command()
def command() -> None:
    """Serve HTTP."""
    given = settings()
    uvicorn.run(
        "gateway.app:create_app",
        factory=True,
        host=given.gateway_host,
        port=given.gateway_port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=math.ceil(given.drain_seconds),
    )
