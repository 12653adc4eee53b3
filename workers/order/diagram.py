"""The picture of an order's states, made of the table in ``rules``; printed, it is ``docs/states.md``."""

from collections.abc import Iterator

from workers.order.rules import ENDS, MOVES, Status

_PAGE = """\
# The states of an order

Made of the table in `workers/order/rules.py` by `python -m workers.order.diagram`. What is heard in a state that has no
arrow for it is kept in the order's history, and moves nothing.

```mermaid
{diagram}
```
"""


def page() -> str:
    """Return the page that shows the diagram."""
    return _PAGE.format(diagram="\n".join(_lines()))


def _lines() -> Iterator[str]:
    yield "stateDiagram-v2"
    yield f"    [*] --> {Status.DRAFT}: kept as a draft"
    yield f"    [*] --> {Status.PENDING}: order.created"
    for (source, target), causes in _arrows().items():
        yield f"    {source} --> {target}: {', '.join(causes)}"
    yield from (f"    {end} --> [*]" for end in Status if end in ENDS)


def _arrows() -> dict[tuple[Status, Status], list[str]]:
    """Return what leads from one status to another, in the order of the statuses."""
    arrows: dict[tuple[Status, Status], list[str]] = {}
    for source in Status:
        for move in MOVES:
            if source in move.sources:
                cause = f"{move.on} ({move.when})" if move.when else move.on
                arrows.setdefault((source, move.target), []).append(cause)
    return arrows


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - this is what it is for
