"""Lists as PostgreSQL's array literals, written at once instead of element by element.

psycopg looks at every element's type, asks a dumper for it and searches it with regular expressions: a tenth to a fifth
of what a process of ours did. Sets of rows travel as arrays here, of few types, and every statement casts them, so that
their type can stay unknown to the client; one statement is then one prepared statement, whatever is in its lists.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import NoneType
from typing import Any
from uuid import UUID

from psycopg import DataError
from psycopg.adapt import Dumper


def literal(values: Sequence[Any]) -> str:
    """Write ``values`` as an array literal.

    Raises:
        TypeError: when one of them is of a type that nobody has needed in an array yet.
    """
    kinds = set(map(type, values))
    if len(kinds) == 1:
        return f"{{{','.join(map(_writer(kinds.pop()), values))}}}"
    return f"{{{','.join(_writer(type(value))(value) for value in values)}}}"


class ArrayDumper(Dumper):
    """Hands lists to psycopg as text of an unknown type."""

    def dump(self, obj: Sequence[Any]) -> bytes:
        """Return the literal as it goes over the wire.

        Raises:
            DataError: when it holds a NUL, which would end it there.
        """
        written = literal(obj).encode()
        if b"\0" in written:
            raise DataError("PostgreSQL text cannot hold NUL (0x00) bytes")
        return written


def _writer(kind: type) -> Callable[[Any], str]:
    if writer := _WRITERS.get(kind):
        return writer
    if issubclass(kind, str):
        return _quoted
    if issubclass(kind, int):
        return int.__repr__  # an enumeration's own would be its name
    raise TypeError(f"arrays of {kind.__name__} are not written here yet")


def _quoted(value: str) -> str:
    escaped = value.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    NoneType: lambda _: "NULL",
    UUID: lambda value: value.hex,
    str: _quoted,
    bytes: lambda value: f'"\\\\x{value.hex()}"',
    int: str,
    float: repr,
    bool: str,
    datetime: lambda value: f'"{value.isoformat()}"',
}
