"""The OpenAPI document: what the answers are called, and what can go wrong."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.spec import Tag
from litestar.types import Method
from litestar.types.internal_types import PathParameterDefinition

from gateway.docs import DocsPage

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
    "Operations": "Health and metrics.",
}
_DESCRIPTIONS = {
    400: "The request is not valid; `errors` points at what is wrong.",
    404: "There is no such thing.",
    409: "It is taken already, or not possible in the state it is in.",
    413: "The body is over 64 KiB.",
    422: "Well formed, but it cannot be carried out; `errors` says why.",
    503: "The database cannot be reached; try again after `Retry-After` seconds.",
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


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """Describe the errors that a call may end in; an unreachable database is always one of them."""
    return {
        status: ResponseSpec(
            data_container=ProblemDetails,
            description=_DESCRIPTIONS.get(status, HTTPStatus(status).phrase),
            media_type=PROBLEM_JSON,
            generate_examples=False,
        )
        for status in (*statuses, HTTPStatus.SERVICE_UNAVAILABLE)
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
        path="/docs",
        render_plugins=[DocsPage()],
    )


def _operation_id(handler: HTTPRouteHandler, _: Method, __: list[str | PathParameterDefinition]) -> str:
    first, *rest = handler.handler_name.split("_")
    return first + "".join(word.title() for word in rest)
