"""Whether an order costs more when a great many are stored already."""

from uuid import UUID

import psycopg

from bench import catalogue, measuring
from bench.contenders import CONTENDERS
from bench.contenders.base import Load
from bench.figures import Run
from bench.servers import Servers
from ops.servers import Say

SIZES = (0, 10_000, 100_000, 1_000_000)
_SLICE = 50_000

# Ids as version 7 has them: a time that is long past, then chance.
_ID = "cast(lpad(to_hex({ms}), 12, '0') || '7' || substr(md5(random()::text), 1, 3) || '8' || \
substr(md5(random()::text), 1, 15) AS uuid)"
_BATCH = f"""
    CREATE TEMP TABLE old AS
    SELECT n, {_ID.format(ms="1700000000000 + n")} AS id, {_ID.format(ms="1700000000000 + n")} AS reservation,
           {_ID.format(ms="1700000000000 + n")} AS payment, {_ID.format(ms="1700000000000 + n")} AS shipment,
           now() - interval '30 days' AS at, (n %% 3)::int AS last
      FROM generate_series(cast(%(first)s AS bigint), cast(%(last)s AS bigint)) AS n
"""  # noqa: S608 - made of our own words
_ROWS = (
    """
    INSERT INTO "order"."order" (id, user_id, customer_name, customer_email, status, furthest, total, currency,
                                 payment_method, allow_partial, created_at, updated_at)
    SELECT id, %(user)s, 'Customer', 'customer@orderfleet.example', 'DELIVERED', 'DELIVERED', 300, 'EUR', 'tok_ok',
           false, at, at FROM old
    """,
    """
    INSERT INTO "order".line (order_id, position, product_id, name, quantity, unit_price)
    SELECT id, position, %(product)s, 'Product', 1, 100 FROM old, generate_series(0, last) AS position
    """,
    """
    INSERT INTO "order".event (order_id, at, kind, detail, message_id)
    SELECT id, at, kind, '{"amount":300,"currency":"EUR","paymentMethod":"tok_ok","status":"COMPLETED"}',
           gen_random_uuid()
      FROM old, unnest(ARRAY['order.accepted', 'stock.reserved', 'payment.completed', 'order.shipped',
                             'order.delivered']) AS kind
    """,
    """
    INSERT INTO stock.reservation (id, order_id, status, expires_at, committed_at, created_at)
    SELECT reservation, id, 'COMMITTED', at, at, at FROM old
    """,
    """
    INSERT INTO stock.reservation_line (reservation_id, position, product_id, quantity)
    SELECT reservation, position, %(product)s, 1 FROM old, generate_series(0, last) AS position
    """,
    """
    INSERT INTO stock.ledger (product_id, kind, delta, order_id, at)
    SELECT %(product)s, 'committed', -1, id, at FROM old, generate_series(0, last) AS position
    """,
    """
    INSERT INTO payment.payment (id, order_id, amount, currency, method, status, reference, created_at, updated_at)
    SELECT payment, id, 300, 'EUR', 'tok_ok', 'COMPLETED', 'reference', at, at FROM old
    """,
    "INSERT INTO payment.attempt (payment_id, at, outcome) SELECT payment, at, 'charged' FROM old",
    """
    INSERT INTO payment.simulated_charge (key, amount, currency, method, status, answer, answers_at, calls, captured)
    SELECT id, 300, 'EUR', 'tok_ok', 'CHARGED', 'CHARGED', 1, 1, 300 FROM old
    """,
    """
    INSERT INTO shipping.shipment (id, order_id, status, agent_id, tracking_number, dispatch_at, deliver_at, created_at,
                                   updated_at)
    SELECT shipment, id, 'DELIVERED', %(agent)s, 'OF0000000000000000', at, at, at, at FROM old
    """,
    """
    INSERT INTO shipping.event (shipment_id, at, status)
    SELECT shipment, at, status FROM old, unnest(ARRAY['PREPARING', 'IN_TRANSIT', 'DELIVERED']) AS status
    """,
    """
    INSERT INTO notification.recipient (about, user_id, name, email)
    SELECT id, %(user)s, 'Customer', 'customer@orderfleet.example' FROM old
    """,
    f"""
    INSERT INTO notification.notification (id, about, order_id, template, detail, status, attempts, due_at,
                                           created_at, updated_at, sent_at)
    SELECT {_ID.format(ms="1700000000000 + n")}, id, id, template, '{{"amount":300,"currency":"EUR"}}', 'SENT', 1, at,
           at, at, at
      FROM old, unnest(ARRAY['order.created', 'payment.completed', 'order.shipped', 'order.delivered']) AS template
    """,  # noqa: S608
    f"""
    INSERT INTO post.receipt (consumer, message_id, subject, at)
    SELECT consumer, {_ID.format(ms="1700000000000 + n")}, id, at
      FROM old, unnest(ARRAY['Stock_OrderCreated', 'Notification_OrderCreated', 'Payment_StockReserved',
        'Order_StockReserved', 'Order_PaymentCompleted', 'Stock_PaymentCompleted', 'Shipping_PaymentCompleted',
        'Notification_PaymentCompleted', 'Order_OrderShipped', 'Notification_OrderShipped', 'Order_OrderDelivered',
        'Notification_OrderDelivered']) AS consumer
    """,  # noqa: S608
    "DROP TABLE old",
)


def measure(servers: Servers, load: Load, rounds: int, sizes: tuple[int, ...], say: Say) -> dict[str, list[Run]]:
    """Measure Orderfleet with so many orders stored, all sizes in turn."""
    runs: dict[str, list[Run]] = {f"{size:,} stored": [] for size in sizes}
    for number in range(1, rounds + 1):
        for size in sizes:
            place = servers.place(f"stored_{size}", keep=True)
            fill(place.database_url, size, say)
            run = measuring.run(CONTENDERS["orderfleet"], servers, load, number, place=place)
            say(f"round {number}, {size:,} stored: {run.full.cpu_ms_per_order:.2f} ms of CPU")
            runs[f"{size:,} stored"].append(run)
    return runs


def fill(url: str, size: int, say: Say) -> None:
    """Store orders that are long delivered, with everything that every room keeps of them, up to ``size``."""
    ids: dict[str, UUID] = {
        "user": catalogue.user(0),
        "product": catalogue.product(0),
        "agent": UUID(catalogue.AGENT.format(0)),
    }
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        there = connection.execute('SELECT count(*) FROM "order"."order" WHERE customer_name = \'Customer\'').fetchone()
        first = there[0] if there else 0
        if first >= size:
            return
        say(f"storing {size - first:,} orders")
        for start in range(first, size, _SLICE):
            connection.execute(_BATCH, {"first": start, "last": min(start + _SLICE, size) - 1})
            for statement in _ROWS:
                connection.execute(statement, ids)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
