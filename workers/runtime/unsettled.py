"""What a channel has delivered and is owed an answer for: acknowledged up to the first that is still open, at once."""

from collections import OrderedDict
from collections.abc import Iterable


class Unsettled:
    """Delivery tags in their order, each open or settled; one that was acknowledged is forgotten."""

    def __init__(self) -> None:
        self._is_settled: OrderedDict[int, bool] = OrderedDict()

    def __len__(self) -> int:
        return len(self._is_settled)

    def add(self, tag: int) -> None:
        """Open what has just been delivered."""
        self._is_settled[tag] = False

    def holds(self, tag: int) -> bool:
        """Tell whether a delivery is open still."""
        return self._is_settled.get(tag) is False

    def settle(self, tags: Iterable[int]) -> None:
        """Settle deliveries, each once: a second acknowledgement would cost the channel."""
        for tag in tags:
            if tag in self._is_settled:
                self._is_settled[tag] = True

    def pop_prefix(self) -> int:
        """Forget what is settled before the first that is open, and return the last of it, or 0."""
        prefix = 0
        while self._is_settled:
            tag, is_settled = next(iter(self._is_settled.items()))
            if not is_settled:
                break
            del self._is_settled[tag]
            prefix = tag
        return prefix

    def pop_overtakers(self) -> list[int]:
        """Forget what is settled after one that is open, and return it."""
        overtakers = [tag for tag, is_settled in self._is_settled.items() if is_settled]
        for tag in overtakers:
            del self._is_settled[tag]
        return overtakers
