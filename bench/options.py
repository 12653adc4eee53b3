"""Options that every measurement has."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from msgspec.structs import replace

from bench.contenders.base import Load

_SMOKE = Load(seconds=2, connections=16, light_seconds=2, drain_seconds=40)
_NORMAL = Load()

_OPTIONS = (
    click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True),
    click.option("--seconds", type=float, default=_NORMAL.seconds, show_default=True, help="How long the crowd posts."),
    click.option("--connections", type=int, default=_NORMAL.connections, show_default=True, help="How large it is."),
    click.option("--light-seconds", type=float, default=_NORMAL.light_seconds, show_default=True),
    click.option("--drain-seconds", type=float, default=_NORMAL.drain_seconds, show_default=True),
    click.option(
        "--scale", multiple=True, metavar="KIND=COUNT", help="Processes of a room or peer, PEER.prefetch, PEER.door."
    ),
    click.option("--smoke", is_flag=True, help="One short round: does it work at all?"),
)


def measuring(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``load`` and ``rounds``."""

    @wraps(function)
    def command(
        *,
        rounds: int,
        seconds: float,
        connections: int,
        light_seconds: float,
        drain_seconds: float,
        scale: tuple[str, ...],
        smoke: bool,
        **others: Any,
    ) -> None:
        asked = Load(seconds=seconds, connections=connections, light_seconds=light_seconds, drain_seconds=drain_seconds)
        load = replace(_SMOKE if smoke else asked, scale=counts(scale))
        function(load=load, rounds=1 if smoke else rounds, **others)

    wrapped: Callable[..., Any] = command
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def counts(scale: tuple[str, ...]) -> dict[str, int]:
    """Read ``KIND=COUNT``.

    Raises:
        BadParameter: when it is something else.
    """
    try:
        return {kind: int(count) for kind, count in (word.split("=") for word in scale)}
    except ValueError:
        raise click.BadParameter("it is KIND=COUNT, such as stock=2", param_hint="--scale") from None


def sizes(text: str) -> tuple[int, ...]:
    """Read numbers with commas between them.

    Raises:
        BadParameter: when it is something else.
    """
    try:
        return tuple(int(word) for word in text.split(","))
    except ValueError:
        raise click.BadParameter("it is numbers with commas between them", param_hint="--sizes") from None
