"""Reading a body once, straight into its type: strict, with a pointer to what is wrong."""

import re
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import InternalServerException

from gateway import duplicates
from gateway.pointers import locate
from gateway.problems import Problem, invalid

MAX_BODY = 64 * 1024

_JSON = re.compile(rb"\s*application/(?:[a-z0-9.-]+\+)?json\s*(?:;|$)", re.IGNORECASE)


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


class StrictRequest(Request[None, None, State]):
    """A request whose JSON is decoded as the type that its handler's ``data`` has."""

    async def json(self) -> Any:
        """Decode the body; numbers in strings, unknown names, names given twice and bytes not UTF-8 are refused."""
        _require_json(self)
        field, body = self.route_handler.parsed_data_field, await self.body()
        try:
            decoded = _decoder(field.annotation if field else Any).decode(body)
        except msgspec.ValidationError as error:
            at, why = locate(str(error))
            raise invalid({at: why}) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _malformed(error) from None
        if repeated := duplicates.find(body):
            raise invalid(dict.fromkeys(repeated, "This name is given twice"))
        return decoded

    async def body(self) -> bytes:
        """Read the body; a caller who left while sending it is no failure of ours."""
        try:
            return await super().body()
        except InternalServerException:
            raise invalid({}, "The body ended early.") from None


def _require_json(request: Request[Any, Any, Any]) -> None:
    """Refuse a body that is said to be something else; one of which nothing is said is taken for JSON."""
    for name, value in request.scope["headers"]:
        if name == b"content-type" and not _JSON.match(value):
            raise Problem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "The body has to be JSON.",
                errors={"/Content-Type": "Expected application/json"},
            )


def _malformed(error: Exception) -> Problem:
    match error:
        case UnicodeDecodeError():
            why = "The body is not UTF-8"
        case RecursionError():
            why = "The body is nested too deeply"
        case _:
            why = str(error)
    return invalid({"": why}, "The body is not JSON.")
