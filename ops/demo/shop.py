"""The demo's customer: everything it does, it does through HTTP."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx

from ops.demo.kinds import KINDS, Item, Kind
from ops.errors import OpsError

_PAGE = 200


class Shop:
    """A gateway seen by a customer with two products made for the occasion."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        mark = uuid4().hex[:8]
        user = {"name": "Demo Customer", "email": f"demo-{mark}@orderfleet.example"}
        self._user = str(self._post("/users", user)["id"])
        self._products = {
            "plenty": self._product(f"Demo teapot {mark}", 2490, 10_000),
            "scarce": self._product(f"Demo teapot, the last one {mark}", 9900, 1),
        }

    def order_all(self) -> Iterator[tuple[str, Kind]]:
        """Place every order of every kind; yield each order's id."""
        for kind in KINDS:
            for _ in range(kind.orders):
                yield self._order(kind), kind

    def orders(self) -> dict[str, dict[str, Any]]:
        """Return the customer's orders by id."""
        return {order["id"]: order for order in self._list("/orders")}

    def notifications(self) -> list[dict[str, Any]]:
        """Return what the customer was told."""
        return self._list("/notifications")

    def cancel(self, order: str) -> None:
        """Cancel an order."""
        self._answer(self._client.build_request("DELETE", f"/orders/{order}"))

    def timeline(self, order: str) -> list[dict[str, Any]]:
        """Return everything that happened to an order."""
        entries: list[dict[str, Any]] = self._get(f"/orders/{order}/timeline", {})["items"]
        return entries

    def _product(self, name: str, price: int, stock: int) -> str:
        product = {"name": name, "price": price, "currency": "EUR", "stock": stock}
        return str(self._post("/products", product)["id"])

    def _order(self, kind: Kind) -> str:
        lines = [self._line(item, quantity) for item, quantity in kind.items]
        body = {"userId": self._user, "orderItems": lines, "paymentMethod": kind.method, "allowPartial": kind.partial}
        return str(self._post("/orders", body)["id"])

    def _line(self, item: Item, quantity: int) -> dict[str, Any]:
        return {"productId": self._products[item], "quantity": quantity}

    def _list(self, path: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self._get(path, {"userId": self._user, "limit": _PAGE, **({"cursor": cursor} if cursor else {})})
            items += page["items"]
            cursor = page["nextCursor"]
        return items

    def _get(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        return self._answer(self._client.build_request("GET", path, params=query))

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._answer(self._client.build_request("POST", path, json=body))

    def _answer(self, request: httpx.Request) -> dict[str, Any]:
        try:
            answer = self._client.send(request)
        except httpx.HTTPError as error:
            raise OpsError(f"{request.method} {request.url} had no answer: {error}") from error
        if not answer.is_success:
            raise OpsError(f"{request.method} {request.url} was answered {answer.status_code}: {answer.text}")
        found: dict[str, Any] = answer.json()
        return found
