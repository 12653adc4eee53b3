"""Everything that can go wrong, as RFC 9457 problem details."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from litestar.enums import ParamType
from litestar.exceptions import HTTPException, ValidationException
from litestar.plugins.problem_details import ProblemDetailsConfig, ProblemDetailsException, ProblemDetailsPlugin

from gateway.pointers import locate, pointer
from messages.post.idempotency import Overtaken
from workers.runtime.database import is_outage, is_overtime, is_transient

_log = structlog.get_logger("gateway")
_TYPE = "urn:orderfleet:problem:"
_RETRY_AFTER = "2"
_FRAMES = 4
_SLUGS = {
    HTTPStatus.BAD_REQUEST: "invalid-request",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-large",
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal-error",
}
_DETAILS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take this method; Allow names those it takes.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "A body may have at most 64 KiB.",
}
_RENAMED = {"since": "from", "until": "to"}


class Problem(ProblemDetailsException):
    """An answer that says what is wrong; ``errors`` maps JSON pointers into the input to sentences."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        slug: str | None = None,
        title: str | None = None,
        errors: Mapping[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(
            detail=detail,
            status_code=status,
            type_=_TYPE + (slug or _SLUGS.get(status) or status.phrase.lower().replace(" ", "-")),
            title=title or status.phrase,
            headers=headers,
            extra={"errors": [{"pointer": at, "detail": why} for at, why in errors.items()]} if errors else None,
        )


def invalid(errors: Mapping[str, str], detail: str = "The request is not valid.") -> Problem:
    """Return a 400 that points at each wrong value."""
    return Problem(HTTPStatus.BAD_REQUEST, detail, title="Invalid request", errors=errors)


def unprocessable(slug: str, title: str, errors: Mapping[str, str]) -> Problem:
    """Return a 422: well formed, but it names or adds up to something that cannot be."""
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "The request cannot be carried out.", slug=slug, title=title, errors=errors
    )


def missing(what: str) -> Problem:
    """Return a 404 for an id that nothing has."""
    return Problem(HTTPStatus.NOT_FOUND, f"There is no such {what}.")


def conflict(slug: str, title: str, errors: Mapping[str, str]) -> Problem:
    """Return a 409 for a value that is taken."""
    return Problem(HTTPStatus.CONFLICT, "Another one exists already.", slug=slug, title=title, errors=errors)


def refused(detail: str, errors: Mapping[str, str] | None = None) -> Problem:
    """Return a 409 for what cannot be done with something in the state it is in."""
    return Problem(
        HTTPStatus.CONFLICT, detail, slug="illegal-state-change", title="Not possible in this state", errors=errors
    )


def in_flight() -> Problem:
    """Return a 409 for a key whose first request is not answered yet."""
    return Problem(
        HTTPStatus.CONFLICT,
        "A request with this Idempotency-Key is being carried out. Ask again for its answer.",
        slug="in-flight",
        title="Not answered yet",
        headers={"Retry-After": _RETRY_AFTER},
    )


def plugin() -> ProblemDetailsPlugin:
    """Return the plugin that answers every exception with problem details."""
    return ProblemDetailsPlugin(
        ProblemDetailsConfig(
            exception_to_problem_detail_map={
                ValidationException: _from_validation,
                HTTPException: _from_http,
                Overtaken: lambda _: in_flight(),
                Exception: from_exception,
            }
        )
    )


def _from_validation(error: ValidationException) -> Problem:
    """Translate what Litestar says of path and query parameters, and of a body that is missing."""
    extra = error.extra if isinstance(error.extra, list) else []
    if not extra:
        return invalid({}, error.detail)
    return invalid(dict(_located(item) for item in extra))


def _located(item: Mapping[str, Any]) -> tuple[str, str]:
    name = item.get("key", "")
    if name == "data":
        return "", "Expected a JSON object, got no body"
    if item.get("source") is ParamType.PATH:
        name = "id"
    return pointer(_RENAMED.get(name, _camel(name))), locate(item.get("message", ""))[1]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def _from_http(error: HTTPException) -> Problem:
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return from_exception(error)
    status = HTTPStatus(error.status_code)
    return Problem(status, _DETAILS.get(status, error.detail), headers=error.headers)


def from_exception(error: Exception) -> Problem:
    """Answer what nobody expected: an outage as 503, anything else as 500 and in the log."""
    if is_outage(error) or is_transient(error) or is_overtime(error):
        _log.warning("database unavailable", error=_name(error))
        return Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "The database cannot do this now. Try again shortly.",
            headers={"Retry-After": _RETRY_AFTER},
        )
    _log.error("request failed", error=_name(error), where=_where(error))
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here; it has been logged.")


def _name(error: BaseException) -> str:
    """Name an error without its text: a statement's parameters are somebody's data."""
    cause = getattr(error, "orig", None)
    return f"{type(error).__name__}({type(cause).__name__})" if cause else type(error).__name__


def _where(error: BaseException) -> list[str]:
    frames = []
    trace = error.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-_FRAMES:]
