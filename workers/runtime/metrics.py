"""What a process counts, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

HANDLED = Counter("orderfleet_messages_total", "Messages settled, by what became of them.", ["queue", "outcome"])
BATCH = Histogram(
    "orderfleet_batch_messages",
    "Messages handled in one transaction.",
    ["queue"],
    buckets=(1, 2, 5, 10, 20, 50, 100, 200),
)
SECONDS = Histogram("orderfleet_batch_seconds", "From taking a set to its acknowledgement, in seconds.", ["queue"])
WAITING = Gauge("orderfleet_waiting_for_outage", "1 while a queue waits for the end of an outage.", ["queue"])
FORGOTTEN = Counter("orderfleet_forgotten_total", "Rows that were old enough to be forgotten.", ["what"])
RELAYED = Counter("orderfleet_relayed_total", "Messages carried from the outbox to the broker.", ["outcome"])
