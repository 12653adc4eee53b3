"""The ports of the local stack's own servers, and the settings that follow from them."""

import os
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from workers.runtime import settings as runtime
from workers.runtime.settings import PREFIX, Settings, SettingsError

ADMIN = "admin@orderfleet.example"
"""Who is told what runs out, as long as the mail catcher takes the mails."""

LocalPort = Annotated[int, Meta(ge=1, le=65535)]


class LocalPorts(msgspec.Struct, frozen=True, kw_only=True):
    """Where the private servers listen, always on 127.0.0.1: ``ORDERFLEET_AMQP_PORT`` and so on."""

    amqp_port: LocalPort = 5682
    management_port: LocalPort = 15682
    postgres_port: LocalPort = 5442
    smtp_port: LocalPort = 1035

    @property
    def amqp_url(self) -> str:
        """The private broker."""
        return f"amqp://orderfleet:orderfleet@127.0.0.1:{self.amqp_port}/"

    @property
    def management_url(self) -> str:
        """The private broker's management API."""
        return f"http://orderfleet:orderfleet@127.0.0.1:{self.management_port}"

    @property
    def database_url(self) -> str:
        """The private database."""
        return f"postgresql://orderfleet:orderfleet@127.0.0.1:{self.postgres_port}/orderfleet"

    @property
    def smtp_url(self) -> str:
        """The mail catcher."""
        return f"smtp://127.0.0.1:{self.smtp_port}"


def load(environ: Mapping[str, str] = os.environ) -> LocalPorts:
    """Read the ports.

    Raises:
        SettingsError: when one is not a port.
    """
    names = {field: PREFIX + field.upper() for field in LocalPorts.__struct_fields__}
    given = {field: environ[name] for field, name in names.items() if environ.get(name, "") != ""}
    try:
        return msgspec.convert(given, LocalPorts, strict=False)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$.")
        raise SettingsError(f"{PREFIX}{path.rstrip('`').upper()}: {reason}") from None


def environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return ``environ`` with the local stack's own servers wherever it names none."""
    ports = load(environ)
    urls = {
        "ORDERFLEET_AMQP_URL": ports.amqp_url,
        "ORDERFLEET_MANAGEMENT_URL": ports.management_url,
        "ORDERFLEET_DATABASE_URL": ports.database_url,
        "ORDERFLEET_SMTP_URL": ports.smtp_url,
    }
    if environ.get("ORDERFLEET_SMTP_URL", "") in ("", ports.smtp_url):  # nobody is bothered: the mail is caught
        urls["ORDERFLEET_ADMIN_EMAIL"] = ADMIN
    return {**urls, **{name: value for name, value in environ.items() if value or name not in urls}}


def settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings, with the local stack's ports moved as its own settings say.

    Raises:
        SettingsError: when one is wrong.
    """
    return runtime.load(environment(environ))
