"""What handlers ask for beside their body: parameters with their names in the URL, and the parts of the process."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation

from gateway.auditor import Auditor
from gateway.databases import Databases
from gateway.intake import Intake
from gateway.listeners import Listeners
from gateway.problems import invalid
from gateway.stories import Stories
from gateway.surveyor import Surveyor
from ops.dead.offices import Offices
from workers.runtime.settings import Settings

MAX_LIMIT = 200
_MOMENT = Annotated[datetime, msgspec.Meta(tz=True)]

PathId: TypeAlias = Annotated[UUID, PathParameter(name="id")]
Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT, description="The most items to return")]
Cursor: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        description="`nextCursor` of the page before", schema_extra={"pattern": "^[A-Za-z0-9_-]{21}[AQgw]$"}
    ),
]
OrderId: TypeAlias = Annotated[UUID | None, QueryParameter(name="orderId")]
UserId: TypeAlias = Annotated[UUID | None, QueryParameter(name="userId")]
Since: TypeAlias = Annotated[
    str | None, QueryParameter(name="from", description="RFC 3339, inclusive", schema_extra={"format": "date-time"})
]
Until: TypeAlias = Annotated[
    str | None, QueryParameter(name="to", description="RFC 3339, exclusive", schema_extra={"format": "date-time"})
]

InDatabases: TypeAlias = NamedDependency[SkipValidation[Databases]]
InIntake: TypeAlias = NamedDependency[SkipValidation[Intake]]
InAuditor: TypeAlias = NamedDependency[SkipValidation[Auditor]]
InOffices: TypeAlias = NamedDependency[SkipValidation[Offices]]
InListeners: TypeAlias = NamedDependency[SkipValidation[Listeners]]
InStories: TypeAlias = NamedDependency[SkipValidation[Stories]]
InSurveyor: TypeAlias = NamedDependency[SkipValidation[Surveyor]]
InSettings: TypeAlias = NamedDependency[SkipValidation[Settings]]


def moment(name: str, text: str | None) -> datetime | None:
    """Read the time that a parameter gives. The framework would take a number for one, and a time without its zone.

    Raises:
        Problem: when it is none.
    """
    if text is None:
        return None
    try:
        return msgspec.convert(text, _MOMENT)
    except msgspec.ValidationError:
        raise invalid({f"/{name}": "Expected a time with its offset, as in 2026-01-31T12:00:00Z"}) from None
