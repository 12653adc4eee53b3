"""What is ordered, by whom, and who delivers it: the same in every contender's database, and known to the load."""

from uuid import UUID

import psycopg

USERS = 100
PRODUCTS = 100
AGENTS = 100
STOCK = 1_000_000_000

USER = "01900000-0000-7000-8000-0000000a{:04x}"
PRODUCT = "01900000-0000-7000-8000-0000000b{:04x}"
AGENT = "01900000-0000-7000-8000-0000000c{:04x}"


def user(number: int) -> UUID:
    """Return the id of a user, counted from 0."""
    return UUID(USER.format(number))


def product(number: int) -> UUID:
    """Return the id of a product, counted from 0."""
    return UUID(PRODUCT.format(number))


def price(number: int) -> int:
    """Return what a product costs, in cents."""
    return 100 + 10 * number


def sow(url: str) -> None:
    """Write all of it into a database that has the tables and nothing in them."""
    users = [(user(number), f"Customer {number}", f"customer{number}@orderfleet.example") for number in range(USERS)]
    products = [(product(number), f"Product {number}", price(number), STOCK) for number in range(PRODUCTS)]
    agents = [(UUID(AGENT.format(number)), f"Agent {number}") for number in range(AGENTS)]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.executemany('INSERT INTO account."user" (id, name, email) VALUES (%s, %s, %s)', users)
        cursor.executemany(
            "INSERT INTO stock.product (id, name, price, currency, on_hand) VALUES (%s, %s, %s, 'EUR', %s)", products
        )
        cursor.executemany("INSERT INTO shipping.agent (id, name) VALUES (%s, %s)", agents)
