import asyncio
import time

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from msgspec.structs import replace
from uuid_utils.compat import uuid7

from ops.local.ports import free_port
from workers.notification import postman as postman_module
from workers.notification.errands import Mail, TooLate
from workers.notification.postman import Postman
from workers.runtime.settings import Settings
from workers.runtime.verdict import Outage


def mail() -> Mail:
    return Mail(
        subject=uuid7(),
        key="k",
        name="Zoë",
        address="zoe@example.com",
        title="Hello",
        text="Hello\n",
        html="<p>Hello</p>\n",
        tried_for=0,
        leave_by=time.monotonic() + 10,
    )


class Guarded:
    """A mail server that counts what those who gave their name and password have sent."""

    def __init__(self) -> None:
        self.taken = 0

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, credentials: LoginPassword
    ) -> AuthResult:
        known = LoginPassword(b"fleet", b"s@cret:/")
        return AuthResult(success=credentials == known, handled=False)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name there
        self.taken += bool(session.authenticated)
        return "250 taken"


@pytest.mark.parametrize(("password", "taken"), [("s%40cret%3A%2F", 1), ("wrong", 0)])
async def test_name_and_password_come_from_the_url(settings: Settings, password: str, taken: int) -> None:
    guarded = Guarded()
    controller = Controller(
        guarded,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=guarded.authenticate,
        auth_require_tls=False,
    )
    controller.start()
    try:
        url = f"smtp://fleet:{password}@127.0.0.1:{controller.port}"
        async with Postman.open(replace(settings, smtp_url=url)) as postman:
            if taken:
                await postman.send(mail())
            else:
                with pytest.raises(Outage, match="cannot be reached"):
                    await postman.send(mail())
    finally:
        controller.stop()
    assert guarded.taken == taken


async def test_a_sender_that_is_no_address_is_refused_at_once(settings: Settings) -> None:
    with pytest.raises(ValueError, match="no mail address"):
        Postman(replace(settings, mail_from="Orderfleet"))


async def test_a_server_that_never_greets_is_not_dialled_once_the_lease_is_over(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postman_module, "SEND_SECONDS", 0.2)
    dialled = 0

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal dialled
        dialled += 1
        await reader.read()
        writer.close()

    leave_by = time.monotonic() + 0.3
    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with Postman.open(replace(settings, smtp_url=url)) as postman:
            notes = [replace(mail(), leave_by=leave_by) for _ in range(40)]
            answers = await asyncio.gather(*(postman.send(note) for note in notes), return_exceptions=True)
    assert {type(answer) for answer in answers} == {Outage, TooLate}
    assert dialled <= 2 * postman_module.CONNECTIONS
