"""The language of the fleet: what the rooms say to each other, one file per speaker, frozen structs and nothing else.

A message's tag is its type, its AMQP routing key and the ``type`` field of its JSON body. New fields need defaults,
and a type never changes its meaning: a changed meaning is a new type. The wire bytes stand in ``tests/contracts``.
"""

from uuid import UUID

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="type"):
    """Something that happened, said once and heard by whoever binds a queue to its type."""

    @classmethod
    def type(cls) -> str:
        """Return the message's type, e.g. ``order.created``."""
        return str(cls.__struct_config__.tag)

    @property
    def subject(self) -> UUID:
        """What the message is about. A batch holds at most one message about each subject."""
        raise NotImplementedError


class OrderMessage(Message, frozen=True, kw_only=True):
    """A message about one order."""

    order_id: UUID

    @property
    def subject(self) -> UUID:
        """The order."""
        return self.order_id


class ProductMessage(Message, frozen=True, kw_only=True):
    """A message about one product."""

    product_id: UUID

    @property
    def subject(self) -> UUID:
        """The product."""
        return self.product_id


class Line(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One line of an order: a product at the price of acceptance, in minor units of the order's currency."""

    product_id: UUID
    name: str
    quantity: int
    unit_price: int


class Customer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whom the order belongs to, and how to reach them."""

    user_id: UUID
    name: str
    email: str
    phone: str | None = None
