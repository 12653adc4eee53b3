"""What handlers ask for beside their body: parameters with their names in the URL, and the parts of the process."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation

from gateway.auditor import Auditor
from gateway.databases import Databases
from gateway.intake import Intake
from gateway.listeners import Listeners
from gateway.problems import invalid
from gateway.stories import Stories
from workers.runtime.settings import Settings

MAX_LIMIT = 200

PathId: TypeAlias = Annotated[UUID, PathParameter(name="id")]
Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT, description="The most items to return")]
Cursor: TypeAlias = Annotated[str | None, QueryParameter(description="`nextCursor` of the page before")]
OrderId: TypeAlias = Annotated[UUID | None, QueryParameter(name="orderId")]
UserId: TypeAlias = Annotated[UUID | None, QueryParameter(name="userId")]
Since: TypeAlias = Annotated[datetime | None, QueryParameter(name="from", description="RFC 3339, inclusive")]
Until: TypeAlias = Annotated[datetime | None, QueryParameter(name="to", description="RFC 3339, exclusive")]

InDatabases: TypeAlias = NamedDependency[SkipValidation[Databases]]
InIntake: TypeAlias = NamedDependency[SkipValidation[Intake]]
InAuditor: TypeAlias = NamedDependency[SkipValidation[Auditor]]
InListeners: TypeAlias = NamedDependency[SkipValidation[Listeners]]
InStories: TypeAlias = NamedDependency[SkipValidation[Stories]]
InSettings: TypeAlias = NamedDependency[SkipValidation[Settings]]


def require_offsets(**times: datetime | None) -> None:
    """Refuse times that do not say in which zone they are."""
    vague = {f"/{name}": "Expected an offset, as in 2026-01-31T12:00:00Z" for name, at in times.items() if _vague(at)}
    if vague:
        raise invalid(vague)


def _vague(at: datetime | None) -> bool:
    return at is not None and at.tzinfo is None
