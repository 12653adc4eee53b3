"""Names that stand twice in one object. A decoder takes the last of them, a reader perhaps the first: neither is asked.

Each member of an object has one colon, so that a body without duplicates has as many colons as its objects have members
once they are decoded. Only a body that has more, in a text or for a duplicate, is looked at closely.
"""

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from gateway.pointers import pointer

_decoder = msgspec.json.Decoder()


class _Members(list[tuple[str, Any]]):
    """An object as it is written."""


def find(body: bytes) -> list[str]:
    """Return where a name is given again, in a body that is known to be JSON of sensible depth."""
    if body.count(b":") == _members(_decoder.decode(body)):
        return []
    return list(_repeated(json.loads(body, object_pairs_hook=_Members)))


def _members(value: Any) -> int:
    if type(value) is dict:
        return len(value) + sum(map(_members, value.values()))
    return sum(map(_members, value)) if type(value) is list else 0


def _repeated(value: Any, *path: str | int) -> Iterator[str]:
    if isinstance(value, _Members):
        seen: set[str] = set()
        for name, member in value:
            if name in seen:
                yield pointer(*path, name)
            seen.add(name)
            yield from _repeated(member, *path, name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _repeated(item, *path, index)
