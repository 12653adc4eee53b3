from pathlib import Path

from workers.order.diagram import page
from workers.order.rules import MOVES, Status

PAGE = Path(__file__).parents[3] / "docs" / "states.md"


def test_the_page_shows_the_table_of_today() -> None:
    assert PAGE.read_text() == page(), "python -m workers.order.diagram > docs/states.md"


def test_every_status_and_every_move_is_in_the_picture() -> None:
    shown = page()
    assert all(status in shown for status in Status)
    for move in MOVES:
        for source in move.sources:
            [arrow] = [line for line in shown.splitlines() if line.startswith(f"    {source} --> {move.target}:")]
            assert move.on in arrow
