import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from workers.notification import render as rendering
from workers.notification.errands import Due
from workers.notification.letter import sender, write
from workers.notification.render import money, one_line, reason, render, render_sms
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
    "welcome": {},
    "stock_low": {"productId": "0190", "product": "Kanne", "sku": "TEA-1", "available": 3, "threshold": 5},
    "stock_depleted": {"productId": "0190", "product": "Kanne", "sku": None},
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
    "welcome": "your account is ready",
    "stock_low": "left of Kanne",
    "stock_depleted": "nothing left of Kanne",
}
FOOT = {"welcome": "did not ask for an account", "stock_low": "Product 0190, TEA-1", "stock_depleted": "Product 0190"}
SHORT_TEXTS = ("order_delivered", "order_shipped")
HOSTILE = (
    "<script>alert(1)</script>",
    "\"' onmouseover='x",
    "</p></body>&amp;",
    "{{ 7 * 7 }}{% for x in y %}",
    "two\r\nBcc: all@example.com\r\n\r\nlines",
    "nul\x00 bell\x07 escape\x1b[2J next\x85",
    "half \ud83d a character",
    "\u202eright to left",
    "👩‍👩‍👧 ﷽ é",
    "",
    "long " * 5000,
)
TAGS = {"html", "body", "p", "ul", "li", "strong"}


@pytest.mark.parametrize("template", FACTS)
def test_every_template_says_what_it_is_about(template: str) -> None:
    order = uuid7()
    mail = render(template, {**FACTS[template], "name": "Zoë", "order": order})
    assert mail.title
    for part in (mail.text, mail.html):
        assert SAYS[template] in part
        assert "Hello Zoë," in part
        assert FOOT.get(template, str(order)) in part


def test_every_message_that_is_told_has_its_template_in_every_part() -> None:
    assert set(FACTS) == set(TEMPLATES.values())
    files = {path.name for path in (Path(rendering.__file__).parent / "templates").iterdir()}
    shared = {"layout.html", "layout.txt", "product.html", "product.txt"}
    parts = {f"{template}.{part}" for template in FACTS for part in ("subject.txt", "txt", "html")}
    assert files == shared | parts | {f"{template}.sms.txt" for template in SHORT_TEXTS}


@pytest.mark.parametrize("template", SHORT_TEXTS)
def test_a_text_fits_into_one_message_and_says_what_it_is_about(template: str) -> None:
    order = uuid7()
    written = render_sms(template, {"trackingNumber": "OF0123456789", "order": order})
    assert str(order) in written
    assert written.isascii()
    assert len(written) <= 160


def hostile(template: str, value: str) -> dict[str, Any]:
    """Facts whose every text is ``value``."""
    lines = [{"name": value, "quantity": 2}]
    texts = {name: value for name, fact in FACTS[template].items() if isinstance(fact, str) and name != "currency"}
    return {**FACTS[template], **texts, "lines": lines, "short": lines, "partial": True}


class Tags(HTMLParser):
    """What a browser would take for markup."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value[:12]))
@pytest.mark.parametrize("template", FACTS)
def test_whatever_is_in_a_mail_stays_what_it_is(template: str, value: str) -> None:
    mail = rendering.mail(_due(template, value, "EMAIL"), leave_by=0)
    assert mail.title == one_line(mail.title)
    for part in (mail.text, mail.html):
        part.encode()
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", part)
    page = Tags(mail.html)
    assert page.names <= TAGS
    assert page.attributes <= {"lang", "style"}
    head, _, _ = write(mail, sender("Shop <shop@example.com>")).as_bytes().partition(b"\r\n\r\n")
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert set(names) == {
        *(b"From", b"To", b"Subject", b"Message-ID", b"Date"),
        *(b"Auto-Submitted", b"MIME-Version", b"Content-Type"),
    }
    assert len(names) == len(set(names))


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value[:12]))
@pytest.mark.parametrize("template", SHORT_TEXTS)
def test_whatever_is_in_a_text_stays_what_it_is(template: str, value: str) -> None:
    sms = rendering.sms(_due(template, value, "SMS"), leave_by=0)
    assert sms.address == "+49301234567"
    assert sms.text == one_line(sms.text)
    sms.text.encode()


def _due(template: str, value: str, channel: Any) -> Due:
    return Due(
        id=uuid7(),
        about=uuid7(),
        order_id=uuid7(),
        template=template,
        channel=channel,
        detail=hostile(template, value),
        resends=0,
        tried_for=0,
        is_known=True,
        name=value,
        email="eve@example.com",
        phone="+49 30 1234567",
    )


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
