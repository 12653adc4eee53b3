import json
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from gateway.acceptance import PlaceOrder
from gateway.pointers import locate, pointer
from gateway.products import NewProduct

ID = str(uuid4())
ITEM: dict[str, Any] = {"productId": ID, "quantity": 1}
ORDER: dict[str, Any] = {"userId": ID, "orderItems": [ITEM]}


def located(body: dict[str, Any], kind: type[msgspec.Struct]) -> tuple[str, str]:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(json.dumps(body), type=kind)
    return locate(str(caught.value))


@pytest.mark.parametrize(
    ("changes", "at", "why"),
    [
        ({"orderItems": [{**ITEM, "quantity": 0}]}, "/orderItems/0/quantity", "Expected int >= 1"),
        ({"orderItems": [ITEM, {"productId": ID}]}, "/orderItems/1/quantity", "This field is missing"),
        ({"orderItems": [ITEM, {**ITEM, "a/b~c": 1}]}, "/orderItems/1/a~1b~0c", "There is no such field"),
        ({"orderItems": []}, "/orderItems", "Expected array of length >= 1"),
        ({"userId": "nobody"}, "/userId", "Invalid UUID"),
        ({"nope": 1}, "/nope", "There is no such field"),
        ({"currency": "euro"}, "/currency", "Expected a currency code of three capital letters"),
        ({"shippingAddress": {"street": [1]}}, "/shippingAddress", "Expected str | null, got array"),
        ({"shippingAddress": {"": "x"}}, "/shippingAddress", "Expected str of length >= 1"),
    ],
)
def test_an_error_points_at_its_place_in_camel_case(changes: dict[str, Any], at: str, why: str) -> None:
    assert located({**ORDER, **changes}, PlaceOrder) == (at, why)


def test_a_list_that_is_no_object_points_at_the_whole() -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode("[]", type=NewProduct)
    assert locate(str(caught.value)) == ("", "Expected object, got array")


def test_a_field_name_that_looks_like_a_path_stays_a_name() -> None:
    at, why = located({"name": "Tea", "price": 1, "x` - at `$.y": 1}, NewProduct)
    assert why == "There is no such field"
    assert at.startswith("/")


def test_pointers_escape_their_steps() -> None:
    assert pointer("a/b", 0, "c~d") == "/a~1b/0/c~0d"
    assert pointer() == ""
