"""The same flow as people write it with FastStream and with Celery, after the documentation of each.

One message, one transaction. A message is acknowledged after its transaction has committed and its answer is
published; publishes are confirmed; queues are quorum queues and messages persistent. Nobody keeps receipts or an
outbox, asks a payment provider or sends a mail, so a crash at the wrong moment loses or repeats something: the peers
have the easier job.
"""
