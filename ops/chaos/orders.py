"""What customers order: most of it ordinary, and some of everything that is not."""

import random
from typing import Any, Literal

import msgspec

Item = Literal["plenty", "hot", "scarce"]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of order; ``share`` says how common it is."""

    name: str
    share: float
    items: tuple[Item, ...] = ("plenty",)
    method: str = "tok_ok"
    partial: bool = False


KINDS = (
    Kind(name="plain", share=50),
    Kind(name="hot product", share=20, items=("hot",)),
    Kind(name="several lines", share=10, items=("plenty", "hot", "plenty")),
    Kind(name="declined", share=5, method="tok_declined"),
    Kind(name="insufficient funds", share=3, method="tok_insufficient_funds"),
    Kind(name="slow provider", share=3, method="tok_timeout"),
    Kind(name="failing provider", share=0.5, method="tok_error"),
    Kind(name="out of stock", share=4, items=("scarce", "plenty")),
    Kind(name="partial", share=4.5, items=("scarce", "plenty"), partial=True),
)
REGRETS = 0.2
"""How many customers cancel."""
_DOUBT_SECONDS = 0.7
_MOST = 3


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """One order to place, and after how many seconds its customer cancels it, once or again, if they do."""

    kind: Kind
    quantities: tuple[int, ...]
    regrets: tuple[float, ...]

    def body(self, user: str, products: dict[str, str]) -> dict[str, Any]:
        """Return what is posted."""
        lines = zip(self.kind.items, self.quantities, strict=True)
        items = [{"productId": products[item], "quantity": quantity} for item, quantity in lines]
        method, partial = self.kind.method, self.kind.partial
        return {"userId": user, "orderItems": items, "paymentMethod": method, "allowPartial": partial}


def wish(dice: random.Random) -> Wish:
    """Draw an order."""
    kind = dice.choices(KINDS, [kind.share for kind in KINDS])[0]
    regrets: tuple[float, ...] = ()
    if dice.random() < REGRETS:
        regrets = tuple(dice.expovariate(1 / _DOUBT_SECONDS) for _ in range(dice.choice((1, 1, 1, 2))))
    return Wish(kind=kind, quantities=tuple(dice.randint(1, _MOST) for _ in kind.items), regrets=regrets)
