"""A fleet in a test's hands: orders are placed and cancelled, and every message meets the fate that the test picks."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
from sqlalchemy import select, text

from gateway.paying import RecordPayment, payable
from gateway.problems import Problem
from messages.order import OrderCancellationRequested
from messages.post.envelope import Envelope, enclose
from ops.audit import Books, opened
from tests.support.auditing import impatient
from tests.support.fate import Fate, Killed, Work
from tests.support.network import Network
from tests.support.ordering import place, shelve
from tests.support.wiping import wipe
from workers.order import store
from workers.order.rules import Cancel
from workers.payment import by_hand
from workers.payment.by_hand import HasPayment, Illegal
from workers.payment.intent import Status
from workers.payment.tables import payment
from workers.payment.views import Shown
from workers.runtime.database import Database
from workers.runtime.settings import Settings
from workers.shipping import agents

_EXPIRE = text("UPDATE stock.reservation SET expires_at = now() - interval '1 second' WHERE order_id = :order")
_LET_TIME_PASS = text("""
    UPDATE payment.payment SET void_due_at = least(void_due_at, now()), ask_at = least(ask_at, now())
     WHERE void_due_at IS NOT NULL OR ask_at IS NOT NULL
""")

AGENTS = ("Bo", "Cy")
MOST_ROUNDS = 100
MAILS = ("take_due", "take_due_sms")


@dataclass
class World:
    """The rooms, what travels between them, and what was answered to whom."""

    database: Database
    network: Network
    books: Books
    answers: dict[UUID, list[Cancel]] = field(default_factory=dict)
    """Every order, with what was answered to each wish to cancel it."""
    working: list[Work] = field(default_factory=list)
    products: list[UUID] = field(default_factory=list)
    expired: set[UUID] = field(default_factory=set)

    @property
    def orders(self) -> list[UUID]:
        return list(self.answers)

    @property
    def timers(self) -> list[str]:
        return [name for name in self.network.timers if name not in MAILS]

    def describe(self, index: int) -> str:
        queue, envelope = self.network.waiting[index]
        kind, known = ("product", self.products) if envelope.subject in self.products else ("order", self.orders)
        return f"{queue} of {kind} {known.index(envelope.subject)}, attempt {envelope.attempt}"

    async def begin(self, *shelves: int) -> None:
        """Forget everything, and put products on empty shelves."""
        await self.abandon()
        self.network.waiting.clear()
        self.answers.clear()
        self.expired.clear()
        async with self.database.transaction() as tx:
            await wipe(tx)
            for name in AGENTS:
                await agents.add(tx, name)
        self.products = [await shelve(self.database, stock) for stock in shelves]

    async def order(self, wanted: Sequence[tuple[int, int]], *, method: str = "tok_ok", partial: bool = False) -> UUID:
        """Place an order for products by their number, and say so."""
        lines = [(self.products[product], quantity) for product, quantity in wanted]
        created = await place(self.database, lines, method=method, partial=partial)
        self.answers[created.subject] = []
        self.network.say([created])
        return created.subject

    async def cancel(self, order_id: UUID) -> Cancel:
        """Do what the gateway does when somebody wants to cancel."""
        async with self.database.transaction() as tx:
            answer = await store.request_cancel(tx, order_id)
        self.answers[order_id].append(answer)
        if answer is Cancel.REQUESTED:
            self.network.say([enclose(OrderCancellationRequested(order_id=order_id), said_by="gateway")])
        return answer

    async def pay(self, order_id: UUID, status: Shown) -> bool:
        """Do what the gateway does when somebody records a payment; return whether it could."""
        async with self.database.transaction() as tx:
            order = await store.hold(tx, order_id)
            try:
                wanted = RecordPayment(order_id=order_id, amount=order.total if order else 0, status=status)
                _, said = await by_hand.record(tx, payable(order, wanted))
            except (Problem, HasPayment):
                return False
        self.network.say([enclose(message, said_by="payment") for message in said])
        return True

    async def change(self, payment_id: UUID, wish: Status) -> bool:
        """Do what the gateway does when somebody changes a payment by hand; return whether it could."""
        try:
            async with self.database.transaction() as tx:
                said = await by_hand.change(tx, payment_id, wish)
        except Illegal:
            return False
        self.network.say([enclose(message, said_by="payment") for message in said or ()])
        return True

    async def payments(self, **states: bool | str) -> list[UUID]:
        """Return the payments in some state, the oldest first."""
        where = [payment.c[name] == value for name, value in states.items()]
        async with self.database.transaction() as tx:
            return list((await tx.execute(select(payment.c.id).where(*where).order_by(payment.c.id))).scalars())

    async def expire(self, order_id: UUID) -> None:
        """Let a reservation's time run out."""
        self.expired.add(order_id)
        async with self.database.transaction() as tx:
            await tx.execute(_EXPIRE, {"order": order_id})

    async def deliver(self, index: int, most: int, fate: Fate, *, redelivered: bool = False) -> None:
        """Deliver a waiting message, in a set with others of its queue that wait behind it."""
        queue, envelopes = self._take(index, most)
        task = asyncio.create_task(self.network.work(queue, envelopes, fate, redelivered=redelivered))
        work = Work(queue, envelopes, fate, task)
        held = asyncio.create_task(fate.waiting.wait())
        await asyncio.wait({task, held}, return_when=asyncio.FIRST_COMPLETED)
        held.cancel()
        if task.done():
            await self._end(work)
        else:
            self.working.append(work)

    async def go_on(self, messages: int, ticks: int, *, newest_first: bool) -> None:
        """Deliver some messages, and then let the timers do what is due, some times."""
        for _ in range(messages):
            if self.network.waiting:
                await self.network.carry(-1 if newest_first else 0)
        for _ in range(ticks):
            await self.network.tick(*self.timers)

    async def advance(self, order_id: UUID, steps: int) -> None:
        """Let what waits about one order travel; when nothing does, the timers do what is due."""
        for _ in range(steps):
            about = [index for index, (_, envelope) in enumerate(self.network.waiting) if envelope.subject == order_id]
            if about:
                await self.network.carry(about[0])
            else:
                await self.network.tick(*self.timers)

    async def answer(self, index: int) -> None:
        """Let the outside answer a worker that waits for it."""
        work = self.working.pop(index)
        work.fate.answer.set()
        await self._end(work)

    async def kill(self, index: int) -> None:
        """Kill a worker that waits for the outside; what it had in hand waits again."""
        work = self.working.pop(index)
        work.task.cancel()
        await asyncio.wait({work.task})
        self._give_back(work)

    async def tick(self, timer: str, fate: Fate) -> None:
        """Let a timer do what is due, if it lives that long."""
        try:
            await self.network.tick(timer, fate=fate)
        except Killed:
            await self.network.relay()

    async def abandon(self) -> None:
        """Kill every worker."""
        while self.working:
            await self.kill(0)

    async def come_to_rest(self) -> None:
        """Deliver everything and let every timer do what is due, time and again, until nothing is left to do."""
        for _ in range(MOST_ROUNDS):
            while self.network.waiting:
                await self.network.carry(0)
            async with self.database.transaction() as tx:
                await tx.execute(_LET_TIME_PASS)
            await self.network.tick(*self.timers)
            if self.working and not self.network.waiting:  # the last to learn anything: much happens while they wait
                await self.answer(0)
            elif not self.network.waiting:
                return
        raise AssertionError(f"never comes to rest: {self.network.waiting}")

    def _take(self, index: int, most: int) -> tuple[str, list[Envelope]]:
        queue, first = self.network.waiting[index]
        taken = {first.subject: first}
        for other, envelope in self.network.waiting[index + 1 :]:
            if other == queue and len(taken) < most:
                taken.setdefault(envelope.subject, envelope)
        for envelope in taken.values():
            self.network.waiting.remove((queue, envelope))
        return queue, list(taken.values())

    async def _end(self, work: Work) -> None:
        try:
            results = await work.task
        except Killed:
            self._give_back(work)
        else:
            self.network.settle(work.queue, work.envelopes, results)

    def _give_back(self, work: Work) -> None:
        self.network.waiting += [(work.queue, envelope) for envelope in work.envelopes]


@asynccontextmanager
async def open_world(settings: Settings) -> AsyncIterator[World]:
    """Give a world on an empty database, in which a parcel is prepared and carried in no time."""
    hurried = msgspec.structs.replace(impatient(settings), handling_seconds=0, transit_seconds=0)
    database = Database(settings.room_database_url("order"), connections=5)
    try:
        async with Network(database, hurried) as network, opened(hurried) as books:
            yield World(database, network, books)
    finally:
        await database.close()
