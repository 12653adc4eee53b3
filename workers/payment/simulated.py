"""A payment provider for the local stack: it remembers every key in a table of its own, as a real one would.

It shares a database with the room and nothing else: it has its own connections, and commits before it answers.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import msgspec
from sqlalchemy import TextClause, text

from workers.payment.provider import Bill, Provider, ProviderError, ProviderTimeout, Rejected, Standing, Taken
from workers.runtime.coalesce import Coalescer
from workers.runtime.database import Database, is_blocked, is_outage
from workers.runtime.settings import Settings
from workers.runtime.verdict import Blocked, Outage

NEVER = 2**31 - 1

_CHARGE = text("""
    INSERT INTO payment.simulated_charge AS known (key, amount, currency, method, answer, answers_at, calls, status,
                                                   captured)
    SELECT *, CASE WHEN calls >= answers_at THEN answer ELSE 'PENDING' END,
           CASE WHEN calls >= answers_at AND answer = 'CHARGED' THEN amount ELSE 0 END
      FROM unnest(cast(:keys AS uuid[]), cast(:amounts AS bigint[]), cast(:currencies AS text[]),
                  cast(:methods AS text[]), cast(:answers AS text[]), cast(:answers_at AS int[]),
                  cast(:calls AS int[])) AS asked (key, amount, currency, method, answer, answers_at, calls)
     ORDER BY key
    ON CONFLICT (key) DO UPDATE
       SET calls = known.calls + excluded.calls,
           status = CASE WHEN known.status = 'PENDING' AND known.calls + excluded.calls >= known.answers_at
                         THEN known.answer ELSE known.status END,
           captured = CASE WHEN known.status = 'PENDING' AND known.calls + excluded.calls >= known.answers_at
                                AND known.answer = 'CHARGED'
                           THEN known.amount ELSE known.captured END
    RETURNING key, method, status
""")
_VOID = text("""
    INSERT INTO payment.simulated_charge AS known (key, amount, currency, method, answer, answers_at, calls, status)
    SELECT key, 0, '', '', 'VOIDED', 1, 0, 'VOIDED' FROM unnest(cast(:keys AS uuid[])) AS asked (key) ORDER BY key
    ON CONFLICT (key) DO UPDATE SET status = 'VOIDED', refunded = known.captured
    RETURNING key
""")
_REFUND = text("""
    WITH due AS (
        SELECT key FROM payment.simulated_charge
         WHERE key = ANY(cast(:keys AS uuid[])) AND method <> ALL(cast(:refusing AS text[]))
         ORDER BY key FOR NO KEY UPDATE
    )
    UPDATE payment.simulated_charge c
       SET status = CASE c.status WHEN 'CHARGED' THEN 'REFUNDED' ELSE c.status END, refunded = c.captured
      FROM due WHERE c.key = due.key
    RETURNING c.key
