"""What may be done to a draft before it is submitted. No I/O."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec

from messages import Line


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """Have ``quantity`` of a product, or, with ``drop``, none of it."""

    product_id: UUID
    quantity: int | None = None
    drop: bool = False


class DraftLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a draft; a line that was dropped stays visible, and is not ordered."""

    line: Line
    dropped: bool = False


class NotADraft(Exception):  # noqa: N818 - reads as what it says
    """Only a draft can be edited and submitted."""


class ImpossibleEdit(ValueError):  # noqa: N818 - reads as what it says
    """The draft cannot be edited so; ``product_id`` says which product is the reason, if one is."""

    def __init__(self, words: str, product_id: UUID | None = None) -> None:
        super().__init__(words)
        self.product_id = product_id


def edited(lines: Sequence[DraftLine], edits: Iterable[Edit], offers: Mapping[UUID, Line]) -> tuple[DraftLine, ...]:
    """Return the lines after the edits.

    A line that stays keeps its price; what is added, also again after it was dropped, costs what ``offers`` says.

    Raises:
        ImpossibleEdit: when a product to change is not there, one to add is not offered, or nothing would be left.
    """
    after = list(lines)
    for edit in edits:
        after = _dropped(after, edit) if edit.drop else _with_quantity(after, edit, offers)
    if all(each.dropped for each in after):
        raise ImpossibleEdit("an order needs at least one line")
    return tuple(after)


def ordered(lines: Iterable[DraftLine]) -> tuple[Line, ...]:
    """Return the lines that are not dropped."""
    return tuple(each.line for each in lines if not each.dropped)


def total(lines: Iterable[Line]) -> int:
    """Add up what the lines cost."""
    return sum(line.quantity * line.unit_price for line in lines)


def _dropped(lines: list[DraftLine], edit: Edit) -> list[DraftLine]:
    if not any(_is_of(each, edit) for each in lines):
        raise ImpossibleEdit("the draft has no such product", edit.product_id)
    return [msgspec.structs.replace(each, dropped=each.dropped or _is_of(each, edit)) for each in lines]


def _with_quantity(lines: list[DraftLine], edit: Edit, offers: Mapping[UUID, Line]) -> list[DraftLine]:
    """Change the first line of the product, and drop any other; without one, add it at today's price."""
    if edit.quantity is None:
        return lines
    current = next((each for each in lines if _is_of(each, edit)), None)
    kept = current.line if current else offers.get(edit.product_id)
    if kept is None:
        raise ImpossibleEdit("there is no such product for sale", edit.product_id)
    changed = DraftLine(line=msgspec.structs.replace(kept, quantity=edit.quantity))
    if current is None:
        return [*lines, changed]
    others = [each if each is current or not _is_of(each, edit) else _drop(each) for each in lines]
    return [changed if each is current else each for each in others]


def _drop(line: DraftLine) -> DraftLine:
    return msgspec.structs.replace(line, dropped=True)


def _is_of(line: DraftLine, edit: Edit) -> bool:
    return line.line.product_id == edit.product_id and not line.dropped
