"""The document at ``/openapi.json``, and at ``/docs`` for a person, on a page that needs nothing from afar."""

from importlib.resources import files
from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.datastructures import State
from litestar.openapi.plugins import OpenAPIRenderPlugin

PAGE = files("gateway").joinpath("docs.html").read_bytes()


class DocsPage(OpenAPIRenderPlugin):
    """Shows the document and lets a reader try each call."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        """Return the page, which fetches the document by itself."""
        return PAGE


@get("/openapi.json", include_in_schema=False, sync_to_thread=False)
def document(request: Request[None, None, State]) -> Response[dict[str, Any]]:
    """Return the OpenAPI document."""
    return Response(request.app.openapi_schema.to_schema(), media_type=MediaType.JSON)
