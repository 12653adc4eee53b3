"""Every message of the catalogue is said, and what it is there for happens: real processes, real mail."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
import pytest_asyncio

from gateway.asyncapi import GATEWAY
from gateway.saying import SAYS, SPEAKER
from messages import Message
from messages.account import UserRegistered
from messages.catalogue import ProductCreated, ProductDeleted, ProductUpdated
from messages.order import (
    OrderCancellationConfirmed,
    OrderCancellationRejected,
    OrderCancellationRequested,
    OrderCancelled,
    OrderCreated,
    OrderFailed,
)
from messages.payment import (
    PaymentCompleted,
    PaymentFailed,
    PaymentRefundDue,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentStatusChanged,
    PaymentVoided,
)
from messages.shipping import OrderDelivered, OrderShipped, ShippingNotStopped, ShippingStopped
from messages.stock import (
    StockDepleted,
    StockLevelChanged,
    StockLow,
    StockNotReserved,
    StockReleased,
    StockReservationExpired,
    StockReserved,
)
from ops.asyncapi import Speaker
from ops.local.ports import free_port
from tests.acceptance.effects import Effect, alerts, carries, ends, has, mails, tells
from tests.acceptance.stories import ADMIN, ALONE, STORIES, World
from tests.contracts.language import every_type
from tests.support.fresh import fresh_database, fresh_vhost
from tests.support.processes import EVERYTHING, fleet, mail_server
from tests.support.servers import Servers
from tests.support.subscribing import Subscriber
from workers.fleet import ROOMS
from workers.runtime.settings import Settings

IN_ONE_WORLD = pytest.mark.asyncio(loop_scope="module")


class Row(NamedTuple):
    """In which story a message is said, and what is to be seen of it."""

    story: str
    effects: tuple[Effect, ...]


def row(story: str, *effects: Effect) -> Row:
    return Row(story, effects)


ROWS: dict[type[Message], Row] = {
    OrderCreated: row("paid", tells("reservation.held"), mails("order_confirmation")),
    StockReserved: row("paid", tells("payment.charged")),
    PaymentCompleted: row("paid", has("reservations", "COMMITTED"), mails("payment_confirmation")),
    OrderShipped: row("paid", tells("order.shipped"), mails("order_shipped")),
    OrderDelivered: row("paid", ends("DELIVERED"), mails("order_delivered")),
    StockNotReserved: row("out of stock", ends("FAILED", "out_of_stock")),
    OrderFailed: row("out of stock", mails("order_failed")),
    PaymentFailed: row("declined", ends("FAILED", "payment_declined"), has("reservations", "RELEASED")),
    StockReleased: row("declined", tells("stock.released")),
    PaymentVoided: row("cancelled unpaid", ends("CANCELLED"), has("payments", "VOIDED")),
    OrderCancellationRequested: row("cancelled paid", has("shipments", "STOPPED")),
    ShippingStopped: row("cancelled paid", tells("shipping.stopped")),
    OrderCancelled: row("cancelled paid", has("reservations", "RELEASED")),
    PaymentRefundDue: row("cancelled paid", has("payments", "REFUNDED")),
    PaymentRefunded: row("cancelled paid", ends("CANCELLED"), mails("payment_refunded")),
    OrderCancellationConfirmed: row("cancelled paid", mails("order_cancellation_confirmed")),
    PaymentStatusChanged: row("refunded by hand", carries(PaymentStatusChanged, before="COMPLETED", status="REFUNDED")),
    ProductCreated: row("catalogue", carries(ProductCreated, price=450)),
    ProductUpdated: row("catalogue", carries(ProductUpdated, price=490, name="Green tea")),
    ProductDeleted: row("catalogue", carries(ProductDeleted)),
    StockLevelChanged: row("run out", carries(StockLevelChanged, onHand=0, reserved=0, available=0)),
    StockLow: row("run out", carries(StockLow, available=2, threshold=3), alerts("Rare tea")),
    StockDepleted: row("run out", carries(StockDepleted, name="Rare tea"), alerts("Rare tea")),
    UserRegistered: row("registered", mails("welcome", by="userId")),
    ShippingNotStopped: row("cancelled too late", ends("DELIVERED")),
    OrderCancellationRejected: row("cancelled too late", mails("order_cancellation_rejected")),
    StockReservationExpired: row("expired", ends("FAILED", "reservation_expired"), has("reservations", "RELEASED")),
    PaymentRefundFailed: row("not refunded", tells("payment.refund_failed")),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(servers: Servers, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One fleet for all; what takes long is begun before anybody asks."""
    port, place = free_port(), tmp_path_factory.mktemp("events")
    with fresh_database(servers, template) as database_url, fresh_vhost(servers) as amqp_url:
        given = Settings(database_url=database_url, amqp_url=amqp_url, management_url=servers.management_url)
        given = msgspec.structs.replace(given, smtp_url=f"smtp://127.0.0.1:{port}", admin_email=ADMIN)
        async with fleet(given, Path(place)) as made, mail_server(port) as box, Subscriber.open(amqp_url) as heard:
            made.settings = msgspec.structs.replace(made.settings, handling_seconds=3, reservation_seconds=20)
            await made.start(*EVERYTHING)
            told = World(made, box, heard)
            for story in STORIES.keys() - ALONE:
                told.begin(story)
            yield told
            await told.close()


def test_every_message_has_its_row() -> None:
    assert set(ROWS) == every_type()
    assert {each.story for each in ROWS.values()} == set(STORIES)


@IN_ONE_WORLD
@pytest.mark.parametrize("message", ROWS, ids=lambda message: message.type())
async def test_a_message_is_said_and_has_its_effect(message: type[Message], world: World) -> None:
    story, effects = ROWS[message]
    about = await world.begin(story)
    await world.subscriber.hears(message.type(), about)
    for effect in effects:
        await effect(world, about)


@IN_ONE_WORLD
async def test_everybody_said_what_the_document_knows_of_them(world: World) -> None:
    speakers = [GATEWAY, *(Speaker.of(room) for room in ROOMS.values())]
    claimed = {(speaker.name, message.type()) for speaker in speakers for message in speaker.says}
    said = {(heard.said_by, heard.type) for heard in world.subscriber.heard}
    assert said <= claimed
    assert {message.type() for message in SAYS} == {type_ for speaker, type_ in said if speaker == SPEAKER}


@IN_ONE_WORLD
async def test_what_sums_up_is_said_less_often_than_what_it_sums_up(world: World) -> None:
    product = await world.product(stock=1000)
    for _ in range(20):
        await world.put("/inventory/remove", productId=product, quantity=1)
    await world.subscriber.hears("stock.level_changed", product, onHand=980)
    assert len(world.subscriber.of("stock.level_changed", product)) < 20
