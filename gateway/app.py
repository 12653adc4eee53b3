"""The gateway, put together: ``uvicorn gateway.app:create_app --factory``."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar
from litestar.di import Provide
from litestar.plugins.prometheus import PrometheusConfig, PrometheusController

from gateway import (
    docs,
    health,
    inventory,
    notifications,
    openapi,
    orders,
    payments,
    problems,
    products,
    shipments,
    users,
)
from gateway.databases import Databases
from gateway.intake import Intake
from gateway.reading import MAX_BODY, StrictRequest
from workers.runtime import logs
from workers.runtime.settings import Settings, load

_ROUTES = (
    orders.place_order,
    orders.list_orders,
    orders.get_order,
    orders.get_timeline,
    products.create_product,
    products.list_products,
    products.get_product,
    inventory.add_stock,
    users.register_user,
    users.list_users,
    users.get_user,
    payments.list_payments,
    payments.get_payment,
    shipments.list_shipments,
    shipments.get_shipment,
    notifications.list_notifications,
    health.live,
    health.ready,
    docs.document,
)


class Metrics(PrometheusController):
    """Prometheus metrics of this process."""

    include_in_schema = False


def create_app(settings: Settings | None = None) -> Litestar:
    """Return the gateway; without ``settings`` they come from the environment."""
    if settings is None:
        settings = load()
        logs.configure(settings, process="gateway")
    databases = Databases(settings)
    intake = Intake(databases)
    return Litestar(
        route_handlers=[*_ROUTES, Metrics],
        request_class=StrictRequest,
        request_max_body_size=MAX_BODY,
        dependencies={
            "databases": _always(databases),
            "intake": _always(intake),
            "settings": _always(settings),
        },
        lifespan=[_open(intake, databases)],
        middleware=[PrometheusConfig(app_name="gateway", prefix="orderfleet_http", group_path=True).middleware],
        plugins=[problems.plugin()],
        openapi_config=openapi.config(),
        logging_config=None,
    )


def _always(value: Any) -> Provide:
    return Provide(lambda: value, use_cache=True, sync_to_thread=False)


def _open(intake: Intake, databases: Databases) -> Any:
    @asynccontextmanager
    async def opened(_: Litestar) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await intake.close()
            await databases.close()

    return opened
