"""The trace that a request belongs to, as W3C Trace Context writes it."""

import re
from collections.abc import Iterable

_TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def traceparent(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return the caller's ``traceparent``, or nothing when there is none that is well formed."""
    for name, value in headers:
        if name == b"traceparent":
            return value.decode() if _TRACEPARENT.fullmatch(value) else None
    return None
