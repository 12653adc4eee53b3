"""Settings from the environment, ``ORDERFLEET_*``; a wrong one is refused with a sentence that names it."""

import os
import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

PREFIX = "ORDERFLEET_"
ROOMS = ("order", "stock", "payment", "shipping", "notification", "account")
OPERATIONS = "operations"
"""What operators do and see lives in a schema of its own, on the database of whatever has none of its own."""
LOCAL_DATABASE = "postgresql://orderfleet:orderfleet@127.0.0.1:5442/orderfleet"

Port = Annotated[int, Meta(ge=0, le=65535)]
Seconds = Annotated[float, Meta(ge=0)]
Positive = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]
AmqpUrls = Annotated[str, Meta(pattern=r"^amqps?://[^\s,]+(,amqps?://[^\s,]+)*$")]
HttpUrl = Annotated[str, Meta(pattern=r"^https?://\S+$")]
DatabaseUrl = Annotated[str, Meta(pattern=r"^postgresql(\+psycopg)?://\S+$")]
Secret = Annotated[str, Meta(pattern=r"^[!-~]+$")]
SmtpUrl = Annotated[str, Meta(pattern=r"^smtps?://\S+$")]
SmsUrl = Annotated[str, Meta(pattern=r"^https?://[^\s:@/]+:[^\s:@/]+@[^\s@]+$")]
MailAddress = Annotated[str, Meta(pattern=r"^[^\s@]+@[^\s@]+$")]


