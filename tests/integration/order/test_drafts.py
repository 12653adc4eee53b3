import asyncio
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from messages import Line
from messages.order import OrderCreated
from tests.integration.order.desk import BUYER, Desk, new_order, reserved
from workers.order import store
from workers.order.drafts import Edit, ImpossibleEdit, NotADraft
from workers.order.rules import Cancel, ItemStatus, Status

PLUM = Line(product_id=uuid7(), name="plum", quantity=1, unit_price=30)


async def test_a_draft_is_edited_and_submitted_as_it_is_then(desk: Desk) -> None:
    draft = new_order(submit=False)
    await desk.accept(draft)
    apple, pear = draft.lines
    edits = [
        Edit(product_id=apple.product_id, quantity=3),
        Edit(product_id=pear.product_id, drop=True),
        Edit(product_id=PLUM.product_id, quantity=2),
    ]

    async with desk.database.transaction() as tx:
        assert await store.edit_draft(tx, draft.id, edits, {PLUM.product_id: PLUM}) == 810
    found = await desk.get(draft.id)
    async with desk.database.transaction() as tx:
        said = await store.submit_draft(tx, draft.id)

    assert found.total == 810
    assert [(item.name, item.quantity, item.status) for item in found.order_items] == [
        ("apple", 3, ItemStatus.PENDING),
        ("pear", 1, ItemStatus.CANCELLED),
        ("plum", 2, ItemStatus.PENDING),
    ]
    lines = tuple(
        Line(product_id=line.product_id, name=line.name, quantity=quantity, unit_price=line.unit_price)
        for line, quantity in ((apple, 3), (PLUM, 2))
    )
    assert said == OrderCreated(
        order_id=draft.id, customer=BUYER, lines=lines, total=810, currency="EUR", payment_method="tok_ok"
    )
    assert (await desk.get(draft.id)).status is Status.PENDING
    assert [entry.kind for entry in await desk.timeline(draft.id)] == [
        "order.accepted",
        "order.edited",
        "order.submitted",
    ]


async def test_a_refused_edit_changes_nothing(desk: Desk) -> None:
    draft = new_order(submit=False)
    await desk.accept(draft)
    edits = [Edit(product_id=line.product_id, drop=True) for line in draft.lines]

    with pytest.raises(ImpossibleEdit, match="at least one line"):
        async with desk.database.transaction() as tx:
            await store.edit_draft(tx, draft.id, edits, {})

    assert (await desk.get(draft.id)).total == 700


async def test_only_a_draft_is_edited_and_submitted(desk: Desk) -> None:
    order_id = await desk.accepted()
    await desk.hear(reserved(order_id))
    async with desk.database.transaction() as tx:
        with pytest.raises(NotADraft, match="RESERVED"):
            await store.edit_draft(tx, order_id, [], {})
        with pytest.raises(NotADraft, match="RESERVED"):
            await store.submit_draft(tx, order_id)
        assert await store.edit_draft(tx, uuid7(), [], {}) is None
        assert await store.submit_draft(tx, uuid7()) is None


async def test_a_draft_is_submitted_or_discarded_never_both(desk: Desk) -> None:
    drafts = [await desk.accepted(submit=False) for _ in range(10)]

    async def submit(order_id: UUID) -> bool:
        try:
            async with desk.database.transaction() as tx:
                return await store.submit_draft(tx, order_id) is not None
        except NotADraft:
            return False

    for order_id in drafts:
        submitted, twice, answer = await asyncio.gather(submit(order_id), submit(order_id), desk.cancel(order_id))
        assert not (submitted and twice)
        assert (answer is Cancel.DISCARDED) != (submitted or twice)
