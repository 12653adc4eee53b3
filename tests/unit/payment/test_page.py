from pathlib import Path

from workers.payment.page import page
from workers.payment.rules import BY_HAND

PAGE = Path(__file__).parents[3] / "docs" / "payments.md"


def test_the_page_shows_the_table_of_today() -> None:
    assert PAGE.read_text() == page(), "python -m workers.payment.page > docs/payments.md"


def test_every_step_is_on_it() -> None:
    lines = page().splitlines()
    for step in BY_HAND:
        assert [line for line in lines if line.startswith(f"| `{step.before}`") and f"| `{step.wish}` |" in line]
