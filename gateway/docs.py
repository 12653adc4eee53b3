"""The document at ``/openapi.json``, and at ``/docs`` for a person: Swagger UI, shipped with the gateway."""

from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Annotated, Any

from litestar import MediaType, Request, Response, Router, get
from litestar.datastructures import ResponseHeader, State
from litestar.exceptions import NotFoundException
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.params import HeaderParameter, PathParameter

from gateway.files import Asset, read, send

PATH = "/docs"

_ASSETS = files("gateway") / "assets"
_PAGE = (_ASSETS / "docs.html").read_bytes()
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_CACHING = "public, max-age=3600"


class DocsPage(OpenAPIRenderPlugin):
    """Shows the document and lets a reader try each call."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        """Return the page, which fetches the document by itself."""
        return _PAGE


@get("/openapi.json", include_in_schema=False, sync_to_thread=False)
def document(request: Request[None, None, State]) -> Response[dict[str, Any]]:
    """Return the OpenAPI document."""
    return Response(request.app.openapi_schema.to_schema(), media_type=MediaType.JSON)


@get("/assets/{name:str}", include_in_schema=False, sync_to_thread=False)
def asset(
    name: Annotated[str, PathParameter()],
    known: Annotated[str, HeaderParameter(name="If-None-Match")] = "",
) -> Response[bytes]:
    """Return a file that the page needs, unless the browser has it already."""
    found = _assets().get(name)
    if found is None:
        raise NotFoundException
    return send(found, known=known, caching=_CACHING)


def router() -> Router:
    """Return the place of the page, where a browser is told to load nothing from elsewhere."""
    return Router(
        PATH,
        route_handlers=[asset],
        include_in_schema=False,
        after_request=_as_problem,
        response_headers=[
            ResponseHeader(name="Content-Security-Policy", value=_POLICY),
            ResponseHeader(name="X-Content-Type-Options", value="nosniff"),
            ResponseHeader(name="Referrer-Policy", value="no-referrer"),
        ],
    )


async def _as_problem(response: Response[Any]) -> Response[Any]:
    """Answer as everywhere when there is no such page; the framework would answer with a page that says so."""
    if response.status_code == HTTPStatus.NOT_FOUND:
        raise NotFoundException
    return response


@cache
def _assets() -> dict[str, Asset]:
    ours = [_ASSETS / "docs.js"]
    theirs = [each for each in (_ASSETS / "swagger-ui").iterdir() if each.name.endswith((".js", ".css", ".png"))]
    return {each.name: read(each) for each in (*ours, *theirs)}
