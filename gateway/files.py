"""Files for a browser, which are not sent again while it has them."""

from hashlib import sha256
from http import HTTPStatus
from importlib.resources.abc import Traversable
from mimetypes import guess_type

import msgspec
from litestar import Response


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """A file for the browser, and the tag that changes with it."""

    body: bytes
    media_type: str
    tag: str


def read(file: Traversable) -> Asset:
    """Read a file; its name says what it is."""
    body = file.read_bytes()
    media_type, _ = guess_type(file.name)
    return Asset(
        body=body, media_type=media_type or "application/octet-stream", tag=f'"{sha256(body).hexdigest()[:16]}"'
    )


def send(asset: Asset, *, known: str, caching: str) -> Response[bytes]:
    """Answer with a file, or that the browser has it: ``known`` are the tags that it said."""
    headers = {"ETag": asset.tag, "Cache-Control": caching}
    if asset.tag in known:
        return Response(b"", status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(asset.body, media_type=asset.media_type, headers=headers)
