"""How far a stream of events has come: what was sent, not when or up to where.

There is no number that grows with the entries of an order: they come from several tables, perhaps of several
databases, and a transaction that began early may commit late. A time or an id as the cursor would skip what commits
behind it. So a cursor names each entry that was sent, by eight characters, and new is what a story holds and the cursor
does not name:

- Nothing is lost: whatever has committed is in every story that is read afterwards, whenever its transaction began, and
  an entry leaves the news only by being sent with an id that names it.
- Nothing is repeated: an entry is named by its room, kind, time and message. None of them ever changes, and every
  process reads the same; what a room tells of it (``detail``) may change with a release, and is left out. Entries that
  agree in all four come from one transaction, so they appear at once, in the order of their ids, and are counted.

A name has 48 bits: two of 60 entries share one in 1 of 150,000,000,000 orders. Such an order's last cursor has some 500
characters, well below what servers and proxies take in a header.
"""

import re
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC
from hashlib import blake2b
from typing import Self

from workers.runtime.timeline import Entry

_BYTES = 6  # eight characters, without padding
_CURSOR = re.compile(r"(?:[A-Za-z0-9_-]{8}){0,1000}")


class Cursor:
    """What was sent. It grows with every entry that ``news`` hands out."""

    def __init__(self, text: str = "") -> None:
        self._text = text
        self._names = {text[start : start + 8] for start in range(0, len(text), 8)}

    def __str__(self) -> str:
        return self._text

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the cursor that ``text`` is, or nothing when it is none."""
        return cls(text) if _CURSOR.fullmatch(text) else None

    def misses(self, entries: Iterable[Entry]) -> bool:
        """Tell whether something was not sent yet."""
        return any(name not in self._names for name, _ in _named(entries))

    def news(self, entries: Iterable[Entry]) -> Iterator[tuple[str, Entry]]:
        """Hand out what was not sent yet, each with the cursor that includes it."""
        for name, entry in _named(entries):
            if name not in self._names:
                self._names.add(name)
                self._text += name
                yield self._text, entry


def _named(entries: Iterable[Entry]) -> Iterator[tuple[str, Entry]]:
    alike: Counter[str] = Counter()
    for entry in entries:
        what = f"{entry.room} {entry.kind} {entry.at.astimezone(UTC).isoformat()} {entry.message_id}"
        digest = blake2b(f"{what} {alike[what]}".encode(), digest_size=_BYTES).digest()
        alike[what] += 1
        yield urlsafe_b64encode(digest).decode(), entry
