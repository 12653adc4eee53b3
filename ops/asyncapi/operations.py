"""What everybody does: hear a message from a queue, and say one to the events exchange."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any

from messages import Message
from messages.post.wire import PERSISTENT
from ops.asyncapi.channels import BINDING
from ops.asyncapi.speakers import Speaker
from workers.runtime.handler import Handler


def described(speakers: Iterable[Speaker], heard: AbstractSet[str]) -> dict[str, Any]:
    """Return the operations, speaker by speaker; what is ``heard`` has to reach a queue."""
    found: dict[str, Any] = {}
    for speaker in speakers:
        for queue, handler in sorted(speaker.hears.items()):
            found[f"{speaker.name}.hears.{handler.message.type()}"] = _hears(speaker, queue, handler)
        for message, reasons in sorted(speaker.says.items(), key=lambda said: said[0].type()):
            said = _says(speaker, message, reasons, is_heard=message.type() in heard)
            found[f"{speaker.name}.says.{message.type()}"] = said
    return found


def _hears(speaker: Speaker, queue: str, handler: Handler) -> dict[str, Any]:
    answers = sorted(message.type() for message in handler.may_announce)
    summary = f"Answers with {', '.join(answers)}, or with nothing." if answers else "Answers with nothing."
    amqp = {"ack": True}
    return {
        **_operation("receive", speaker, queue, handler.message, amqp),
        "summary": summary,
        "x-may-say": answers,
        "x-attempts": len(handler.ladder) + 1,
    }


def _says(speaker: Speaker, message: type[Message], reasons: Iterable[str], *, is_heard: bool) -> dict[str, Any]:
    amqp = {"deliveryMode": PERSISTENT, "mandatory": is_heard, "timestamp": True}
    told = "; ".join(reasons)
    return {**_operation("send", speaker, message.type(), message, amqp), "summary": f"{told[:1].upper()}{told[1:]}."}


def _operation(
    action: str, speaker: Speaker, channel: str, message: type[Message], amqp: dict[str, Any]
) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{message.__name__}"}],
        "tags": [{"name": speaker.name}],
        "bindings": {"amqp": {**amqp, "bindingVersion": BINDING}},
    }
