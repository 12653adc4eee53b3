"""Who takes texts further: a gateway if one is named, and its library is imported only then."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from workers.notification.errands import Sms
from workers.runtime.batch import Outside
from workers.runtime.settings import Settings
from workers.runtime.verdict import Outage


class Texting(Outside, ABC):
    """Whoever takes texts further."""

    called = "SMS gateway"

    @abstractmethod
    async def send(self, note: Sms) -> str | None:
        """Hand one text over, and return what it is called from now on.

        Raises:
            Refusal: when it will never be taken.
            Postponement: when it is not taken now, or nobody said whether it was.
            TooLate: when it is better left to whoever has it next.
            Outage: when nobody can be reached.
        """


class Nobody(Texting):
    """There is no gateway, and no text for it."""

    async def send(self, note: Sms) -> str | None:
        """Leave the text for when there is one."""
        raise Outage(f"there is no SMS gateway to take {note.subject}")


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Texting]:
    """Open the way to the gateway that ``settings.sms_url`` names, if it names one.

    Raises:
        SettingsError: when texts could not be sent, or not without telling everybody the password.
    """
    if not settings.sms_url:
        yield Nobody()
        return
    from workers.notification.texter import Texter  # noqa: PLC0415 - only when there is a gateway

    async with Texter.open(settings) as texter:
        yield texter
