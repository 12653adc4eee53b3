"""``orderfleet gateway``."""

import math
import sys
from contextlib import suppress
from types import FrameType

import click
import uvicorn

from ops.local.settings import settings
from workers.runtime.lifecycle import GRACE, end_within

_NOT_STARTED = 3


class _Server(uvicorn.Server):
    """A server that ends in time, also while a database that is frozen keeps a request, or its own goodbye."""

    drain_seconds = 0.0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.should_exit:
            end_within(self.drain_seconds + GRACE)
        super().handle_exit(sig, frame)


@click.command()
def command() -> None:
    """Serve HTTP."""
    given = settings()
    config = uvicorn.Config(
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
    server = _Server(config)
    server.drain_seconds = given.drain_seconds
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(_NOT_STARTED)
