"""The page about payments by hand, made of the table in ``rules``; printed, it is ``docs/payments.md``."""

from workers.payment.rules import BY_HAND, RECORDED, Step

_PAGE = """\
# Payments by hand

Made of the table in `workers/payment/rules.py` by `python -m workers.payment.page`.

## Recording one: `POST /payments`

An order has one payment.
One can be recorded for an order that is `PENDING` or `RESERVED` and has none yet; it begins as {begins}.
Its amount and currency are what the order owes; what a partial order owes is known once it is `RESERVED`.

A payment that is recorded is taken elsewhere: no provider is asked for it, and none can give it back.
If its order fails or is cancelled, it is `REFUND_FAILED` until somebody has given the money back and says `REFUNDED`.

What becomes of it moves the order only once stock is held: told earlier, stock would miss it, and hold it for ever.

## Changing one: `PUT /payments/status`

{table}

Anything else is a conflict, and a payment that is asked to be what it is stays as it is.
Every change is announced with `payment.status_changed`, in the same commit as what follows from it.
A payment is called `COMPLETED` until its money is back, also while it is `REFUNDING`.
"""


def table() -> str:
    """Return what may be changed by hand, as a table."""
    rows = ("| payment | `status` | becomes | said | |", "|---|---|---|---|---|", *dict.fromkeys(map(_row, BY_HAND)))
    return "\n".join(rows)


def page() -> str:
    """Return the page."""
    return _PAGE.format(table=table(), begins=" or ".join(f"`{status}`" for status in RECORDED))


def _row(step: Step) -> str:
    before = f"`{step.before}`, given up: {step.why}" if step.give_up else f"`{step.before}`"
    said = ", ".join(f"`payment.{say.__name__}`" for say in step.says)
    return f"| {before} | `{step.wish}` | `{step.to}` | {said} | {step.meaning} |"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - this is what it is for
