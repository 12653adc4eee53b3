"""The one visible list of what grows with every order and is of no use for ever: how long it is kept, and why.

What an order, its stock, its money and its mails came to is business, and stays: orders with their history, the ledger,
payments, shipments, notifications. An outbox empties itself, and what is left in it is unsent, so that nothing in it is
ever too old.
"""

from collections.abc import Sequence
from datetime import timedelta

from messages.post import failures, idempotency, receipts
from workers.dead import store as letters
from workers.relay.cleaner import Rule
from workers.runtime import processes
from workers.runtime.settings import OPERATIONS, Settings

GONE_PROCESSES = timedelta(hours=1)
"""A process that was killed is shown as gone for so long: who looks in the morning finds it in the log."""


def rules(settings: Settings, url: str) -> Sequence[Rule]:
    """Return what is cleaned in the database at ``url``."""
    post = [
        Rule("receipts", receipts.Expired(), timedelta(days=settings.receipt_retention_days)),
        Rule("keys", idempotency.expire, idempotency.LIFE),
        Rule("failures", failures.expire, timedelta(days=settings.failure_retention_days)),
    ]
    if url != settings.room_database_url(OPERATIONS):
        return post
    return [
        *post,
        Rule("letters", letters.expire, timedelta(days=settings.letter_retention_days)),
        Rule("processes", processes.expire, GONE_PROCESSES),
    ]
