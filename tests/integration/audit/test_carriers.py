from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from ops.audit import opened
from tests.support.auditing import violated
from tests.support.network import Network
from tests.support.ordering import place, shelve
from workers.runtime.database import Database
from workers.runtime.settings import Settings

_LEFT = text("""UPDATE "order"."order" SET updated_at = now() - cast(:ago AS interval)""")


@pytest.mark.parametrize(
    ("carrier", "ago", "late"),
    [
        ("simulated", timedelta(days=1), {"order-late": 1}),
        ("reported", timedelta(days=29), {}),
        ("reported", timedelta(days=31), {"order-late": 1}),
    ],
)
async def test_a_real_carrier_has_a_month(
    database: Database, settings: Settings, network: Network, *, carrier: str, ago: timedelta, late: dict[str, int]
) -> None:
    network.say([await place(database, [(await shelve(database, stock=1), 1)])])
    await network.drain("dispatch")
    async with database.transaction() as tx:
        await tx.execute(_LEFT, {"ago": ago})
    async with opened(replace(settings, carrier=carrier)) as books:
        assert await violated(books) == late
