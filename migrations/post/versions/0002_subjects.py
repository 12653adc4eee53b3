"""Finds the receipts of one order, and the messages about it that wait, for its timeline.

Measured on PostgreSQL 15, receipts written in sets of 200 into tables that grew to 300,000 rows (milliseconds a set,
bytes of WAL a row; then microseconds to find the receipts of one order):

    no index          4.87    421
    btree (subject)   5.06    501         23 in a set of 100 orders, 170 alone
    hash (subject)    5.20    524         34                         170
    brin (at)         4.89    421     30,000 within 15 minutes, and more with every order that runs at the same time

So a btree costs a receipt one microsecond, ten to an order that costs some 1,700 in all. Subjects are UUIDv7 and arrive
almost in order, so that its inserts stay on the last pages. BRIN would be free, but its cost grows with the traffic.

An outbox is short unless the broker is away, and then everybody asks: with 100,000 messages waiting a timeline took 345
ms without an index and 8 with one, once the table's growth was analyzed. It costs an insert 3 microseconds, and leases
stay updates in place.
"""

import sqlalchemy as sa
from alembic import op

revision = "post_0002"
down_revision = "post_0001"


def upgrade() -> None:
    op.create_index("receipt_subject_idx", "receipt", ["subject"], schema="post")
    op.create_index("outbox_subject_idx", "outbox", [sa.text("(envelope ->> 'subject')")], schema="post")
