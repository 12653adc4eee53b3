"""Stock: the ledger, the shelves and what is held agree, with each other and with the orders."""

from sqlalchemy import text

from ops.audit.between import Between
from ops.audit.fitting import Fits, misfit
from ops.audit.within import Within

LEDGER = Within(
    "stock-ledger",
    "What is on hand of a product is the sum of its ledger",
    "stock",
    """
    SELECT p.id AS "productId", p.on_hand AS "onHand", cast(coalesce(l.total, 0) AS bigint) AS ledger
      FROM stock.product p
      LEFT JOIN (SELECT product_id, sum(delta) AS total FROM stock.ledger GROUP BY product_id) l ON l.product_id = p.id
     WHERE p.on_hand <> coalesce(l.total, 0)
    """,
)
NEGATIVE = Within(
    "stock-negative",
    "Nothing on hand, reserved or available is negative",
    "stock",
    """
    SELECT id AS "productId", on_hand AS "onHand", reserved, on_hand - reserved AS available
      FROM stock.product WHERE on_hand < 0 OR reserved < 0 OR on_hand < reserved
    """,
)
RESERVED = Within(
    "stock-reserved",
    "What is reserved of a product is the sum of the reservations that hold it",
    "stock",
    """
    SELECT p.id AS "productId", p.reserved, cast(coalesce(h.held, 0) AS bigint) AS held
      FROM stock.product p
      LEFT JOIN (SELECT l.product_id, sum(l.quantity) AS held
                   FROM stock.reservation r JOIN stock.reservation_line l ON l.reservation_id = r.id
                  WHERE r.status = 'HELD' AND NOT l.dropped GROUP BY l.product_id) h ON h.product_id = p.id
     WHERE p.reserved <> coalesce(h.held, 0)
    """,
)
LATE = Within(
    "reservation-late",
    "Nothing is held for long after its reservation has expired",
    "stock",
    """
    SELECT id AS "reservationId", order_id AS "orderId",
           cast(extract(epoch FROM now() - expires_at) AS bigint) AS seconds
      FROM stock.reservation
     WHERE status = 'HELD' AND expires_at < now() - make_interval(secs => :patience)
    """,
)
_RESERVATIONS = text("""
    SELECT cast(order_id AS text) AS id, status AS reservation FROM stock.reservation
     WHERE order_id > cast(:after AS uuid) ORDER BY order_id LIMIT :bite
""")
_SOLD = Fits({"COMMITTED"}, for_a_while={"HELD"})  # the order may hear of its payment before stock does
_FREE = frozenset({None, "REFUSED", "RELEASED", "EXPIRED"})
FOLLOWS = Between(
    "stock-follows-order",
    "The stock of an order that is paid has left the shelf, and that of one that failed or was cancelled is back",
    "stock",
    _RESERVATIONS,
    misfit(
        "reservation",
        {
            "COMPLETED": _SOLD,
            "IN_TRANSIT": _SOLD,
            "DELIVERED": _SOLD,
            "FAILED": Fits(_FREE, for_a_while={"HELD"}),
            "CANCELLED": Fits(_FREE),
        },
    ),
)
