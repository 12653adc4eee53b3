"""What a delivery's frames say, read without the detours that a driver for everybody has to make.

pamqp looks up every field's type and copies what is left after each: most of what a delivery cost. The fields are those
of AMQP 0-9-1; what is seldom is left to pamqp.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from struct import Struct
from typing import Any

from pamqp import decode
from pamqp.commands import Basic
from pamqp.header import ContentHeader

METHOD, HEADER, BODY = 1, 2, 3
DELIVER = b"\x00\x3c\x00\x3c"
"""The method of class 60 and number 60."""
_HEADER = Struct(">HHQH")
_TAG = Struct(">Q?")
_LENGTH = Struct(">I")
_SECONDS = Struct(">Q")
_MORE_FLAGS = 1
_NUMBERS = {ord(kind): Struct(f">{code}") for kind, code in zip("tbBsuIilL", "?bBhHiIqq", strict=True)}
_TEXT = ord("S")
_LATEST_SECONDS = 0xFFFF_FFFF
_NAMES = tuple(Basic.Properties.attributes())


def delivered(data: bytes, at: int) -> tuple[int, bool, str]:
    """Read a delivery's method, after its class and number, and return tag, whether it came before, and routing key."""
    at += 1 + data[at]
    tag, redelivered = _TAG.unpack_from(data, at)
    at += _TAG.size
    at += 1 + data[at]
    return tag, redelivered, _short(data, at)


def header(data: bytes, at: int, end: int) -> tuple[int, Basic.Properties]:
    """Read a content header, and return the size of the body and the properties."""
    _, _, size, flags = _HEADER.unpack_from(data, at)
    if flags & _MORE_FLAGS:
        rare = ContentHeader()
        rare.unmarshal(data[at:end])
        return size, rare.properties
    return size, _properties(data, at + _HEADER.size, flags)


def _properties(data: bytes, at: int, flags: int) -> Basic.Properties:
    """Return properties as they came: what pamqp's own constructor refuses somebody may have sent all the same."""
    made = Basic.Properties.__new__(Basic.Properties)
    present, absent = _fields(flags)
    for name in absent:
        setattr(made, name, None)
    for name, kind in present:
        if kind == "shortstr":
            end = at + 1 + data[at]
            setattr(made, name, data[at + 1 : end].decode(errors="replace"))
            at = end
        elif kind == "octet":
            setattr(made, name, data[at])
            at += 1
        elif kind == "timestamp":
            made.timestamp = _time(_SECONDS.unpack_from(data, at)[0])
            at += _SECONDS.size
        else:
            [length] = _LENGTH.unpack_from(data, at)
            at += _LENGTH.size
            made.headers = _table(data, at, at + length)
            at += length
    return made


def _table(data: bytes, at: int, end: int) -> dict[str, Any]:
    begin, found = at, dict[str, Any]()
    while at < end:
        name = _short(data, at)
        at += 1 + data[at]
        kind = data[at]
        at += 1
        if kind == _TEXT:
            [length] = _LENGTH.unpack_from(data, at)
            at += _LENGTH.size
            found[name] = _text(data[at : at + length])
            at += length
        elif number := _NUMBERS.get(kind):
            [found[name]] = number.unpack_from(data, at)
            at += number.size
        else:  # a list, a table, a decimal, ...
            return dict(decode.field_table(data[begin - _LENGTH.size : end])[1])
    return found


def _text(value: bytes) -> str | bytes:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _short(data: bytes, at: int) -> str:
    return data[at + 1 : at + 1 + data[at]].decode(errors="replace")


def _time(seconds: int) -> datetime | None:
    """Return a time; some clients send milliseconds, and any number may be sent."""
    try:
        return datetime.fromtimestamp(seconds if seconds <= _LATEST_SECONDS else seconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


@lru_cache(maxsize=1024)
def _fields(flags: int) -> tuple[Sequence[tuple[str, str]], Sequence[str]]:
    """Return the properties that there are, with their kinds, and those that there are not."""
    present = [(name, Basic.Properties.amqp_type(name)) for name in _NAMES if flags & Basic.Properties.flags[name]]
    return present, [name for name in _NAMES if not flags & Basic.Properties.flags[name]]
