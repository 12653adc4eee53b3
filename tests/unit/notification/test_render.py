from typing import Any

import pytest
from uuid_utils.compat import uuid7

from workers.notification.render import money, one_line, reason, render
from workers.notification.rules import TEMPLATES

FACTS: dict[str, dict[str, Any]] = {
    "order_confirmation": {"lines": [{"name": "Kanne <& Söhne>", "quantity": 2}], "total": 123450, "currency": "EUR"},
    "payment_confirmation": {"amount": 123450, "currency": "EUR"},
    "order_failed": {"reason": "out_of_stock"},
    "order_shipped": {"trackingNumber": "OF123"},
    "order_delivered": {},
    "payment_refunded": {"amount": 123450, "currency": "EUR"},
    "order_cancellation_confirmed": {},
    "order_cancellation_rejected": {},
}
SAYS = {
    "order_confirmation": "1,234.50 EUR",
    "payment_confirmation": "1,234.50 EUR",
    "order_failed": "out of stock",
    "order_shipped": "OF123",
    "order_delivered": "delivered",
    "payment_refunded": "1,234.50 EUR",
    "order_cancellation_confirmed": "is cancelled",
    "order_cancellation_rejected": "had already left",
}


@pytest.mark.parametrize("template", FACTS)
def test_every_template_says_what_it_is_about(template: str) -> None:
    order = uuid7()
    mail = render(template, {**FACTS[template], "name": "Zoë", "order": order})
    assert mail.title
    for part in (mail.text, mail.html):
        assert SAYS[template] in part
        assert "Hello Zoë," in part
        assert str(order) in part


def test_every_message_that_is_told_has_its_template() -> None:
    assert set(FACTS) == set(TEMPLATES.values())


@pytest.mark.parametrize(
    ("template", "fact", "words"),
    [
        ("order_confirmation", {"partial": True}, "whatever is in stock"),
        ("payment_confirmation", {"short": [{"name": "Teapot", "quantity": 2}]}, "This is left out"),
    ],
)
def test_a_partial_order_is_told_what_becomes_of_it(template: str, fact: dict[str, Any], words: str) -> None:
    whole, partial = (render(template, {**FACTS[template], "name": "Zoë", "order": 1, **more}) for more in ({}, fact))
    assert words in partial.text
    assert words in " ".join(partial.html.split())
    assert words not in whole.text + whole.html


def test_html_is_escaped_and_text_is_not() -> None:
    mail = render("order_confirmation", {**FACTS["order_confirmation"], "name": "<b>Eve</b>", "order": 1})
    assert "2 x Kanne <& Söhne>" in mail.text
    assert "<b>Eve</b>" in mail.text
    assert "Kanne &lt;&amp; Söhne&gt;" in mail.html
    assert "&lt;b&gt;Eve&lt;/b&gt;" in mail.html


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [(5, "EUR", "0.05 EUR"), (100000, "USD", "1,000.00 USD"), (1500, "JPY", "1,500 JPY"), (1500, "KWD", "1.500 KWD")],
)
def test_money(amount: int, currency: str, written: str) -> None:
    assert money(amount, currency) == written


def test_large_amounts_keep_every_digit() -> None:
    assert money(9_007_199_254_740_993, "EUR") == "90,071,992,547,409.93 EUR"


def test_an_unknown_reason_is_still_readable() -> None:
    assert reason("caught_in_customs") == "caught in customs"


def test_a_header_is_one_line() -> None:
    assert one_line("Hello\r\nBcc: everyone@example.com\x00\u2028 there ") == "Hello Bcc: everyone@example.com there"
