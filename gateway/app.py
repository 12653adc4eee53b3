"""The gateway, put together: ``uvicorn gateway.app:create_app --factory``."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from litestar import Litestar
from litestar.di import Provide
from litestar.plugins.prometheus import PrometheusConfig, PrometheusController

from gateway import (
    agents,
    asyncapi,
    audit,
    changes,
    console,
    dead_letters,
    describing,
    docs,
    events,
    fleet,
    health,
    inventory,
    notifications,
    openapi,
    orders,
    payments,
    problems,
    products,
    queues,
    reservations,
    shipments,
    timeline,
    users,
    webhooks,
)
from gateway.arriving import on_arrival
from gateway.auditor import Auditor
from gateway.databases import Databases
from gateway.intake import Intake
from gateway.leaving import on_leaving
from gateway.listeners import Listeners
from gateway.reading import MAX_BODY, StrictRequest
from gateway.stories import Stories
from gateway.surveyor import Surveyor
from ops.dead.offices import Offices
from ops.survey import Survey
from workers.runtime import logs
from workers.runtime.presence import Presence
from workers.runtime.settings import OPERATIONS, Settings, load
from workers.runtime.tasks import release

_ROUTES = (
    orders.place_order,
    orders.list_orders,
    orders.get_order,
    changes.change_order,
    changes.cancel_order,
    timeline.get_timeline,
    events.follow_order,
    products.create_product,
    products.list_products,
    products.get_product,
    products.change_product,
    products.delete_product,
    inventory.add_stock,
    inventory.remove_stock,
    reservations.reserve_stock,
    reservations.list_reservations,
    reservations.get_reservation,
    reservations.release_reservation,
    users.register_user,
    users.list_users,
    users.get_user,
    payments.list_payments,
    payments.get_payment,
    payments.record_payment,
    payments.change_payment,
    webhooks.hear_from_stripe,
    shipments.list_shipments,
    shipments.get_shipment,
    shipments.report_tracking,
    agents.add_agent,
    agents.list_agents,
    agents.get_agent,
    notifications.list_notifications,
    notifications.resend_notification,
    audit.check_invariants,
    dead_letters.list_dead_letters,
    dead_letters.show_dead_letter,
    dead_letters.replay_dead_letters,
    dead_letters.drop_dead_letters,
    fleet.show_fleet,
    queues.pause_queue,
    queues.resume_queue,
    health.live,
    health.ready,
    docs.document,
    asyncapi.describe_messages,
)


class Metrics(PrometheusController):
    """Prometheus metrics of this process."""

    include_in_schema = False


def create_app(settings: Settings | None = None) -> Litestar:
    """Return the gateway; without ``settings`` they come from the environment."""
    if settings is None:
        settings = load()
        logs.configure(settings, process="gateway")
    webhooks.require_webhooks(settings)
    databases = Databases(settings)
    intake = Intake(databases)
    listeners = Listeners(settings, databases)
    stories = Stories(databases)
    surveyor = Surveyor(Survey(databases.transaction, settings))
    app = Litestar(
        route_handlers=[*_ROUTES, console.router(), Metrics],
        request_class=StrictRequest,
        request_max_body_size=MAX_BODY,
        before_request=on_arrival,
        dependencies={
            "databases": _always(databases),
            "intake": _always(intake),
            "listeners": _always(listeners),
            "stories": _always(stories),
            "auditor": _always(Auditor(databases, settings)),
            "offices": _always(Offices(databases.transaction, settings)),
            "surveyor": _always(surveyor),
            "settings": _always(settings),
        },
        lifespan=[_open(listeners, stories, intake, databases), _present(databases, settings, surveyor)],
        middleware=[PrometheusConfig(app_name="gateway", prefix="orderfleet_http", group_path=True).middleware],
        plugins=[problems.plugin()],
        openapi_config=openapi.config(),
        logging_config=None,
    )
    describing.complete(app)
    return app


def _always(value: Any) -> Provide:
    return Provide(lambda: value, use_cache=True, sync_to_thread=False)


def _open(listeners: Listeners, stories: Stories, intake: Intake, databases: Databases) -> Any:
    @asynccontextmanager
    async def opened(_: Litestar) -> AsyncIterator[None]:
        try:
            with on_leaving(listeners.leave):
                yield
        finally:
            await listeners.close()
            await stories.close()
            await intake.close()
            await databases.close()

    return opened


def _present(databases: Databases, settings: Settings, surveyor: Surveyor) -> Any:
    presence = Presence(partial(databases.transaction, OPERATIONS), "gateway", every=settings.presence_seconds)

    @asynccontextmanager
    async def present(_: Litestar) -> AsyncIterator[None]:
        task = asyncio.create_task(presence.run())
        try:
            yield
        finally:
            if not await presence.leave():
                await databases.cut()
            await release([task])
            await surveyor.close()

    return present
