"""The places that messages pass: a channel for every type, as it is said, and one for every queue, as it is heard."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from messages import Message
from messages.post.topology import EVENTS, LADDER, UNROUTED_QUEUE, Queue, Topology, dead_queue
from ops.asyncapi.speakers import Speaker

BINDING = "0.3.0"


def described(topology: Topology, types: Iterable[type[Message]], speakers: Sequence[Speaker]) -> dict[str, Any]:
    """Return the channels: addresses of the events exchange by type, then queues by name."""
    passing = _passing(speakers)
    return {
        **{message.type(): _event(message, topology) for message in types},
        **{
            queue.name: _queue(queue, topology, passing.get(queue.name, []))
            for queue in sorted(topology.queues, key=lambda queue: queue.name)
        },
    }


def _passing(speakers: Iterable[Speaker]) -> dict[str, list[type[Message]]]:
    """Return which messages may stand in which queue."""
    found: defaultdict[str, list[type[Message]]] = defaultdict(list)
    handlers = (handler for speaker in speakers for handler in speaker.hears.values())
    for handler in sorted(handlers, key=lambda handler: handler.message.type()):
        for queue in (handler.queue, dead_queue(handler.queue), *(rung.name for rung in handler.ladder)):
            if handler.message not in found[queue]:
                found[queue].append(handler.message)
    return found


def _event(message: type[Message], topology: Topology) -> dict[str, Any]:
    heard = sorted(each.queue for each in topology.bindings if (each.exchange, each.key) == (EVENTS, message.type()))
    return {
        "address": message.type(),
        "summary": f"Heard by {', '.join(heard)}." if heard else "For anybody who subscribes.",
        "messages": _messages([message]),
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": EVENTS, "type": "topic", "durable": True, "autoDelete": False},
                "bindingVersion": BINDING,
            }
        },
    }


def _queue(queue: Queue, topology: Topology, passing: Sequence[type[Message]]) -> dict[str, Any]:
    bindings = sorted((each.exchange, each.key) for each in topology.bindings if each.queue == queue.name)
    return {
        "address": queue.name,
        "summary": _purpose(queue.name, passing),
        "messages": _messages(passing),
        "bindings": {
            "amqp": {
                "is": "queue",
                "queue": {"name": queue.name, "durable": True, "exclusive": False, "autoDelete": False},
                "bindingVersion": BINDING,
            }
        },
        "x-bindings": [{"exchange": exchange, "routingKey": key} for exchange, key in bindings],
        "x-arguments": dict(queue.arguments),
    }


def _purpose(name: str, passing: Sequence[type[Message]]) -> str:
    waits = {rung.name: rung.seconds for rung in LADDER}
    if name in waits:
        return f"Where what failed waits {waits[name]} s for its next attempt."
    if name == UNROUTED_QUEUE:
        return "What found its queue gone."
    of, is_dead, _ = name.partition(dead_queue(""))
    if is_dead:
        return f"What failed for good in {of}, with the reason in its headers."
    return f"Where {of.partition('_')[0].lower()} hears {', '.join(message.type() for message in passing)}."


def _messages(passing: Iterable[type[Message]]) -> dict[str, Any]:
    return {message.__name__: {"$ref": f"#/components/messages/{message.__name__}"} for message in passing}
