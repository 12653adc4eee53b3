"""What RabbitMQ knows of its queues, in one call to its management API."""

from collections.abc import Mapping
from urllib.parse import quote

import httpx
import msgspec

from ops.topology import address, vhost
from workers.runtime.settings import Settings

_COLUMNS = "name,messages_ready,messages_unacknowledged,consumers,message_stats.ack_details.rate"
_SECONDS = 3.0


class Unanswered(Exception):  # noqa: N818 - says what happened
    """The management API does not tell; the text is a sentence for an operator."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """How often something happened lately."""

    rate: float = 0.0


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to the messages of a queue."""

    ack_details: Rate = Rate()


class Depth(msgspec.Struct, frozen=True, kw_only=True):
    """One queue. Numbers are missing for some seconds after it was declared, and while its leader is away."""

    name: str
    messages_ready: int | None = None
    messages_unacknowledged: int | None = None
    consumers: int | None = None
    message_stats: Stats | list[None] = Stats()  # an empty list is how an empty object comes out

    @property
    def rate(self) -> float:
        """How many messages were settled in a second."""
        return round(self.message_stats.ack_details.rate, 1) if isinstance(self.message_stats, Stats) else 0.0

    @property
    def messages(self) -> int:
        """Every message in it, delivered or not."""
        return (self.messages_ready or 0) + (self.messages_unacknowledged or 0)


_decoder = msgspec.json.Decoder(list[Depth])


class Management:
    """The management API of one broker."""

    def __init__(self, settings: Settings) -> None:
        self._where = address(settings.management_url)
        self._path = f"{settings.management_url.rstrip('/')}/api/queues/{quote(vhost(settings.amqp_urls[0]), safe='')}"
        self._client: httpx.AsyncClient | None = None

    async def queues(self) -> Mapping[str, Depth]:
        """Return every queue by name.

        Raises:
            Unanswered: when it cannot be reached, or does not say what it should.
        """
        try:
            return {depth.name: depth for depth in _decoder.decode(await self._ask())}
        except httpx.HTTPStatusError as error:
            raise Unanswered(f"{self._named} answers {error.response.status_code}") from error
        except httpx.HTTPError as error:
            raise Unanswered(f"{self._named} cannot be reached: {str(error) or type(error).__name__}") from error
        except msgspec.MsgspecError as error:
            raise Unanswered(f"{self._named} says what nobody understands: {error}") from error

    async def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            await self._client.aclose()

    @property
    def _named(self) -> str:
        return f"RabbitMQ's management API at {self._where}"

    async def _ask(self) -> bytes:
        # Made when it is needed: a client reads all the certificates that it may have to trust.
        client = self._client = self._client or httpx.AsyncClient(timeout=_SECONDS)
        answer = await client.get(self._path, params={"columns": _COLUMNS})
        answer.raise_for_status()
        return answer.content
