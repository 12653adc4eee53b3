"""What Stripe announces: whose payment to look at again. Nothing else of an announcement is believed."""

from uuid import UUID

import msgspec
import stripe

from workers.payment.intent import Status

_REFUND: tuple[Status, ...] = ("COMPLETED", "REFUNDING", "REFUNDED", "REFUND_FAILED", "FAILED", "VOIDED")
MATTERS: dict[str, tuple[Status, ...]] = {
    "payment_intent.succeeded": ("PENDING", "FAILED", "VOIDED"),
    "payment_intent.payment_failed": ("PENDING",),
    "payment_intent.canceled": ("PENDING",),
    "charge.refunded": _REFUND,
    "charge.refund.updated": _REFUND,
    "refund.updated": _REFUND,
    "refund.failed": _REFUND,
}
"""Whose payments each announcement may change; any other announcement is somebody else's business."""


class Forged(Exception):  # noqa: N818 - says what it is
    """The announcement is not Stripe's, is too old, or cannot be read."""


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """The payment of ``order_id`` may have changed, if it is one of ``of``; ``reference`` is Stripe's name for it."""

    order_id: UUID
    reference: str
    of: tuple[Status, ...]


class _Object(msgspec.Struct, frozen=True, kw_only=True):
    object: str
    id: str
    payment_intent: str | None = None
    metadata: dict[str, str] | None = None


class _Data(msgspec.Struct, frozen=True, kw_only=True):
    object: _Object


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    data: _Data


class _Kind(msgspec.Struct, frozen=True, kw_only=True):
    type: str


_kind = msgspec.json.Decoder(_Kind)
_event = msgspec.json.Decoder(_Event)


def read(body: bytes, signature: str | None, secret: str) -> Hint | None:
    """Return whom an announcement is about, None when it is about nothing of ours.

    Raises:
        Forged: when it is not signed with ``secret``, or is not what is signed with it.
    """
    try:
        _verify(body, signature, secret)
        return _hint(_event.decode(body)) if _kind.decode(body).type in MATTERS else None
    except (stripe.SignatureVerificationError, UnicodeDecodeError, RecursionError, msgspec.MsgspecError) as error:
        raise Forged("The signature or the body is not valid.") from error


def _verify(body: bytes, signature: str | None, secret: str) -> None:
    if signature is not None and not signature.isascii():
        raise Forged("A signature is ASCII.")  # the library fails at anything else
    stripe.WebhookSignature.verify_header(body, signature, secret, stripe.Webhook.DEFAULT_TOLERANCE)


def _hint(event: _Event) -> Hint | None:
    about = event.data.object
    reference = about.id if about.object == "payment_intent" else about.payment_intent
    try:
        order = UUID((about.metadata or {}).get("order_id", ""))
    except ValueError:
        return None
    return Hint(order_id=order, reference=reference, of=MATTERS[event.type]) if reference else None
