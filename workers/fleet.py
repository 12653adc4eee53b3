"""The one visible list of rooms."""

from messages.post.topology import Topology, topology
from workers.notification.handlers import room as notification
from workers.order.handlers import room as order
from workers.payment.handlers import room as payment
from workers.runtime.room import Room
from workers.shipping.handlers import room as shipping
from workers.stock.handlers import room as stock

ROOMS: dict[str, Room] = {room.schema: room for room in (order, stock, payment, shipping, notification)}


def fleet_topology() -> Topology:
    """Return everything that must stand in the broker for these rooms to hear each other."""
    return topology(listener for room in ROOMS.values() for listener in room.listeners)
