"""What the OpenAPI document says beyond what the framework finds out by itself."""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import (
    Link,
    OpenAPI,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Parameter,
    PathItem,
    Reference,
    RequestBody,
    Schema,
)
from litestar.params import BodyKwarg
from litestar.routes import HTTPRoute

from gateway.examples import BY_PATH

_METHODS = ("get", "post", "put", "delete")


def complete(app: Litestar) -> None:
    """Say what to try a call with, what it refuses, and where to go from its answer."""
    document = app.openapi_schema
    paths = document.paths or {}
    for route in app.routes:
        if isinstance(route, HTTPRoute) and (item := paths.get(route.path_format)):
            for handler in route.route_handlers:
                _show(item, handler)
    for path, item in paths.items():
        for call in _calls(item):
            for parameter in call.parameters or ():
                _describe(parameter, path)
            body = call.request_body
            least = 1 if isinstance(body, RequestBody) and body.required else None
            _close(document, [media.schema for media in _bodies(call)], least)
        _link(path, item, paths)


def _calls(item: PathItem) -> Iterator[Operation]:
    return (call for method in _METHODS if (call := getattr(item, method)))


def _bodies(call: Operation) -> Iterable[OpenAPIMediaType]:
    return call.request_body.content.values() if isinstance(call.request_body, RequestBody) else ()


def _show(item: PathItem, handler: HTTPRouteHandler) -> None:
    """Show all of a call's examples by their summaries; the framework leaves only their values, in the schema."""
    field = handler.parsed_data_field
    examples = field.kwarg_definition.examples if field and isinstance(field.kwarg_definition, BodyKwarg) else None
    for method in handler.http_methods if examples else ():
        for media in _bodies(getattr(item, method.lower())):
            media.examples = {example.summary or "": example for example in examples or ()}
            if isinstance(media.schema, Schema) and media.schema.all_of:
                (media.schema,) = media.schema.all_of


def _describe(parameter: Parameter | Reference, path: str) -> None:
    if not isinstance(parameter, Parameter):
        return
    if parameter.param_in == "path" and (known := BY_PATH.get(path.partition("/{")[0])):
        parameter.example = known
    if parameter.param_in == "query" and isinstance(parameter.schema, Schema):
        parameter.schema = _given(parameter.schema)


def _given(schema: Schema) -> Schema | Reference:
    """Leave out null: a parameter that is not given is no value."""
    values = [each for each in schema.one_of or () if not (isinstance(each, Schema) and each.type is OpenAPIType.NULL)]
    if len(values) != 1:
        return schema
    (value,) = values
    if isinstance(value, Schema):
        for each in fields(schema):
            if each.name != "one_of" and (said := getattr(schema, each.name)) is not None:
                setattr(value, each.name, said)
    return value


def _close(document: OpenAPI, schemas: Iterable[Any], least: int | None) -> None:
    """Say that objects in a body take no other fields, and that one without required fields takes ``least``."""
    for schema in filter(None, schemas):
        if isinstance(schema, Reference):
            _close(document, [_resolved(document, schema)], least)
        elif isinstance(schema, Schema):
            if schema.properties:
                schema.additional_properties = False
                schema.min_properties = None if schema.required else least
            inner = (*(schema.properties or {}).values(), *(schema.one_of or ()), *(schema.all_of or ()), schema.items)
            _close(document, inner, least)


def _resolved(document: OpenAPI, reference: Reference) -> Schema | None:
    name = reference.ref.rpartition("/")[2]
    return (document.components.schemas or {}).get(name)


def _link(path: str, item: PathItem, paths: dict[str, PathItem]) -> None:
    """Link the answer that something was created to what can be done with it."""
    made = (item.post.responses or {}).get("201") if item.post else None
    if isinstance(made, OpenAPIResponse):
        made.links = {
            str(call.operation_id): Link(operation_id=call.operation_id, parameters={"id": "$response.body#/id"})
            for other, calls in paths.items()
            if other.startswith(f"{path}/{{id}}")
            for call in _calls(calls)
        } or None
