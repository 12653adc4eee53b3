"""What the payment room asks of whoever moves the money."""

from abc import ABC, abstractmethod
from uuid import UUID

import msgspec

from workers.runtime.batch import Outside


class ProviderError(Exception):
    """The provider did not carry out this request; asking again with the same key may succeed."""


class ProviderTimeout(ProviderError):  # noqa: N818 - as TimeoutError's own family, and no error of the provider's
    """The provider did not answer in time: whether it took the money is not known."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The provider took the money; ``reference`` is its name for it."""

    reference: str


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """The provider took nothing, and will not, for ``reason``."""

    reason: str


class Provider(Outside, ABC):
    """A payment provider. A request repeated with its key has one effect; every request ends by itself, in seconds."""

    @abstractmethod
    async def charge(self, key: UUID, amount: int, currency: str, method: str) -> Taken | Rejected:
        """Take ``amount``, in minor units of ``currency``.

        Raises:
            ProviderError: when this request failed.
            Outage: when the provider cannot be reached at all.
        """

    @abstractmethod
    async def void(self, key: UUID) -> None:
        """Reverse whatever was taken under ``key``, and take nothing under it later. Raises as ``charge``."""

    @abstractmethod
    async def refund(self, key: UUID) -> None:
        """Give back, once, all that was taken under ``key``. Raises as ``charge``."""
