"""What customers and the administrator were told."""

from http import HTTPStatus

from litestar import get, post

from gateway.openapi import problems
from gateway.paging import Page, turn
from gateway.problems import missing
from gateway.wanted import Cursor, InDatabases, Limit, OrderId, PathId, UserId
from workers.notification import store, views
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
    """List notifications, newest first.

    `orderId` is null for what is not about an order, and `userId` for what the administrator is told.
    """
    async with databases.transaction("notification") as tx:
        return await turn(views.page, tx, limit=limit, cursor=cursor, order_id=order_id, user_id=user_id)


@post(
    "/notifications/{id:str}/resend",
    status_code=HTTPStatus.ACCEPTED,
    summary="Send a notification once more",
    tags=["Notifications"],
    responses=problems(400, 404),
)
async def resend_notification(databases: InDatabases, notification_id: PathId) -> Notification:
    """Send a notification once more, whatever became of it.

    One that is still `PENDING` is due now, and is sent once however often this is asked.
    """
    async with databases.transaction("notification") as tx:
        await store.resend(tx, notification_id)
        notification = await views.get(tx, notification_id)
    if notification is None:
        raise missing("notification")
    return notification
