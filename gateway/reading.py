"""Reading a body once, straight into its type: strict, with a pointer to what is wrong."""

from functools import cache
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import InternalServerException

from gateway.pointers import locate
from gateway.problems import Problem, invalid

MAX_BODY = 64 * 1024


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


class StrictRequest(Request[None, None, State]):
    """A request whose JSON is decoded as the type that its handler's ``data`` has."""

    async def json(self) -> Any:
        """Decode the body; numbers in strings, unknown fields and text that is not UTF-8 are refused."""
        field = self.route_handler.parsed_data_field
        try:
            return _decoder(field.annotation if field else Any).decode(await self.body())
        except msgspec.ValidationError as error:
            at, why = locate(str(error))
            raise invalid({at: why}) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _malformed(error) from None

    async def body(self) -> bytes:
        """Read the body; a caller who left while sending it is no failure of ours."""
        try:
            return await super().body()
        except InternalServerException:
            raise invalid({}, "The body ended early.") from None


def _malformed(error: Exception) -> Problem:
    match error:
        case UnicodeDecodeError():
            why = "The body is not UTF-8"
        case RecursionError():
            why = "The body is nested too deeply"
        case _:
            why = str(error)
    return invalid({"": why}, "The body is not JSON.")
