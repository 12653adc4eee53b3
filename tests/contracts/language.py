"""Every message that there is, and its shape: what the golden files keep.

    python -m tests.contracts.language

writes the golden files of new messages, and of those that have changed without harm to anybody; the others it names.
"""

import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

import msgspec

import messages
from messages import Message
from tests.contracts.compatibility import breaks
from tests.contracts.examples import EXAMPLES

HERE = Path(__file__).parent


def every_type() -> set[type[Message]]:
    """Return every message that a module of ``messages`` defines."""
    for module in pkgutil.iter_modules(messages.__path__):
        importlib.import_module(f"messages.{module.name}")
    leaves, found = [Message], set()
    while leaves:
        kind = leaves.pop()
        leaves += kind.__subclasses__()
        if kind.__module__.startswith("messages.") and kind.__struct_config__.tag:
            found.add(kind)
    return found


def schema(message: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the shape of a message, without the words that only describe it."""
    made: dict[str, Any] = _shape(json.loads(msgspec.json.encode(msgspec.json.schema(message))))
    return made


def golden(type_: str) -> Path:
    """Return where the wire bytes of a message's example are kept."""
    return HERE / "golden" / f"{type_}.json"


def shape(type_: str) -> Path:
    """Return where a message's schema is kept."""
    return HERE / "schemas" / f"{type_}.json"


def write(example: Message) -> list[str]:
    """Write the golden files of one message, unless that would hide what breaks others; return what does."""
    type_, now = example.type(), schema(type(example))
    if shape(type_).exists() and (broken := breaks(json.loads(shape(type_).read_text()), now)):
        return broken
    shape(type_).write_text(json.dumps(now, indent=2) + "\n")
    golden(type_).write_bytes(msgspec.json.encode(example) + b"\n")
    return []


def _shape(part: Any) -> Any:
    match part:
        case dict():
            return {key: _shape(value) for key, value in part.items() if not _is_prose(key, value)}
        case list():
            return [_shape(each) for each in part]
        case _:
            return part


def _is_prose(key: str, value: Any) -> bool:
    """Tell whether a keyword describes; a property of that name has a schema, not a text."""
    return key in {"title", "description"} and isinstance(value, str)


if __name__ == "__main__":
    for each in EXAMPLES:
        for reason in write(each):
            print(f"{each.type()}: {reason}")  # noqa: T201 - this is what it is for
