"""The door: FastAPI with a plain function, as its documentation has it for libraries that block."""

from http import HTTPStatus

from fastapi import FastAPI, HTTPException
from sqlalchemy import select

from bench.peers import taking
from bench.peers.language import Placed, PlaceOrder
from bench.peers.tables import Product, User
from bench.peers.with_celery import tasks
from bench.peers.with_celery.sessions import Session

app = FastAPI()


@app.post("/orders", status_code=HTTPStatus.CREATED)
def place_order(asked: PlaceOrder) -> Placed:
    """Place an order at today's prices, and say so."""
    with Session.begin() as session:
        user = session.get(User, asked.user_id)
        wanted = select(Product).where(Product.id.in_({item.product_id for item in asked.order_items}))
        products = {product.id: product for product in session.scalars(wanted)}
        if user is None or any(item.product_id not in products for item in asked.order_items):
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, "unknown user or product")
        order = taking.order_of(asked, user, products)
        session.add(order)
    tasks.created(taking.created(order))
    return taking.placed(order)
