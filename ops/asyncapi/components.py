"""Messages and their parts: bodies as msgspec writes them, headers and correlation as the post does."""

import json
from collections.abc import Sequence
from inspect import cleandoc
from typing import Any

import msgspec

from messages import Message
from ops.asyncapi.channels import BINDING

_HEADERS = {
    "type": "object",
    "description": "Beside the AMQP properties message_id, type, correlation_id, timestamp and app_id.",
    "properties": {
        "attempt": {"type": "integer", "minimum": 1, "description": "How often it has been tried to handle this."},
        "causation-id": {"type": "string", "format": "uuid", "description": "The message that led to this one."},
        "traceparent": {"type": "string", "description": "W3C Trace Context, as the first caller sent it."},
    },
    "required": ["attempt"],
}
_LOGIN = {"type": "userPassword", "description": "AMQP PLAIN"}


def described(types: Sequence[type[Message]]) -> dict[str, Any]:
    """Return the components that channels and operations refer to."""
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    subjects = sorted({_subject(message) for message in types})
    return {
        "messages": {message.__name__: _message(message) for message in types},
        "schemas": {"headers": _HEADERS, **_readable(json.loads(msgspec.json.encode(schemas)))},
        "correlationIds": {
            subject: {"description": "What the message is about.", "location": f"$message.payload#/{subject}"}
            for subject in subjects
        },
        "securitySchemes": {"login": _LOGIN},
    }


def _message(message: type[Message]) -> dict[str, Any]:
    summary, _, description = _prose(message.__doc__ or "").partition("\n\n")
    return {
        "name": message.type(),
        "title": message.__name__,
        "summary": summary,
        **({"description": description} if description else {}),
        "headers": {"$ref": "#/components/schemas/headers"},
        "payload": {"$ref": f"#/components/schemas/{message.__name__}"},
        "correlationId": {"$ref": f"#/components/correlationIds/{_subject(message)}"},
        "bindings": {"amqp": {"messageType": message.type(), "bindingVersion": BINDING}},
    }


def _subject(message: type[Message]) -> str:
    """A message begins with what it is about."""
    return message.__struct_encode_fields__[0]


def _readable(part: Any) -> Any:
    match part:
        case {"description": str(text), **rest}:
            return {"description": _prose(text), **{key: _readable(value) for key, value in rest.items()}}
        case dict():
            return {key: _readable(value) for key, value in part.items()}
        case list():
            return [_readable(each) for each in part]
        case _:
            return part


def _prose(docstring: str) -> str:
    """Docstrings as Markdown."""
    return cleandoc(docstring).replace("``", "`")
