"""What one cause says of many messages is one pattern; what differs in words is not."""

import pytest

from workers.dead.pattern import group_key, pattern


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "RuntimeError: no order 01900000-0000-7000-8000-000000000001",
            "RuntimeError: no order 0190ffff-aaaa-7000-8000-00000000000f",
        ),
        ("ValueError: got 7, wanted at most 6", "ValueError: got 1250, wanted at most 12"),
        ("ValueError: 1.5 is not 1,250.00", "ValueError: 22 is not 3"),
        ("KeyError: 'sku-12a'", "KeyError: 'sku-9'"),
        ("Timeout: 2026-01-31T12:00:00.123+00:00", "Timeout: 2026-11-21T09:08:07Z"),
        ("refused by 10.0.0.7:5432", "refused by 192.168.1.1:5433"),
    ],
)
def test_ids_and_numbers_do_not_split_a_group(one: str, other: str) -> None:
    assert pattern(one) == pattern(other)
    assert "#" in pattern(one)


def test_words_do() -> None:
    assert pattern("ValueError: no name") != pattern("ValueError: no city")
    assert pattern("ValueError: no name, and no city") == "ValueError: no name, and no city"


def test_a_key_names_queue_and_pattern() -> None:
    key = group_key("Stock_OrderCreated", "ValueError: #")
    assert key == group_key("Stock_OrderCreated", "ValueError: #")
    assert (
        len({key, group_key("Stock_OrderCreated", "ValueError"), group_key("Order_StockReserved", "ValueError: #")})
        == 3
    )
