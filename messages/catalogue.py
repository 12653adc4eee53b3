"""What is said of products: by the gateway when the catalogue changes. Prices are in minor units of the currency."""

from messages import ProductMessage


class ProductCreated(ProductMessage, frozen=True, kw_only=True, tag="product.created"):
    """A product is for sale."""

    sku: str | None
    name: str
    price: int
    currency: str
    low_stock_threshold: int = 0


class ProductUpdated(ProductMessage, frozen=True, kw_only=True, tag="product.updated"):
    """A product is described or priced otherwise; orders that were accepted before keep their price."""

    sku: str | None
    name: str
    price: int
    currency: str
    low_stock_threshold: int = 0


class ProductDeleted(ProductMessage, frozen=True, kw_only=True, tag="product.deleted"):
    """A product can no longer be ordered."""
