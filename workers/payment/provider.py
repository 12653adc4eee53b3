"""What the payment room asks of whoever moves the money."""

from abc import ABC, abstractmethod
from uuid import UUID

import msgspec

from workers.runtime.batch import Outside


class ProviderError(Exception):
    """The provider did not carry out this request; asking again with the same key may succeed."""


class ProviderTimeout(ProviderError):  # noqa: N818 - as TimeoutError's own family, and no error of the provider's
    """The provider did not answer in time: whether it took the money is not known."""


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider is asked about, always in the same words: ``amount`` is in minor units of ``currency``.

    ``key`` is the order. ``reference`` is the provider's name for the charge, once that is known.
    """

    key: UUID
    amount: int
    currency: str
    method: str
    reference: str | None = None


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The provider took the money; ``reference`` is its name for it."""

    reference: str


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """The provider did not do it, and will not, for ``reason``: nothing was taken, or nothing given back."""

    reason: str


class Underway(msgspec.Struct, frozen=True, kw_only=True):
    """The provider will know later, in seconds or in days: to be asked again."""

    reference: str


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider has taken, and what of it it has given back, or is giving back."""

    taken: int
    returned: int


class Provider(Outside, ABC):
    """A payment provider. A request repeated with its key has one effect; every request ends by itself, in seconds."""

    called = "provider"

    @abstractmethod
    async def charge(self, bill: Bill) -> Taken | Rejected | Underway:
        """Take the money, once.

        Raises:
            ProviderError: when this request failed.
            Outage: when the provider cannot be reached at all.
        """

    @abstractmethod
    async def void(self, bill: Bill) -> None:
        """Reverse whatever was taken under the bill's key, and take nothing under it later. Raises as ``charge``."""

    @abstractmethod
    async def refund(self, bill: Bill) -> Rejected | None:
        """Give back, once, all that was taken and is not given back. Raises as ``charge``."""

    @abstractmethod
    async def look(self, bill: Bill) -> Standing:
        """Tell how a charge stands now. Raises as ``charge``."""