class SettingsError(ValueError):
    """A setting is wrong: the sentence says which, and what it must be."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting, with the local stack's defaults. Durations are in seconds."""

    amqp_url: AmqpUrls = "amqp://orderfleet:orderfleet@127.0.0.1:5682/"
    """One URL, or those of a cluster's nodes with commas between them."""
    management_url: HttpUrl = "http://orderfleet:orderfleet@127.0.0.1:15682"
    database_url: DatabaseUrl = LOCAL_DATABASE
    order_database_url: DatabaseUrl | None = None
    stock_database_url: DatabaseUrl | None = None
    payment_database_url: DatabaseUrl | None = None
    shipping_database_url: DatabaseUrl | None = None
    notification_database_url: DatabaseUrl | None = None
    account_database_url: DatabaseUrl | None = None
    smtp_url: SmtpUrl = "smtp://127.0.0.1:1035"
    mail_from: str = "Orderfleet <orders@orderfleet.example>"
    admin_email: MailAddress | None = None
    """Who is told that stock runs out; without one nobody is, and nothing is recorded."""
    sms_url: SmsUrl | None = None
    """Where texts go, as ``https://SID:TOKEN@host``; without one there are none."""
    sms_from: str | None = None
    plain_login: bool = False
    """Whether passwords for mail and texts may go unencrypted to another machine."""
    gateway_host: str = "127.0.0.1"
    gateway_port: Port = 8080
    health_host: str = "127.0.0.1"
    health_port: Port = 0
    """Where a worker serves its health and metrics; 0 takes any free port, and the log says which."""

    batch_size: Count = 200
    """The most messages that one transaction handles."""
    prefetch: Count = 600
    """The most messages that a queue's consumer holds unacknowledged."""
    publish_window: Count = 1000
    """The most publishes that wait for the broker's confirmation at once."""
    heartbeat_seconds: Annotated[int, Meta(ge=1)] = 10
    watchdog_seconds: Positive = 60
    """How long a process may be without its broker before it ends itself."""
    drain_seconds: Positive = 25
    """How long a stopping worker may take to finish what it holds."""
    relay_lease_seconds: Positive = 20
    relay_poll_seconds: Positive = 1
    presence_seconds: Positive = 3
    """How often a process says that it lives; one that is silent five times as long is shown as gone."""
    pause_poll_seconds: Positive = 2
    """How often a worker looks for pauses that no notification announced."""

    replay_horizon_days: Positive = 14
    """For how long a dead letter may be replayed."""
    receipt_retention_days: Positive = 30
    """How long receipts are kept. A message that comes again when its receipt is gone is handled again, so that they
    must outlive whatever may still come: dead letters that are replayed, and messages of a queue that was paused."""
    failure_retention_days: Positive = 30
    """How long failed attempts are shown in timelines."""
    letter_retention_days: Positive = 30
    """How long dead letters are kept once they were replayed or dropped; those that still wait are kept for ever."""
    cleaning_seconds: Positive = 60
    """How often is looked for what is old enough to be forgotten."""

    handling_seconds: Seconds = 2
    """How long a shipment is prepared before it is dispatched."""
    transit_seconds: Seconds = 10
    """How long the simulated carrier takes."""
    carrier: Annotated[str, Meta(pattern="^(simulated|reported)$")] = "simulated"
    """Whether the clock delivers what has left, or a carrier that reports; what is prepared leaves by the clock."""
    reservation_seconds: Seconds = 900
    payment_provider: Annotated[str, Meta(pattern="^(simulated|stripe)$")] = "simulated"
    stripe_secret_key: Secret | None = None
    stripe_webhook_secret: Secret | None = None
    """What Stripe signs its webhooks with; without it there are none."""
    stripe_api_base: HttpUrl = "https://api.stripe.com"
    stripe_timeout_seconds: Positive = 20
    """How long one request to Stripe may take; the retry ladder repeats it, with the same key."""
    simulated_outage_file: str = ""
    """While this file is there the simulated provider cannot be reached: an operator's switch."""
    audit_patience_seconds: Seconds = 900
    """How much longer than it should anything may take before the audit calls it stuck: the retry ladder takes 756."""
    audit_unsent_seconds: Seconds = 60
    """How long a message may wait in an outbox: the relay tries one that was refused again within 30."""
    events_heartbeat_seconds: Positive = 15
    """How long a stream of events may be silent before it says that it is alive."""
    events_poll_seconds: Positive = 1
    """How often is looked for events that no notification announced."""
    log_level: Annotated[str, Meta(pattern="^(DEBUG|INFO|WARNING|ERROR)$")] = "INFO"
    log_format: Annotated[str, Meta(pattern="^(json|console)$")] = "json"

    @property
    def amqp_urls(self) -> tuple[str, ...]:
        """Return the URL of every node of the broker."""
        return tuple(self.amqp_url.split(","))

    def room_database_url(self, room: str) -> str:
        """Return the database of ``room``, or of the operations, in SQLAlchemy's form."""
        url: str = getattr(self, f"{room}_database_url", None) or self.database_url
        return re.sub(r"^postgresql(\+psycopg)?://", "postgresql+psycopg://", url)

    def database_urls(self) -> tuple[str, ...]:
        """Return every distinct database, each once."""
        return tuple(dict.fromkeys(self.room_database_url(room) for room in (*ROOMS, OPERATIONS)))


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from ``environ``.

    Raises:
        SettingsError: when a value cannot be what its name says. The value, which may hold a password, stays out.
    """
    given: dict[str, Any] = {
        field.name: environ[PREFIX + field.name.upper()]
        for field in msgspec.structs.fields(Settings)
        if environ.get(PREFIX + field.name.upper(), "") != ""
    }
    try:
        settings = msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(_sentence(str(error))) from None
    _require_memory(settings)
    return settings


def _require_memory(settings: Settings) -> None:
    """A letter that is replayed when its message's receipt is gone would be handled a second time."""
    kept, needed = settings.receipt_retention_days, settings.replay_horizon_days
    if kept < needed:
        raise SettingsError(
            f"{PREFIX}RECEIPT_RETENTION_DAYS: Expected at least {PREFIX}REPLAY_HORIZON_DAYS, {needed:g}, got {kept:g}"
        )


def _sentence(error: str) -> str:
    reason, _, path = error.partition(" - at `$.")
    return f"{PREFIX}{path.rstrip('`').upper()}: {reason}"
