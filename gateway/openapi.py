"""The OpenAPI document: what the answers are called, and what can go wrong."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.spec import (
    OpenAPIHeader,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Parameter,
    RequestBody,
    Schema,
    Tag,
)
from litestar.types import Method
from litestar.types.internal_types import PathParameterDefinition

from gateway import docs

TITLE = "Orderfleet"
VERSION = "0.1.0"
PROBLEM_JSON = "application/problem+json"

_TAGS = {
    "Orders": "Take orders and follow them.",
    "Catalogue": "Products and their stock.",
    "Users": "Who orders.",
    "Payments": "What was charged.",
    "Shipments": "What is on its way, and who carries it.",
    "Notifications": "What customers were told.",
    "Operations": "How the fleet is, and what operators do.",
}
_DESCRIPTIONS = {
    400: "The request is not valid; `errors` points at what is wrong.",
    404: "There is no such thing.",
    409: "It is taken already, not possible in the state it is in, or under way in another request.",
    413: "The body is over 64 KiB.",
    415: "The body is not said to be JSON.",
    422: "Well formed, but it cannot be carried out; `errors` says why.",
    503: "The database cannot be reached; try again after `Retry-After` seconds.",
}


_KEY = Parameter(
    name="Idempotency-Key",
    param_in="header",
    description="Any name for this request: when it comes again within a day, it is not carried out again but gets the "
    "same answer. With another request the key is refused; a request that failed leaves it free.",
    schema=Schema(type=OpenAPIType.STRING, min_length=1, max_length=255, pattern="^[!-~]+$"),
    required=False,
)
_HEADERS = {
    "Location": OpenAPIHeader(description="The address of what was created.", schema=Schema(type=OpenAPIType.STRING)),
    "Idempotency-Replayed": OpenAPIHeader(
        description="`true` when this is the answer to an earlier request with the same key.",
        schema=Schema(type=OpenAPIType.STRING, enum=["true"]),
    ),
}


class InvalidInput(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with the input."""

    pointer: Annotated[str, msgspec.Meta(description="RFC 6901", examples=["/orderItems/0/quantity"])]
    detail: Annotated[str, msgspec.Meta(examples=["Expected int >= 1"])]


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong, as RFC 9457 says it."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[InvalidInput] = []


@dataclass
class Creation(Operation):
    """A call that creates something, and does so once when it comes with a key."""

    def __post_init__(self) -> None:
        """Add what the handlers of such calls have in common."""
        self.parameters = [*(self.parameters or ()), _KEY]
        made = (self.responses or {})["201"]
        if isinstance(made, OpenAPIResponse):
            made.headers = {**(made.headers or {}), **_HEADERS}


@dataclass
class Signable(Operation):
    """A call that may say who wants it, and why, in a body that it can do without."""

    def __post_init__(self) -> None:
        """Say so: a body is taken for required otherwise."""
        if isinstance(self.request_body, RequestBody):
            self.request_body.required = False


def problems(*statuses: int, stored: bool = True) -> dict[int, ResponseSpec]:
    """Describe the errors that a call may end in.

    Every request can be malformed, what is ``stored`` can be out of reach, and whoever takes a body minds its type.
    """
    wanted = {*statuses, HTTPStatus.BAD_REQUEST}
    if stored:
        wanted.add(HTTPStatus.SERVICE_UNAVAILABLE)
    if HTTPStatus.REQUEST_ENTITY_TOO_LARGE in wanted:
        wanted.add(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    return {
        status: ResponseSpec(
            data_container=ProblemDetails,
            description=_DESCRIPTIONS.get(status, HTTPStatus(status).phrase),
            media_type=PROBLEM_JSON,
            generate_examples=False,
        )
        for status in sorted(wanted)
    }


def config() -> OpenAPIConfig:
    """Return the document's head."""
    return OpenAPIConfig(
        title=TITLE,
        version=VERSION,
        description="Place an order with `POST /orders` and follow it with `GET /orders/{id}/events`.",
        tags=[Tag(name=name, description=description) for name, description in _TAGS.items()],
        use_handler_docstrings=True,
        operation_id_creator=_operation_id,
        openapi_router=docs.router(),
        render_plugins=[docs.DocsPage()],
    )


def _operation_id(handler: HTTPRouteHandler, _: Method, __: list[str | PathParameterDefinition]) -> str:
    first, *rest = handler.handler_name.split("_")
    return first + "".join(word.title() for word in rest)
