"""The topology as a value: names and arguments exactly as the design has them."""

from messages.post.topology import Binding, topology

MADE = topology([("Stock_OrderCreated", "order.created"), ("Notification_OrderCreated", "order.created")])
QUEUES = {queue.name: dict(queue.arguments) for queue in MADE.queues}


def test_a_work_queue_carries_what_no_policy_may_strip() -> None:
    assert QUEUES["Stock_OrderCreated"] == {
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": "orderfleet.dead",
        "x-dead-letter-routing-key": "Stock_OrderCreated",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def test_a_rung_sends_back_to_the_queue_the_message_came_from() -> None:
    assert QUEUES["retry.30s"] == {
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": "orderfleet.work",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-message-ttl": 30_000,
    }
    assert [name for name in QUEUES if name.startswith("retry.")].__len__() == 5


def test_every_queue_is_a_quorum_queue_and_every_work_queue_has_a_dead_one() -> None:
    assert {arguments["x-queue-type"] for arguments in QUEUES.values()} == {"quorum"}
    assert {"Stock_OrderCreated.dead", "Notification_OrderCreated.dead", "unrouted.dead"} <= QUEUES.keys()


def test_a_work_queue_hears_its_type_and_its_own_name() -> None:
    assert {
        Binding("orderfleet.events", "order.created", "Stock_OrderCreated"),
        Binding("orderfleet.work", "Stock_OrderCreated", "Stock_OrderCreated"),
        Binding("orderfleet.dead", "Stock_OrderCreated", "Stock_OrderCreated.dead"),
    } <= MADE.bindings


def test_only_the_events_may_reach_nobody() -> None:
    alternates = {exchange.name: exchange.alternate for exchange in MADE.exchanges}
    assert alternates["orderfleet.events"] is None
    assert alternates["orderfleet.work"] == alternates["orderfleet.dead"] == "orderfleet.unrouted"


def test_a_topology_is_a_hashable_value() -> None:
    again = topology([("Notification_OrderCreated", "order.created"), ("Stock_OrderCreated", "order.created")])
    assert hash(again) == hash(MADE)
    assert again == MADE
    assert MADE.heard == {"order.created"}
