"""Notes from templates: a mail has a subject, a plain text and an HTML part, a text is one."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workers.notification import rules
from workers.notification.errands import Due, Mail, Sms

if TYPE_CHECKING:
    from jinja2 import Environment

_MINOR_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3}
_UNSPEAKABLE = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160), *range(0xD800, 0xE000)])
"""Control characters and halves of characters: nobody reads them, and neither a database nor a mail takes them all."""
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


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, select_autoescape  # noqa: PLC0415 - few processes write letters

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(("html",)),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters.update(money=money, reason=reason)
    return environment


def render(template: str, facts: dict[str, Any]) -> Rendered:
    """Render a notification's mail."""
    title, text, html = (_part(f"{template}.{part}", facts) for part in ("subject.txt", "txt", "html"))
    return Rendered(title=one_line(title), text=text, html=html)


def render_sms(template: str, facts: dict[str, Any]) -> str:
    """Render a notification's text."""
    return one_line(_part(f"{template}.sms.txt", facts))


def mail(due: Due, leave_by: float) -> Mail:
    """Write the mail of a notification whose recipient is known."""
    facts = _facts(due)
    rendered = render(due.template, facts)
    return Mail(
        subject=due.id,
        key=rules.key(due),
        name=facts["name"],
        address=due.email or "",
        title=rendered.title,
        text=rendered.text,
        html=rendered.html,
        tried_for=due.tried_for,
        leave_by=leave_by,
    )


def sms(due: Due, leave_by: float) -> Sms:
    """Write the text of a notification whose recipient has a telephone.

    Raises:
        ValueError: when it cannot be dialled.
    """
    return Sms(
        subject=due.id,
        address=rules.dialled(due.phone or ""),
        text=render_sms(due.template, _facts(due)),
        tried_for=due.tried_for,
        leave_by=leave_by,
    )


def _facts(due: Due) -> dict[str, Any]:
    return {**due.detail, "name": one_line(due.name or ""), "order": due.order_id}


def _part(name: str, facts: dict[str, Any]) -> str:
    return _environment().get_template(name).render(facts).translate(_UNSPEAKABLE)
