"""Who delivers."""

from typing import Annotated

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.openapi.spec import Example
from litestar.params import Body

from gateway.fields import Name, Phone
from gateway.once import create
from gateway.openapi import Creation, problems
from gateway.paging import Page, turn
from gateway.problems import missing
from gateway.wanted import Cursor, InDatabases, Limit, PathId
from workers.shipping import agents
from workers.shipping.agents import Agent

_EXAMPLE = Example(summary="Grace", value={"name": "Grace", "phone": "+44 20 7946 0002"})


class NewAgent(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Somebody who will deliver."""

    name: Name
    phone: Phone | None = None


@post(
    "/agents",
    summary="Add a delivery agent",
    tags=["Shipments"],
    responses=problems(400, 409, 413, 422),
    operation_class=Creation,
)
async def add_agent(
    request: Request[None, None, State], databases: InDatabases, data: Annotated[NewAgent, Body(examples=[_EXAMPLE])]
) -> Response[Agent]:
    """Add a delivery agent. A new shipment goes to the least busy one, from now on perhaps to this."""
    return await create(request, databases, "shipping", lambda tx: agents.add(tx, data.name, data.phone))


@get("/agents", summary="List delivery agents", tags=["Shipments"], responses=problems(400))
async def list_agents(databases: InDatabases, limit: Limit = 50, cursor: Cursor = None) -> Page[Agent]:
    """List delivery agents, newest first; `busy` counts the shipments that each has under way."""
    async with databases.transaction("shipping") as tx:
        return await turn(agents.page, tx, limit=limit, cursor=cursor)


@get("/agents/{id:str}", summary="Show a delivery agent", tags=["Shipments"], responses=problems(400, 404))
async def get_agent(databases: InDatabases, agent_id: PathId) -> Agent:
    """Show one delivery agent."""
    async with databases.transaction("shipping") as tx:
        agent = await agents.get(tx, agent_id)
    if agent is None:
        raise missing("agent")
    return agent
