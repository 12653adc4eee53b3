"""Orders, shipments, messages and mails: nothing is stuck, unsent, or said twice."""

from sqlalchemy import text

from ops.audit.between import Between
from ops.audit.fitting import Fits, misfit
from ops.audit.within import EVERYWHERE, Within

LATE = Within(
    "order-late",
    "No order stays in a stage for longer than the stage, and every retry in it, may take",
    "order",
    """
    SELECT o.id AS "orderId", o.status, cast(extract(epoch FROM now() - o.updated_at) AS bigint) AS seconds
      FROM "order"."order" o
      JOIN (VALUES ('PENDING', cast(:reservation AS float8)), ('RESERVED', cast(:reservation AS float8)),
                   ('COMPLETED', cast(:handling AS float8)), ('IN_TRANSIT', cast(:transit AS float8)),
                   ('CANCELLING', 0)) AS stage (status, seconds) USING (status)
     WHERE o.updated_at < now() - make_interval(secs => stage.seconds + :patience)
    """,
)
_SHIPMENTS = text("""
    SELECT cast(order_id AS text) AS id, status AS shipment FROM shipping.shipment
     WHERE order_id > cast(:after AS uuid) ORDER BY order_id LIMIT :bite
""")
SHIPPED = Between(
    "shipping-follows-order",
    "What is delivered was sent, and nothing is sent, or about to be, for an order that failed or was cancelled",
    "shipping",
    _SHIPMENTS,
    misfit(
        "shipment",
        {
            "COMPLETED": Fits({None, "PREPARING", "IN_TRANSIT", "DELIVERED"}),  # each step is on its way to the order
            "IN_TRANSIT": Fits({"IN_TRANSIT", "DELIVERED"}),
            "DELIVERED": Fits({"DELIVERED"}),
            "FAILED": Fits({None}),
            "CANCELLED": Fits({None, "STOPPED"}),  # a draft was never heard of
        },
    ),
)
UNSENT = Within(
    "message-unsent",
    "No message waits in an outbox for long; a reply that nobody got is published again with its cause's redelivery",
    EVERYWHERE,
    """
    SELECT id AS "outboxId", envelope ->> 'type' AS type, envelope ->> 'subject' AS "orderId", attempts,
           cast(extract(epoch FROM now() - created_at) AS bigint) AS seconds
      FROM post.outbox WHERE created_at < now() - make_interval(secs => :unsent)
    """,
)
NOTIFIED = Within(
    "notification-once",
    "An order, a user or an alert has one notification of each template by each channel",
    "notification",
    """
    SELECT about AS "aboutId", template, channel, count(*) AS notifications
      FROM notification.notification GROUP BY about, template, channel HAVING count(*) > 1
    """,
)
