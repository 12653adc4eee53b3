r"""The kinds of values that a caller may send, each with its bounds.

Control characters are refused in text: PostgreSQL takes no NUL, and a line break in a name could end a mail header.
A ``$`` also matches before a last line break, hence ``(?!\n)``. An email address is one that a mail can be written to:
in ASCII, no address literal, and no ``=?``, which begins an encoded word in a header.
"""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

MAX_AMOUNT = 1_000_000_000_000
MAX_QUANTITY = 1_000_000
MAX_STOCK = 1_000_000_000

_TEXT = r"^(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$(?!\n)"
_MULTILINE = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"
_STORED = r"^[^\x00]+$"
_SKU = r"^[A-Za-z0-9][A-Za-z0-9._/-]*$(?!\n)"
_CURRENCY = r"^[A-Z]{3}$(?!\n)"
_METHOD = r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$(?!\n)"
_PHONE = r"^\+?[0-9]([ ()./-]*[0-9]){2,16}[ ()./-]*$(?!\n)"
_EMAIL = (
    r"^(?=[^@]{1,64}@)(?![^@]*=\?)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$(?!\n)"
)

SENTENCES = {
    _TEXT: "Expected text that is not blank and has no control characters",
    _MULTILINE: "Expected text without control characters",
    _STORED: "Expected text without NUL characters",
    _SKU: "Expected letters, digits and . _ / -",
    _CURRENCY: "Expected a currency code of three capital letters",
    _METHOD: "Expected a payment token of letters, digits and _ . : -",
    _PHONE: "Expected a telephone number",
    _EMAIL: "Expected an email address",
}
"""What a pattern asks for, in words."""

Id = Annotated[UUID, Meta(examples=["01980000-0000-7000-8000-000000000001"])]
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=_TEXT)]
Sku = Annotated[str, Meta(min_length=1, max_length=64, pattern=_SKU, examples=["TEA-GREEN-100"])]
Currency = Annotated[str, Meta(pattern=_CURRENCY, description="ISO 4217", examples=["EUR"])]
PaymentMethod = Annotated[str, Meta(min_length=1, max_length=64, pattern=_METHOD, examples=["tok_ok"])]
Phone = Annotated[str, Meta(max_length=32, pattern=_PHONE, examples=["+49 30 1234567"])]
Email = Annotated[str, Meta(max_length=254, pattern=_EMAIL, examples=["ada@example.com"])]
QueueName = Annotated[str, Meta(min_length=1, max_length=255, pattern=_TEXT, examples=["Stock_OrderCreated"])]
Words = Annotated[str, Meta(min_length=1, max_length=1000, pattern=_MULTILINE)]
Error = Annotated[str, Meta(min_length=1, max_length=4000, pattern=_STORED, examples=["KeyError: #"])]
"""Whatever a letter's error may be: it is only compared."""
Amount = Annotated[int, Meta(ge=0, le=MAX_AMOUNT, description="Minor units", examples=[1250])]
Quantity = Annotated[int, Meta(ge=1, le=MAX_QUANTITY, examples=[2])]
Stock = Annotated[int, Meta(ge=0, le=MAX_STOCK, examples=[100])]
Addition = Annotated[int, Meta(ge=1, le=MAX_STOCK, examples=[50])]
Place = Annotated[str, Meta(min_length=1, max_length=200, pattern=_TEXT, examples=["Leipzig"])]
Note = Annotated[str, Meta(min_length=1, max_length=1000, pattern=_MULTILINE, examples=["Left with a neighbour"])]
AddressKey = Annotated[str, Meta(min_length=1, max_length=64, pattern=_TEXT)]
AddressText = Annotated[str, Meta(max_length=500, pattern=_MULTILINE)]
Address = Annotated[dict[AddressKey, AddressText | None], Meta(max_length=20)]
