"""What a contender's database says of its orders: how far they are, and when they got there.

Times are those of the commits themselves (``track_commit_timestamp``), not of clocks in the measured processes: an
order is accepted when the transaction that wrote it commits, and COMPLETED when the one that said so does.
"""

from uuid import UUID

import msgspec
import psycopg
from uuid_utils.compat import uuid7

NOTIFICATIONS = 3  # of an order that goes well: accepted, paid, shipped

_PROGRESS = """
    SELECT (SELECT count(*) FROM "order"."order" WHERE id > %(after)s),
           (SELECT count(*) FROM "order"."order" WHERE id > %(after)s AND status = 'IN_TRANSIT'),
           (SELECT count(*) FROM notification.notification WHERE id > %(after)s),
           (SELECT count(*) FROM stock.reservation WHERE id > %(after)s AND status = 'COMMITTED')
"""
_JOURNEYS = """
    SELECT extract(epoch FROM pg_xact_commit_timestamp(accepted.xmin)),
           extract(epoch FROM pg_xact_commit_timestamp(completed.xmin))
      FROM "order".event accepted
      LEFT JOIN "order".event completed
             ON completed.order_id = accepted.order_id AND completed.kind = 'payment.completed'
     WHERE accepted.kind = 'order.accepted' AND accepted.order_id > %(after)s
"""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How many orders there are, and how many of them have come to the end of each branch of their way."""

    orders: int
    shipped: int
    notified: int
    taken_out: int

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return self.shipped == self.taken_out == self.orders and self.notified == NOTIFICATIONS * self.orders


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """When an order was accepted, and when it was COMPLETED, if it was; seconds since 1970."""

    accepted: float
    completed: float | None

    @property
    def ms(self) -> float:
        """How long that took; NaN when it is not over."""
        return (self.completed - self.accepted) * 1000 if self.completed else float("nan")


class Book:
    """A contender's orders from a moment on."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._after = uuid7()

    def turn(self) -> None:
        """Count only orders that come from now on."""
        self._after = uuid7()

    @property
    def after(self) -> UUID:
        """An id below which everything is of the past."""
        return self._after

    def progress(self) -> Progress:
        """Return how far the orders are."""
        with psycopg.connect(self._url) as connection:
            row = connection.execute(_PROGRESS, {"after": self._after}).fetchone()
        orders, shipped, notified, taken_out = row or (0, 0, 0, 0)
        return Progress(orders=orders, shipped=shipped, notified=notified, taken_out=taken_out)

    def journeys(self) -> list[Journey]:
        """Return every order's times, to be asked when nothing is measured any more."""
        with psycopg.connect(self._url) as connection:
            rows = connection.execute(_JOURNEYS, {"after": self._after}).fetchall()
        return [Journey(accepted=float(at), completed=None if end is None else float(end)) for at, end in rows]
