"""Broker, exchange and queues, and the sessions that every handler opens."""

from faststream.rabbit import Channel, ExchangeType, QueueType, RabbitBroker, RabbitExchange, RabbitQueue
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from bench.peers.settings import AMQP_URL, DATABASE_URL, PREFETCH

CHANNEL = Channel(prefetch_count=PREFETCH, publisher_confirms=True, on_return_raises=True)
EVENTS = RabbitExchange("orderfleet.events", type=ExchangeType.TOPIC, durable=True)

engine = create_async_engine(DATABASE_URL, pool_size=10, max_overflow=10)
Session = async_sessionmaker(engine, expire_on_commit=False)


def queue(room: str, event: str, key: str) -> RabbitQueue:
    """Return a room's quorum queue for one type of message."""
    return RabbitQueue(f"{room}_{event}", durable=True, queue_type=QueueType.QUORUM, routing_key=key)


def broker() -> RabbitBroker:
    """Return a broker for an application."""
    return RabbitBroker(AMQP_URL, default_channel=CHANNEL)
