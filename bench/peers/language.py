"""What is said and asked, as pydantic models: both frameworks' documentation writes them so."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """JSON in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True)


class Item(Model):
    """A line of what somebody wants to order."""

    product_id: UUID
    quantity: Annotated[int, Field(ge=1)]


class PlaceOrder(Model):
    """What somebody wants to order."""

    user_id: UUID
    order_items: Annotated[list[Item], Field(min_length=1, max_length=200)]
    payment_method: str = "tok_ok"


class Placed(Model):
    """What the door answers."""

    id: UUID
    status: str
    total: int
    currency: str


class Customer(Model):
    """Whose order it is."""

    user_id: UUID
    name: str
    email: str


class Line(Model):
    """A line of an order."""

    product_id: UUID
    name: str
    quantity: int
    unit_price: int


class OrderCreated(Model):
    """An order was accepted."""

    order_id: UUID
    customer: Customer
    lines: list[Line]
    total: int
    currency: str
    payment_method: str


class StockReserved(Model):
    """Stock is held."""

    order_id: UUID
    amount: int
    currency: str
    payment_method: str


class PaymentCompleted(Model):
    """The order is paid."""

    order_id: UUID
    payment_id: UUID
    amount: int
    currency: str


class OrderShipped(Model):
    """The order has left."""

    order_id: UUID
    shipment_id: UUID
    tracking_number: str