""")

_LOOK = text("SELECT captured, refunded FROM payment.simulated_charge WHERE key = ANY(cast(:keys AS uuid[]))")


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """How the provider treats a payment method: its answer, and at which call it gives it."""

    reason: str | None = None
    at: int = 1
    until_then: ProviderError = ProviderError("the provider failed")
    refunds: bool = True


TOKENS = {
    "tok_ok": Token(),
    "tok_refund_fails": Token(refunds=False),
    "tok_declined": Token(reason="payment_declined"),
    "tok_insufficient_funds": Token(reason="insufficient_funds"),
    "tok_timeout": Token(at=3, until_then=ProviderTimeout("the provider did not answer in time")),
    "tok_error": Token(at=NEVER),
}
UNKNOWN = Token(reason="unknown_payment_method")


class SimulatedProvider(Provider):
    """Behaves as the payment method's token says, and takes the money of one key once."""

    def __init__(self, database: Database, outage_file: str = "") -> None:
        self._database = database
        self._outage = Path(outage_file) if outage_file else None
        self._charge: Coalescer[Bill, Taken | Rejected] = Coalescer(self._charge_all)
        self._void: Coalescer[UUID, None] = Coalescer(self._void_all)
        self._refund: Coalescer[UUID, None] = Coalescer(self._refund_all)

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings) -> AsyncIterator[Self]:
        """Connect to where the simulated provider keeps its books."""
        database = Database(settings.room_database_url("payment"), connections=2, name="orderfleet-simulated-provider")
        try:
            yield cls(database, settings.simulated_outage_file)
        finally:
            await database.close()

    async def charge(self, bill: Bill) -> Taken | Rejected:
        """Answer as the token that is the bill's method says."""
        return await self._charge(bill)

    async def void(self, bill: Bill) -> None:
        """Forget the charge; a later one under the same key is rejected."""
        await self._void(bill.key)

    async def refund(self, bill: Bill) -> None:
        """Give back what was taken, unless the token says that this never works."""
        await self._refund(bill.key)

    async def look(self, bill: Bill) -> Standing:
        """Tell what the books say."""
        rows = await self._execute(_LOOK, keys=[bill.key])
        return Standing(taken=sum(row.captured for row in rows), returned=sum(row.refunded for row in rows))

    async def probe(self) -> bool:
        """Tell whether the provider can be reached, and has its books at hand."""
        return not self._is_away and await self._database.probe()

    @property
    def _is_away(self) -> bool:
        return self._outage is not None and self._outage.exists()

    async def _charge_all(self, bills: list[Bill]) -> list[Taken | Rejected | Exception]:
        calls = Counter(bill.key for bill in bills)
        asked = list({bill.key: bill for bill in bills}.values())
        tokens = [TOKENS.get(bill.method, UNKNOWN) for bill in asked]
        rows = await self._execute(
            _CHARGE,
            keys=[bill.key for bill in asked],
            amounts=[bill.amount for bill in asked],
            currencies=[bill.currency for bill in asked],
            methods=[bill.method for bill in asked],
            answers=["DECLINED" if token.reason else "CHARGED" for token in tokens],
            answers_at=[token.at for token in tokens],
            calls=[calls[bill.key] for bill in asked],
        )
        answers = {row.key: answer(row.key, row.method, row.status) for row in rows}
        return [answers[bill.key] for bill in bills]

    async def _void_all(self, keys: list[UUID]) -> Sequence[None]:
        await self._execute(_VOID, keys=list(set(keys)))
        return [None for _ in keys]

    async def _refund_all(self, keys: list[UUID]) -> Sequence[Exception | None]:
        refusing = [method for method, token in TOKENS.items() if not token.refunds]
        rows = await self._execute(_REFUND, keys=list(set(keys)), refusing=refusing)
        done = {row.key for row in rows}
        return [None if key in done else ProviderError("the provider did not give the money back") for key in keys]

    async def _execute(self, statement: TextClause, **values: Sequence[Any]) -> Sequence[Any]:
        if self._is_away:
            raise Outage("the simulated provider cannot be reached")
        try:
            async with self._database.transaction() as tx:
                return (await tx.execute(statement, values)).all()
        except Exception as error:
            if is_blocked(error):
                raise Blocked("a lock in the simulated provider's database is held for too long") from error
            if is_outage(error):
                raise Outage("the simulated provider's database cannot be reached") from error
            raise


def answer(key: UUID, method: str, status: str) -> Taken | Rejected | ProviderError:
    """Say what the books' state of a charge means to whoever asked."""
    token = TOKENS.get(method, UNKNOWN)
    match status:
        case "CHARGED":
            return Taken(reference=f"sim_{key.hex}")
        case "DECLINED":
            return Rejected(reason=token.reason or "payment_declined")
        case "VOIDED" | "REFUNDED":
            return Rejected(reason="voided")
        case _:
            return type(token.until_then)(*token.until_then.args)
