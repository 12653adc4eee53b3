"""The document, put together."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from messages import Message
from messages.post.topology import Exchange, Policy
from ops.asyncapi import channels, components, operations
from ops.asyncapi.speakers import Speaker
from ops.topology import address, vhost
from workers.fleet import ROOMS, fleet_topology
from workers.runtime.settings import Settings

_DESCRIPTION = """\
Whoever has something to say publishes it to the exchange `orderfleet.events`, with the message's type as routing key.
A room hears it through a queue of its own, `<Room>_<Event>`; anybody else may bind a queue to any type.

A message is delivered at least once, and messages of different queues arrive in any order: its `message_id` tells
whether it was seen before. What fails is retried along the rungs `retry.*`, and then stands in `<queue>.dead`.
"""


def document(settings: Settings, others: Iterable[Speaker], *, version: str) -> dict[str, Any]:
    """Return the AsyncAPI document of the rooms, and of ``others`` who speak as well."""
    speakers = [*others, *(Speaker.of(room) for room in ROOMS.values())]
    topology, types = fleet_topology(), _types(speakers)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Orderfleet",
            "version": version,
            "description": _DESCRIPTION,
            "license": {"name": "MIT"},
            "tags": [{"name": speaker.name, "description": speaker.promise} for speaker in speakers],
        },
        "defaultContentType": "application/json",
        "servers": _servers(settings.amqp_urls),
        "channels": channels.described(topology, types, speakers),
        "operations": operations.described(speakers, topology.heard),
        "components": components.described(types),
        "x-exchanges": [_exchange(exchange) for exchange in sorted(topology.exchanges, key=lambda each: each.name)],
        "x-policies": [_policy(policy) for policy in sorted(topology.policies, key=lambda each: each.name)],
    }


def _types(speakers: Iterable[Speaker]) -> list[type[Message]]:
    """Return every message that is said or heard, by its name."""
    said = {message for speaker in speakers for message in speaker.says}
    heard = {handler.message for speaker in speakers for handler in speaker.hears.values()}
    return sorted(said | heard, key=lambda message: message.type())


def _servers(urls: Sequence[str]) -> dict[str, Any]:
    """Name the broker, or each node of it."""
    if len(urls) == 1:
        return {"broker": _server(urls[0])}
    return {f"broker{number}": _server(url) for number, url in enumerate(urls, start=1)}


def _server(url: str) -> dict[str, Any]:
    return {
        "host": address(url),
        "protocol": urlsplit(url).scheme,
        "protocolVersion": "0.9.1",
        "description": f"RabbitMQ, virtual host {vhost(url)}",
        "security": [{"$ref": "#/components/securitySchemes/login"}],
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    alternate = {"alternateExchange": exchange.alternate} if exchange.alternate else {}
    return {"name": exchange.name, "type": exchange.kind, "durable": True, **alternate}


def _policy(policy: Policy) -> dict[str, Any]:
    return {"name": policy.name, "pattern": policy.pattern, "definition": dict(policy.definition)}
