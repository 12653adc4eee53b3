"""Reading a handler's shape from its types, and refusing, at import, what cannot work."""

import inspect
from collections.abc import AsyncIterator, Callable, Sequence
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from sqlalchemy.ext.asyncio import AsyncConnection

from messages import Message
from workers.runtime.batch import Batch, Errand, Outcome, Outside
from workers.runtime.settings import Settings


class ShapeError(TypeError):
    """A handler's types do not say what the runtime needs to know."""


def parameters(function: Callable[..., Any]) -> list[Any]:
    """Return the types of the parameters, in order."""
    if not inspect.iscoroutinefunction(function):
        raise ShapeError(f"{_name(function)} must be an async function")
    return list(_hints(function).values())


def message_of(function: Callable[..., Any]) -> tuple[type[Message], bool]:
    """Return the message that a handler takes, and whether it takes one at a time."""
    first, *rest = parameters(function) or [None]
    _require_transaction(function, rest)
    taken = get_args(first)[0] if get_origin(first) is Batch else first
    if not (isinstance(taken, type) and issubclass(taken, Message) and taken is not Message):
        raise ShapeError(f"{_name(function)}: the first parameter must be a message or a Batch of one, not {first}")
    return taken, taken is first


def errand_of(function: Callable[..., Any]) -> type[Outside]:
    """Return the part of the outside that a call talks to; a call that takes a transaction is refused."""
    match parameters(function):
        case [errand, type() as outside] if _all(errand, Errand) and issubclass(outside, Outside):
            pass
        case _:
            raise ShapeError(f"{_name(function)} must take an Errand and one part of the Outside, and no transaction")
    if not _all(_result(function), Outcome):
        raise ShapeError(f"{_name(function)} must return an Outcome")
    return outside


def require_settlement(function: Callable[..., Any]) -> None:
    """Refuse a settling function that does not take a batch of outcomes and a transaction."""
    first, *rest = parameters(function) or [None]
    _require_transaction(function, rest)
    if get_origin(first) is not Batch or not _all(get_args(first)[0], Outcome):
        raise ShapeError(f"{_name(function)}: the first parameter must be a Batch of Outcomes, not {first}")


def require_timer(function: Callable[..., Any]) -> None:
    """Refuse a timer that does not take a transaction and the size of its bite."""
    if parameters(function) not in ([AsyncConnection, int], [AsyncConnection, int, Settings]):
        raise ShapeError(f"{_name(function)} must take (tx: AsyncConnection, limit: int) and, if it wants, Settings")


def announced(function: Callable[..., Any]) -> frozenset[type[Message]]:
    """Return the messages that a function's return type allows it to say."""
    members = _members(_result(function))
    if not all(issubclass(member, Message) and member is not Message for member in members):
        raise ShapeError(f"{_name(function)} must return messages by their own types, or None")
    return frozenset(members)


def prepares(function: Callable[..., Any]) -> bool:
    """Tell whether a function returns errands rather than messages."""
    members = _members(_result(function))
    return bool(members) and all(issubclass(member, Errand) for member in members)


def provided(function: Callable[..., Any]) -> type[Any]:
    """Return what an async context manager ``(settings) -> AsyncIterator[T]`` provides."""
    result = _result(inspect.unwrap(function))
    if get_origin(result) is not AsyncIterator:
        raise ShapeError(f"{_name(function)} must be an async context manager that yields what it provides")
    provided_type: type[Any] = get_args(result)[0]
    return provided_type


def takes_settings(function: Callable[..., Any]) -> bool:
    """Tell whether the last parameter is the settings."""
    return parameters(function)[-1] is Settings


def _require_transaction(function: Callable[..., Any], rest: list[Any]) -> None:
    if rest not in ([AsyncConnection], [AsyncConnection, Settings]):
        raise ShapeError(
            f"{_name(function)}: after the first parameter comes the transaction (AsyncConnection) and, if wanted, "
            f"Settings; the outside is for a call, not for a transaction"
        )


def _result(function: Callable[..., Any]) -> Any:
    hints = get_type_hints(function)
    if "return" not in hints:
        raise ShapeError(f"{_name(function)} must say what it returns")
    return hints["return"]


def _members(result: Any) -> list[type[Any]]:
    """Flatten ``Sequence[A | B] | None`` to ``[A, B]``."""
    if result is NoneType:
        return []
    if get_origin(result) in (Union, UnionType):
        return [member for part in get_args(result) for member in _members(part)]
    if get_origin(result) is Sequence:
        return _members(get_args(result)[0])
    if not isinstance(result, type):
        raise ShapeError(f"{result} is no type that can be announced")
    return [result]


def _all(given: Any, base: type[Any]) -> bool:
    members = get_args(given) if get_origin(given) in (Union, UnionType) else (given,)
    return all(isinstance(member, type) and issubclass(member, base) for member in members)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    hints = get_type_hints(function)
    hints.pop("return", None)
    missing = [name for name in inspect.signature(function).parameters if name not in hints]
    if missing:
        raise ShapeError(f"{_name(function)}: parameter {missing[0]} has no type")
    return hints


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"
