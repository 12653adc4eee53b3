"""What was recorded before there were other subjects, channels and kept attempts is still told."""

from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from uuid_utils.compat import uuid7

from ops import migrate
from tests.support.notifying import Notifying
from workers.notification.postman import Postman
from workers.runtime.database import Database
from workers.runtime.settings import Settings

_RECIPIENT = text("INSERT INTO notification.recipient VALUES (:order, :user, 'Ada', 'ada@example.com')")
_NOTIFICATION = text("""
    INSERT INTO notification.notification (id, order_id, template, detail, status, attempts, error)
    VALUES (:id, :order, :template, '{}', :status, :attempts, :error)
""")
ROWS = (
    ("order_delivered", "PENDING", 0, None),
    ("order_failed", "FAILED", 1, "550 no such user"),
    ("payment_confirmation", "FAILED", 0, "cannot be written"),  # it failed before it was attempted
    ("order_shipped", "PENDING", 4, "452 mailbox full"),
    ("payment_refunded", "SENT", 2, None),
)


async def test_old_notifications_keep_their_orders_users_and_last_attempts(
    settings: Settings, database: Database
) -> None:
    order, user = uuid7(), uuid7()
    with create_engine(settings.room_database_url("notification"), poolclass=NullPool).connect() as connection:
        connection.execute(text("DROP SCHEMA notification CASCADE"))
        connection.execute(text("CREATE SCHEMA notification"))
        connection.commit()
        command.upgrade(migrate.config("notification", connection), "notification_0001")
        connection.execute(_RECIPIENT, {"order": order, "user": user})
        for template, status, attempts, error in ROWS:
            row = {"template": template, "status": status, "attempts": attempts, "error": error}
            connection.execute(_NOTIFICATION, {"id": uuid7(), "order": order, **row})
        connection.commit()
        command.upgrade(migrate.config("notification", connection), "head")
    room = Notifying(database, settings, Postman(settings))
    shown = [(n.template, n.status, n.attempts) for n in await room.all(order_id=order, user_id=user)]
    assert sorted(shown) == sorted(
        (template, status, attempts if status == "PENDING" else max(attempts, 1))
        for template, status, attempts, _ in ROWS
    )
    tried = {
        (entry.kind, entry.detail["template"], entry.detail["attempt"], entry.detail.get("error"))
        for entry in await room.told(order)
        if "attempt" in entry.detail
    }
    assert tried == {
        ("notification.failed", "order_failed", 1, "550 no such user"),
        ("notification.failed", "payment_confirmation", 1, "cannot be written"),
        ("notification.postponed", "order_shipped", 4, "452 mailbox full"),
        ("notification.sent", "payment_refunded", 2, None),
    }
    [spoilt] = [n.id for n in await room.all(order_id=order) if n.template == "payment_confirmation"]
    await room.resend(spoilt)
    await room.take()
    assert [n.attempts for n in await room.all(order_id=order) if n.id == spoilt] == [2]
