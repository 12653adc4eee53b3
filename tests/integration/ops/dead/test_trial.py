"""A dry run says what handling would do, by the real handler, and leaves no trace of it."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import text

from messages.post.envelope import Envelope
from ops.dead.offices import Offices
from ops.dead.results import Forecast, Would
from ops.dead.trial import Trial
from tests.support.burying import letter, write
from tests.support.network import Network
from tests.support.ordering import PRICE, place, shelve
from workers.dead import views
from workers.runtime.database import Database
from workers.runtime.settings import Settings

QUEUE = "Stock_OrderCreated"
_TRACES = text("""
    SELECT (SELECT count(*) FROM stock.reservation) + (SELECT count(*) FROM post.receipt)
         + (SELECT count(*) FROM payment.payment) + (SELECT count(*) FROM post.outbox)
         + (SELECT count(*) FROM operations.dead_letter WHERE status <> 'dead')
""")


@pytest.fixture
async def network(database: Database, settings: Settings) -> AsyncIterator[Network]:
    async with Network(database, settings) as network:
        yield network


async def tried(database: Database, offices: Offices, *ids: UUID) -> list[Forecast]:
    async with database.transaction() as tx:
        letters = await views.letters(tx, ids)
    return await Trial(offices).forecast(letters)


async def traces(database: Database) -> int:
    async with database.transaction() as tx:
        found: int = (await tx.execute(_TRACES)).scalar_one()
    return found


@pytest.fixture
async def created(database: Database) -> Envelope:
    return await place(database, [(await shelve(database, stock=5), 2)])


async def test_it_says_where_the_order_stands_and_what_would_be_announced(
    database: Database, offices: Offices, created: Envelope
) -> None:
    too_many = await place(database, [(await shelve(database, stock=1), 2)])
    ids = await write(database, letter(QUEUE, created), letter(QUEUE, too_many))
    enough, short = await tried(database, offices, *ids)
    assert (enough.would, enough.order_id, enough.order_status) == (Would.HANDLE, created.subject, "PENDING")
    assert (enough.announces, short.announces) == (["stock.reserved"], ["stock.not_reserved"])
    assert await traces(database) == 0


async def test_what_the_provider_would_be_asked_is_only_prepared(
    database: Database, offices: Offices, created: Envelope, network: Network
) -> None:
    network.say([created])
    await network.deliver(0)
    [reserved] = [each for queue, each in network.about(created.subject) if queue == "Payment_StockReserved"]
    before = await traces(database)
    [told] = await tried(database, offices, *await write(database, letter("Payment_StockReserved", reserved)))
    assert told.would == Would.ASK
    [asked] = told.asks
    assert (asked["ask"], asked["amount"], asked["currency"]) == ("Charge", 2 * PRICE, "EUR")
    assert await traces(database) == before


async def test_an_error_is_told_as_a_worker_would(database: Database, offices: Offices, created: Envelope) -> None:
    [id_] = await write(database, letter(QUEUE, created))
    async with database.transaction() as tx:
        await tx.execute(text("ALTER TABLE stock.product RENAME TO elsewhere"))
    [told] = await tried(database, offices, id_)
    assert (told.would, told.error) == (Would.FAIL, 'UndefinedTable: relation "stock.product" does not exist')


async def test_a_body_that_its_worker_cannot_read_would_fail(database: Database, offices: Offices) -> None:
    [told] = await tried(database, offices, *await write(database, letter(QUEUE, body=b"{}")))
    assert told.would == Would.FAIL
    assert told.error is not None
    assert told.error.startswith("the body is no order.created")
    assert told.order_status is None


async def test_what_was_handled_before_would_say_the_same_again(
    database: Database, offices: Offices, created: Envelope, network: Network
) -> None:
    await network.handle(QUEUE, created)
    [told] = await tried(database, offices, *await write(database, letter(QUEUE, created)))
    assert (told.would, told.announces) == (Would.REPEAT, ["stock.reserved"])


async def test_what_nobody_takes_would_come_back_and_what_is_no_json_is_refused(
    database: Database, offices: Offices, created: Envelope
) -> None:
    ids = await write(database, letter("Gone_Ping", created), letter(QUEUE, created, body=b"{"))
    back, refused = await tried(database, offices, *ids)
    assert (back.would, back.error) == (Would.RETURN, "no room has the queue Gone_Ping: it would come back")
    assert refused.would == Would.REFUSE
    assert refused.error is not None
    assert "edit it first" in refused.error
