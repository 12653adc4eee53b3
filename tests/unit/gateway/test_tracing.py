import pytest

from gateway.tracing import traceparent

GOOD = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_well_formed_trace_is_passed_on() -> None:
    assert traceparent([(b"host", b"x"), (b"traceparent", GOOD)]) == GOOD.decode()


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"nonsense",
        GOOD.upper(),
        GOOD + b"\n",
        b"ff" + GOOD[2:],
        b"00-" + b"0" * 32 + b"-00f067aa0ba902b7-01",
        b"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        b"\xff" * 55,
    ],
)
def test_anything_else_is_ignored(value: bytes) -> None:
    assert traceparent([(b"traceparent", value)]) is None


def test_no_trace_is_none() -> None:
    assert traceparent([]) is None
