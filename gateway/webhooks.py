"""What others announce to us."""

from http import HTTPStatus

from litestar import Request, Response, post
from litestar.datastructures import State

from gateway.openapi import problems
from gateway.problems import Problem, invalid
from gateway.wanted import InDatabases, InSettings
from workers.payment import following
from workers.payment.stripe import require_library
from workers.runtime.settings import Settings


def require_webhooks(settings: Settings) -> None:
    """Refuse to begin without the library that tells Stripe's signature, if it is wanted; raises SettingsError."""
    if settings.stripe_webhook_secret:
        require_library("ORDERFLEET_STRIPE_WEBHOOK_SECRET")


@post(
    "/webhooks/stripe",
    summary="Hear from Stripe",
    tags=["Payments"],
    status_code=HTTPStatus.OK,
    responses=problems(400, 404, 413),
)
async def hear_from_stripe(
    request: Request[None, None, State], databases: InDatabases, settings: InSettings
) -> Response[None]:
    """Take an event that Stripe has signed; 404 where Stripe is not set up.

    It is only a hint: the payment room asks Stripe how the payment stands, so it does not matter how often or in which
    order events come. Events about anything else are accepted, and ignored.
    """
    if settings.stripe_webhook_secret is None:
        raise Problem(HTTPStatus.NOT_FOUND, "Nobody listens to Stripe here.")
    from workers.payment.stripe import webhooks  # noqa: PLC0415 - the library is there only where Stripe is set up

    try:
        signature = request.headers.get("stripe-signature")
        hint = webhooks.read(await request.body(), signature, settings.stripe_webhook_secret)
    except webhooks.Forged as forged:
        raise invalid({}, str(forged)) from None
    if hint:
        async with databases.transaction("payment") as tx:
            await following.hint(tx, hint.order_id, reference=hint.reference, of=hint.of)
    return Response(None, status_code=HTTPStatus.OK)
