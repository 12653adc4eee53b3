"""Puts the fleet's exchanges, queues, bindings and policies into a broker. Declaring what stands changes nothing."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, unquote, urlsplit

import httpx
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelPreconditionFailed
from pamqp.common import FieldTable

from messages.post.topology import Policy, Topology
from ops.errors import OpsError
from workers.runtime.brokers import FAILURES, connect
from workers.runtime.settings import Settings

_TIMEOUT = 20
_DIFFERENCE = re.compile(r"inequivalent arg '(?P<name>[^']+)'.*?: (?P<what>received .*)", re.DOTALL)


async def declare(settings: Settings, topology: Topology) -> None:
    """Declare everything, policies first, so that no queue is ever without them.

    Raises:
        OpsError: when the broker cannot be reached, or something of the same name stands there made differently.
    """
    await _declare_policies(settings, topology)
    try:
        connection = await connect(settings.amqp_urls, seconds=_TIMEOUT)
    except FAILURES as error:
        where = ", ".join(map(address, settings.amqp_urls))
        raise OpsError(f"RabbitMQ at {where} cannot be reached: {_said(error)}") from error
    async with connection:
        channel = await connection.channel(publisher_confirms=False)
        await _declare_exchanges(channel, topology)
        await _declare_queues(channel, topology)
        await _bind(channel, topology)


def address(url: str) -> str:
    """Return the host and port of a URL, which holds a password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def vhost(amqp_url: str) -> str:
    """Return the virtual host that an AMQP URL names."""
    return unquote(urlsplit(amqp_url).path.removeprefix("/")) or "/"


def _said(error: Exception) -> str:
    return str(error) or "no answer in time"


async def _declare_policies(settings: Settings, topology: Topology) -> None:
    base = f"{settings.management_url.rstrip('/')}/api/policies/{quote(vhost(settings.amqp_urls[0]), safe='')}"
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT) as client:
            for policy in sorted(topology.policies, key=lambda policy: policy.name):
                answer = await client.put(f"{base}/{quote(policy.name, safe='')}", json=_policy(policy))
                answer.raise_for_status()
    except httpx.HTTPStatusError as error:
        refused = f"refused a policy: {error.response.status_code} {error.response.text.strip()}"
        raise OpsError(f"RabbitMQ's management API at {address(settings.management_url)} {refused}") from error
    except httpx.HTTPError as error:
        where = address(settings.management_url)
        raise OpsError(f"RabbitMQ's management API at {where} cannot be reached: {_said(error)}") from error


def _policy(policy: Policy) -> dict[str, object]:
    # "quorum_queues" would say it better, and only 4.x knows it.
    return {"pattern": policy.pattern, "definition": dict(policy.definition), "apply-to": "queues", "priority": 0}


async def _declare_exchanges(channel: AbstractChannel, topology: Topology) -> None:
    for exchange in sorted(topology.exchanges, key=lambda exchange: exchange.name):
        arguments: FieldTable = {"alternate-exchange": exchange.alternate} if exchange.alternate else {}
        with _told(f"exchange {exchange.name}"):
            await channel.declare_exchange(
                exchange.name, exchange.kind, durable=True, arguments=arguments, timeout=_TIMEOUT
            )


async def _declare_queues(channel: AbstractChannel, topology: Topology) -> None:
    for queue in sorted(topology.queues, key=lambda queue: queue.name):
        with _told(f"queue {queue.name}"):
            await channel.declare_queue(queue.name, durable=True, arguments=dict(queue.arguments), timeout=_TIMEOUT)


async def _bind(channel: AbstractChannel, topology: Topology) -> None:
    for binding in sorted(topology.bindings, key=lambda binding: (binding.queue, binding.exchange, binding.key)):
        with _told(f"binding of queue {binding.queue}"):
            queue = await channel.get_queue(binding.queue, ensure=False)
            await queue.bind(binding.exchange, binding.key, timeout=_TIMEOUT)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn the broker's refusal into a sentence that names what differs."""
    try:
        yield
    except ChannelPreconditionFailed as error:
        found = _DIFFERENCE.search(str(error))
        reason = f"{found['name']} differs ({found['what'].strip()})" if found else str(error)
        advice = "empty and delete it, then declare again"
        raise OpsError(f"the {what} stands in the broker made differently: {reason}; {advice}") from error
    except FAILURES as error:
        raise OpsError(f"the {what} could not be declared: {_said(error)}") from error
