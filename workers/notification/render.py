"""Mails from templates: a subject, a plain text and an HTML part each."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, select_autoescape

from workers.notification import rules
from workers.notification.rules import Due, Mail

_MINOR_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3}
_REASONS = {
    "out_of_stock": "something you ordered is out of stock",
    "unknown_product": "something you ordered is no longer sold",
    "payment_declined": "your payment was declined",
    "insufficient_funds": "your account does not hold enough for this payment",
    "unknown_payment_method": "we do not know your means of payment",
    "provider_unavailable": "the payment provider did not answer",
    "reservation_expired": "the payment took too long",
}


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A mail's content. ``title`` is one line, whatever went into it."""

    title: str
    text: str
    html: str


def money(amount: int, currency: str) -> str:
    """Write minor units as people do: ``1,234.50 EUR``."""
    digits = _MINOR_DIGITS.get(currency, 2)
    return f"{Decimal(amount).scaleb(-digits):,.{digits}f} {currency}"


def reason(code: str) -> str:
    """Say a reason in words."""
    return _REASONS.get(code, code.replace("_", " "))


def one_line(value: str) -> str:
    """Return ``value`` without line breaks or other control characters, fit for a header."""
    return " ".join("".join(char if char.isprintable() else " " for char in value).split())


_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(("html",)),
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    auto_reload=False,
)
_environment.filters.update(money=money, reason=reason)


def render(template: str, facts: dict[str, Any]) -> Rendered:
    """Render a notification's mail."""
    title, text, html = (
        _environment.get_template(f"{template}.{part}").render(facts) for part in ("subject.txt", "txt", "html")
    )
    return Rendered(title=one_line(title), text=text, html=html)


def mail(due: Due, leave_by: float) -> Mail:
    """Write the mail of a notification whose recipient is known."""
    name = one_line(due.name or "")
    rendered = render(due.template, {**due.detail, "name": name, "order": due.order_id})
    return Mail(
        subject=due.id,
        key=rules.key(due),
        name=name,
        address=due.email or "",
        title=rendered.title,
        text=rendered.text,
        html=rendered.html,
        attempt=due.attempts + 1,
        leave_by=leave_by,
    )
