"""What customers were told."""

from litestar import get

from gateway.openapi import problems
from gateway.paging import Page, turn
from gateway.wanted import Cursor, InDatabases, Limit, OrderId, UserId
from workers.notification import views
from workers.notification.views import Notification


@get("/notifications", summary="List notifications", tags=["Notifications"], responses=problems(400))
async def list_notifications(
    *,
    databases: InDatabases,
    order_id: OrderId = None,
    user_id: UserId = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Notification]:
    """List notifications, newest first."""
    async with databases.transaction("notification") as tx:
        return await turn(views.page, tx, limit=limit, cursor=cursor, order_id=order_id, user_id=user_id)
