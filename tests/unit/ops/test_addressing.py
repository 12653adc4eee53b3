import pytest

from ops.dead.addressing import Unsendable, require_json


@pytest.mark.parametrize("body", [rb'{"a": "\u0000"}', rb'"x\u0000"', rb'"\\\u0000"'])
def test_a_body_with_a_nul_cannot_travel(body: bytes) -> None:
    with pytest.raises(Unsendable, match="edit it first"):
        require_json(body)


@pytest.mark.parametrize("body", [rb'"\\u0000"', rb'{"a": "C:\\u0000"}', rb'"u0000"'])
def test_a_backslash_before_what_looks_like_one_may(body: bytes) -> None:
    require_json(body)
