"""What is minded of every request before its handler is called.

A query parameter that a call does not have is a mistake that would go unnoticed: a filter that filters nothing.
"""

from collections.abc import Collection, Iterable, Iterator
from http import HTTPMethod, HTTPStatus

from litestar import Request, Response
from litestar.datastructures import State
from litestar.params import QueryParameter

from gateway.pointers import pointer
from gateway.problems import invalid


async def on_arrival(request: Request[None, None, State]) -> Response[None] | None:
    """Let a request pass whose query parameters are known, and given once each; say which methods there are.

    Raises:
        Problem: when a parameter is not known.
    """
    if request.scope["query_string"] and (wrong := dict(_wrong(_known(request), request.query_params.multi_items()))):
        raise invalid(wrong)
    return _allow(request) if request.method == HTTPMethod.OPTIONS else None


def _wrong(known: Collection[str], given: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for name, value in given:
        if name not in known:
            yield pointer(name), "There is no such parameter"
        elif name in seen:
            yield pointer(name), "This can be given once"
        elif value.lower() == "null":  # else it would count as not given
            yield pointer(name), "Expected a value, not null"
        seen.add(name)


def _known(request: Request[None, None, State]) -> set[str]:
    fields = request.route_handler.parsed_fn_signature.parameters.values()
    return {
        field.kwarg_definition.name or field.name
        for field in fields
        if isinstance(field.kwarg_definition, QueryParameter)
    }


def _allow(request: Request[None, None, State]) -> Response[None]:
    """Name the methods of all handlers of this address; the framework's own answer names those of the first."""
    methods = request.app.route_handler_method_map[request.scope["path_template"]]
    return Response(None, status_code=HTTPStatus.NO_CONTENT, headers={"Allow": ", ".join(sorted(methods))})
