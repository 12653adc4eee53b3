"""Whether the programs of the local stack are well, as they say themselves."""

import time
from collections.abc import Iterable
from contextlib import suppress

import httpx
import msgspec

from ops import places
from ops.errors import OpsError
from ops.local.ports import answers
from ops.local.process import last_words
from ops.state import ChildState, read
from workers.runtime.settings import Settings
from workers.runtime.waiting import Waiting

_START_SECONDS = 90
_DEATHS = 3
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to ask, not where to listen


def gateway_url(settings: Settings) -> str:
    """Return where the gateway is reached from this machine."""
    host = _ANYWHERE.get(settings.gateway_host, settings.gateway_host)
    return f"http://[{host}]:{settings.gateway_port}" if ":" in host else f"http://{host}:{settings.gateway_port}"


def wait(settings: Settings) -> None:
    """Wait until every program is well.

    Raises:
        OpsError: when one is not well in time, or keeps dying; with the end of its log.
    """
    deadline = time.monotonic() + _START_SECONDS
    while True:
        children = read(places.fleet() / "state.json").children
        ill = [child for child in children if not is_well(child, settings)]
        if children and not ill:
            return
        late = time.monotonic() > deadline
        for child in ill:
            if late or child.restarts >= _DEATHS:
                raise OpsError(_complaint(child))
        if late:
            raise OpsError(f"the supervisor did not start: {last_words(places.logs() / 'supervisor.log')}")
        time.sleep(0.1)


def is_well(child: ChildState, settings: Settings) -> bool:
    """Ask a program how it is."""
    if child.pid is None:
        return False
    if child.name == "gateway":
        return _says_ready(gateway_url(settings))
    if child.name == "mailcatcher":
        return any(answers(port) for port in _ports_of(settings.smtp_url))
    return child.health_port is not None and _says_ready(f"http://{settings.health_host}:{child.health_port}")


def waits(child: ChildState, settings: Settings) -> Iterable[str]:
    """Ask a worker what parts of it wait for: it tells also while no database can be asked."""
    if child.pid is None or child.health_port is None:
        return
    with suppress(httpx.HTTPError, msgspec.MsgspecError):
        answer = httpx.get(f"http://{settings.health_host}:{child.health_port}/health/ready", timeout=3)
        for part, wait in msgspec.json.decode(answer.content, type=_Report).waiting.items():
            said = ": ".join(word for word in (wait.error, wait.by, wait.why) if word)
            yield f"{part} waits for {wait.what} since {wait.since:%H:%M:%S} UTC{': ' if said else ''}{said}"


class _Report(msgspec.Struct, frozen=True):
    """What a worker says of itself."""

    waiting: dict[str, Waiting] = {}


def _says_ready(url: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{url}/health/ready", timeout=3).is_success
    return False


def _ports_of(url: str) -> Iterable[int]:
    port = httpx.URL(url).port
    return [port] if port else []


def _complaint(child: ChildState) -> str:
    log = places.logs() / f"{child.name}.log"
    how = f"died {child.restarts} times, the last time with {child.last_exit}" if child.restarts else "is not ready"
    return f"{child.name} {how}; the end of its log:\n{last_words(log)}"
