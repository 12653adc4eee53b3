from typing import Any

import msgspec
import pytest

from gateway import fields


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (fields.Name, "Zoë Ærø 🫖"),
        (fields.Name, " padded "),
        (fields.Email, "ada.lovelace+orders@mail.example.com"),
        (fields.Email, "a" * 64 + "@example.com"),
        (fields.Email, "ada@xn--bcher-kva.example"),
        (fields.Phone, "+49 (0)30 123-45.67"),
        (fields.Note, "left with a neighbour,\nthe one upstairs"),
        (fields.Currency, "EUR"),
        (fields.Sku, "TEA/GREEN-100.b_2"),
        (fields.PaymentMethod, "tok_ok"),
        (fields.Address, {"street": "1 Main St\nBack yard", "line2": "", "note": None}),
        (fields.Amount, 0),
        (fields.Amount, fields.MAX_AMOUNT),
    ],
)
def test_what_people_write_is_taken(kind: Any, value: object) -> None:
    assert msgspec.convert(value, kind) == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (fields.Name, ""),
        (fields.Name, " \u3000 "),
        (fields.Name, "a\x00b"),
        (fields.Name, "a\nBcc: everyone@example.com"),
        (fields.Name, "a\n"),
        (fields.Name, "a\x85b"),
        (fields.Name, "a\u2028b"),
        (fields.Place, "Leipzig\n"),
        (fields.Note, ""),
        (fields.Note, "a\x00b"),
        (fields.Note, "a" * 1001),
        (fields.Name, "a" * 201),
        (fields.Email, "ada"),
        (fields.Email, "ada@localhost"),
        (fields.Email, "ada@example.com\n"),
        (fields.Email, "ada@exa mple.com"),
        (fields.Email, ".ada@example.com"),
        (fields.Email, "ada@-example.com"),
        (fields.Email, "a@b.c, d@e.f"),
        (fields.Email, "a" * 250 + "@example.com"),
        (fields.Email, "a" * 65 + "@example.com"),
        (fields.Email, "ada@127.0.0.1"),
        (fields.Email, "zoë@example.com"),
        (fields.Email, "=?utf-8?q?x?=@example.com"),
        (fields.Phone, "call me"),
        (fields.Phone, "1----"),
        (fields.Phone, "1" * 18),
        (fields.Phone, "12345\n"),
        (fields.Currency, "eur"),
        (fields.Currency, "EUR\n"),
        (fields.Sku, "-tea"),
        (fields.PaymentMethod, "tok ok"),
        (fields.Address, {"street": "a\x00b"}),
        (fields.Address, {f"line{n}": "" for n in range(21)}),
        (fields.Amount, -1),
        (fields.Amount, fields.MAX_AMOUNT + 1),
        (fields.Quantity, 0),
        (fields.Addition, 2**63),
    ],
)
def test_what_would_hurt_somebody_is_refused(kind: Any, value: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(value, kind)
