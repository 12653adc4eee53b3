"""The application: quorum queues, late acknowledgement, confirmed publishes, no results."""

from celery import Celery
from kombu import Exchange, Queue

from bench.peers.settings import AMQP_URL, PREFETCH

QUEUES = (
    "Stock_OrderCreated",
    "Notification_OrderCreated",
    "Payment_StockReserved",
    "Order_StockReserved",
    "Order_PaymentCompleted",
    "Stock_PaymentCompleted",
    "Shipping_PaymentCompleted",
    "Notification_PaymentCompleted",
    "Order_OrderShipped",
    "Notification_OrderShipped",
)
EVENTS = Exchange("orderfleet.events", type="topic", durable=True)

app = Celery("orders", broker=AMQP_URL, include=["bench.peers.with_celery.tasks"])
app.conf.update(
    task_queues=[Queue(name, EVENTS, routing_key=name, queue_arguments={"x-queue-type": "quorum"}) for name in QUEUES],
    task_default_queue=QUEUES[0],
    task_default_exchange=EVENTS.name,
    task_default_queue_type="quorum",
    task_routes={name: {"queue": name} for name in QUEUES},
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    worker_detect_quorum_queues=True,
    worker_prefetch_multiplier=PREFETCH,
    broker_transport_options={"confirm_publish": True},
    broker_connection_retry_on_startup=True,
)
