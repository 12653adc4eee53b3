"""The door: FastAPI, with FastStream's router for the broker."""

from http import HTTPStatus

from fastapi import FastAPI, HTTPException
from faststream.rabbit.fastapi import RabbitRouter
from sqlalchemy import select

from bench.peers import taking
from bench.peers.language import Placed, PlaceOrder
from bench.peers.settings import AMQP_URL
from bench.peers.tables import Product, User
from bench.peers.with_faststream.post import CHANNEL, EVENTS, Session

router = RabbitRouter(AMQP_URL, default_channel=CHANNEL)


@router.post("/orders", status_code=HTTPStatus.CREATED)
async def place_order(asked: PlaceOrder) -> Placed:
    """Place an order at today's prices, and say so."""
    async with Session.begin() as session:
        user = await session.get(User, asked.user_id)
        wanted = select(Product).where(Product.id.in_({item.product_id for item in asked.order_items}))
        products = {product.id: product for product in await session.scalars(wanted)}
        if user is None or any(item.product_id not in products for item in asked.order_items):
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, "unknown user or product")
        order = taking.order_of(asked, user, products)
        session.add(order)
    message = taking.created(order)
    await router.broker.publish(message, exchange=EVENTS, routing_key="order.created", persist=True, mandatory=True)
    return taking.placed(order)


app = FastAPI()
app.include_router(router)
