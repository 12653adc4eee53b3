from typing import Any

import pytest

from ops.demo.kinds import KINDS, Kind

PARTLY = next(kind for kind in KINDS if kind.partial)
DECLINED = next(kind for kind in KINDS if kind.name == "declined")


def order(status: str, reason: str | None = None, *lines: str) -> dict[str, Any]:
    return {"status": status, "failureReason": reason, "orderItems": [{"status": line} for line in lines]}


@pytest.mark.parametrize(
    ("kind", "ended"),
    [(PARTLY, order("DELIVERED", None, "EXECUTED", "CANCELLED")), (DECLINED, order("FAILED", "payment_declined"))],
)
def test_the_right_end_is_no_complaint(kind: Kind, ended: dict[str, Any]) -> None:
    assert kind.complaint(ended) is None


def test_another_end_is_told_with_the_right_one() -> None:
    complaint = DECLINED.complaint(order("FAILED", "out_of_stock"))
    assert complaint == "ended FAILED (out_of_stock) instead of FAILED (payment_declined)"


def test_a_line_that_should_have_been_dropped_is_a_complaint() -> None:
    complaint = PARTLY.complaint(order("DELIVERED", None, "EXECUTED", "EXECUTED"))
    assert complaint == "has lines EXECUTED, EXECUTED instead of EXECUTED, CANCELLED"
