"""What the broker says of a publish that it does not take."""

from aiormq.exceptions import (
    ChannelAccessRefused,
    ChannelNotFoundEntity,
    ChannelPreconditionFailed,
    DeliveryError,
    PublishError,
)

from workers.runtime.parcel import Parcel

HOPELESS = (ChannelAccessRefused, ChannelNotFoundEntity, ChannelPreconditionFailed, TypeError, ValueError)
"""What a broken channel may say of one message on it: to be believed when that message was alone."""


class Refused(Exception):  # noqa: N818 - what the broker said, not what went wrong here
    """The broker will not take the message, however often it is asked."""


class Unroutable(Refused):
    """No queue is bound to take the message."""


def unroutable(parcel: Parcel) -> Unroutable:
    """Say that a parcel came back."""
    return Unroutable(f"no queue takes {parcel.key!r} from {parcel.exchange}")


def is_nack(outcome: object) -> bool:
    """Tell whether the broker answered that it did not take a message, and not that it came back."""
    return isinstance(outcome, DeliveryError) and not isinstance(outcome, PublishError)
