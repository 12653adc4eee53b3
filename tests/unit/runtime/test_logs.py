"""What is logged, and what never is."""

import json
import logging
from collections.abc import Iterator

import msgspec
import pytest
import structlog

from workers.runtime import logs
from workers.runtime.settings import Settings


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_a_line_is_json_with_everything_it_concerns(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Settings(), process="stock")
    structlog.stdlib.get_logger("workers").warning("message failed", queue="Stock_OrderCreated", order_id="7")
    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["level"], line["process"]) == ("message failed", "warning", "stock")
    assert (line["queue"], line["order_id"]) == ("Stock_OrderCreated", "7")


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("aiormq", logging.DEBUG),
        ("sqlalchemy.engine", logging.INFO),
        ("httpx", logging.INFO),
        ("stripe", logging.INFO),
    ],
)
def test_libraries_tell_no_payloads_even_at_debug(name: str, level: int, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(msgspec.structs.replace(Settings(), log_level="DEBUG"), process="stock")
    logging.getLogger(name).log(level, "secret")
    structlog.stdlib.get_logger("workers").debug("ours")
    assert "secret" not in (told := capsys.readouterr().out)
    assert "ours" in told
