from uuid import UUID

import pytest

from messages import Line
from workers.order.drafts import DraftLine, Edit, ImpossibleEdit, edited, ordered, total

APPLE, PEAR, PLUM = (UUID(int=number) for number in (1, 2, 3))


def line(product: UUID, quantity: int, price: int = 100) -> Line:
    return Line(product_id=product, name="fruit", quantity=quantity, unit_price=price)


def draft(*lines: Line) -> list[DraftLine]:
    return [DraftLine(line=each) for each in lines]


def after(lines: list[DraftLine], *edits: Edit) -> tuple[Line, ...]:
    offers = {product: line(product, 1, price=250) for product in (APPLE, PEAR)}
    return ordered(edited(lines, edits, offers))


def test_a_line_that_stays_keeps_its_price() -> None:
    changed = after(draft(line(APPLE, 1), line(PEAR, 1)), Edit(product_id=APPLE, quantity=5))
    assert changed == (line(APPLE, 5), line(PEAR, 1))
    assert total(changed) == 600


def test_what_is_added_costs_what_it_costs_today() -> None:
    assert after(draft(line(APPLE, 1)), Edit(product_id=PEAR, quantity=2)) == (line(APPLE, 1), line(PEAR, 2, 250))


def test_a_dropped_line_stays_visible_and_is_not_ordered() -> None:
    lines = edited(draft(line(APPLE, 1), line(PEAR, 1)), [Edit(product_id=APPLE, drop=True)], {})
    assert [each.dropped for each in lines] == [True, False]
    assert ordered(lines) == (line(PEAR, 1),)


def test_what_was_dropped_comes_back_at_todays_price() -> None:
    edits = [Edit(product_id=APPLE, drop=True), Edit(product_id=APPLE, quantity=3)]
    assert after(draft(line(APPLE, 1), line(PEAR, 1)), *edits) == (line(PEAR, 1), line(APPLE, 3, 250))


def test_a_product_on_two_lines_is_changed_as_a_whole() -> None:
    lines = draft(line(APPLE, 1), line(PEAR, 1), line(APPLE, 2))
    assert after(lines, Edit(product_id=APPLE, quantity=4)) == (line(APPLE, 4), line(PEAR, 1))
    assert after(lines, Edit(product_id=APPLE, drop=True)) == (line(PEAR, 1),)


@pytest.mark.parametrize(
    ("edits", "product"),
    [
        ([Edit(product_id=PEAR, drop=True)], PEAR),
        ([Edit(product_id=PLUM, quantity=1)], PLUM),
        ([Edit(product_id=APPLE, drop=True)], None),
        ([Edit(product_id=APPLE, drop=True), Edit(product_id=APPLE, drop=True)], APPLE),
    ],
)
def test_what_cannot_be_done_says_why(edits: list[Edit], product: UUID | None) -> None:
    with pytest.raises(ImpossibleEdit) as refusal:
        after(draft(line(APPLE, 1)), *edits)
    assert refusal.value.product_id == product
