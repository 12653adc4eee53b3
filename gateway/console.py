"""The console at ``/console``: what the operations' calls and the orders show, for a person.

The page is static and asks the same API as everybody else. Whatever it shows comes from customers, carriers and errors,
so the browser is told to run nothing but these files, and to turn no text into HTML at all.
"""

from functools import cache
from importlib.resources import files
from typing import Annotated

from litestar import Response, Router, get
from litestar.datastructures import ResponseHeader
from litestar.exceptions import NotFoundException
from litestar.params import HeaderParameter, PathParameter

from gateway.files import Asset, read, send

PATH = "/console"

_PAGE = "console.html"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_CACHING = "no-cache"  # kept, but asked for each time: modules of two releases do not go together

Known = Annotated[str, HeaderParameter(name="If-None-Match")]


@get("/", sync_to_thread=False)
def page(known: Known = "") -> Response[bytes]:
    """Return the page, which fetches what it shows by itself."""
    return send(_assets()[_PAGE], known=known, caching=_CACHING)


@get("/assets/{name:str}", sync_to_thread=False)
def asset(name: Annotated[str, PathParameter()], known: Known = "") -> Response[bytes]:
    """Return a file that the page is made of, unless the browser has it already."""
    found = _assets().get(name)
    if found is None:
        raise NotFoundException
    return send(found, known=known, caching=_CACHING)


def router() -> Router:
    """Return the place of the console, where a browser is told to load nothing from elsewhere."""
    return Router(
        PATH,
        route_handlers=[page, asset],
        include_in_schema=False,
        response_headers=[
            ResponseHeader(name="Content-Security-Policy", value=_POLICY),
            ResponseHeader(name="X-Content-Type-Options", value="nosniff"),
            ResponseHeader(name="Referrer-Policy", value="no-referrer"),
        ],
    )


@cache
def _assets() -> dict[str, Asset]:
    return {each.name: read(each) for each in (files("gateway") / "assets" / "console").iterdir()}
