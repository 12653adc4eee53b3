"""What a fault is."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ops.chaos.scene import Scene

Inject = Callable[[Scene, random.Random], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault: ``inject`` breaks something, holds it broken for a while, and lets it be mended.

    When ``inject`` returns, nobody does anything against the fleet any more: it has to recover by itself.
    """

    kind: str
    inject: Inject
    goes_with_others: bool = True

    @property
    def target(self) -> str:
        """What it breaks."""
        return self.kind.partition(" ")[0]
