"""Structured logs: one line an event, JSON for machines or colours for a terminal."""

import logging
import sys

import structlog

from workers.runtime.settings import Settings

QUIET = {
    "aio_pika": logging.INFO,
    "aiormq": logging.INFO,  # logs message bodies at DEBUG
    "asyncio": logging.INFO,
    "httpcore": logging.INFO,
    "httpx": logging.WARNING,  # logs every request at INFO
    "psycopg": logging.INFO,
    "stripe": logging.WARNING,  # logs every request at INFO, and bodies at DEBUG
    "sqlalchemy": logging.WARNING,  # logs every statement at INFO
}


def configure(settings: Settings, **always: str) -> None:
    """Send everything to standard output; ``always`` is bound to every line of this process.

    Libraries stay quiet whatever the level, or they would tell bodies and statements.
    """
    level = logging.getLevelNamesMapping()[settings.log_level]
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_render(settings)))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(max(level, least))
    structlog.contextvars.bind_contextvars(**always)


def _render(settings: Settings) -> list[structlog.types.Processor]:
    last: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer() if settings.log_format == "console" else structlog.processors.JSONRenderer()
    )
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        last,
    ]
