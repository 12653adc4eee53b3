import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.duplicates import find

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_once_is_found_nowhere(value: Any) -> None:
    assert find(json.dumps(value).encode()) == []
    assert find(json.dumps(value, ensure_ascii=False, indent=1).encode(errors="replace")) == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ('{"a": 1, "a": 1}', ["/a"]),
        ('{"a": 1, "\\u0061": 2}', ["/a"]),
        ('{"a": 1, "a": 2, "a": 3}', ["/a", "/a"]),
        ('{"": 1, "": 2}', ["/"]),
        ('{"a": {"b": 1}, "c": {"b": 1}}', []),
        ('{"a": {"b": 1, "b": 1}}', ["/a/b"]),
        ('[{"a": 1}, {"a": 1, "a": ":::"}]', ["/1/a"]),
        ('{"x/y": [[{"~": ":", "~": 0}]]}', ["/x~1y/0/0/~0"]),
        ('{"a": ":", "b": "::"}', []),
    ],
)
def test_a_name_that_is_given_again_is_pointed_at(body: str, where: list[str]) -> None:
    assert find(body.encode()) == where
