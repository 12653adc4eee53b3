"""Mail servers with TLS and a login: what is trusted, and where a password goes."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from uuid_utils.compat import uuid7

from ops.local.ports import free_port
from tests.support.texting import SID, Gateway
from workers.notification.errands import Mail, Sms
from workers.notification.postman import Postman
from workers.notification.texter import Texter
from workers.runtime.settings import Settings
from workers.runtime.verdict import Outage

LOGIN = "fleet:s%40cret@"
OUTSIDE = "0.0.0.0"
"""Reaches this machine, and is not its loopback address."""


class Server:
    """A mail server; it knows which passwords it was given, and over what kind of line each mail came."""

    def __init__(self) -> None:
        self.passwords: list[bytes] = []
        self.mails: list[tuple[bool, bool]] = []
        """Whether the line was encrypted, and whether the sender had logged in."""

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, credentials: LoginPassword
    ) -> AuthResult:
        self.passwords.append(credentials.password)
        return AuthResult(success=credentials == LoginPassword(b"fleet", b"s@cret"), handled=False)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name there
        assert server.transport
        is_encrypted = server.transport.get_extra_info("sslcontext") is not None
        self.mails.append((is_encrypted, bool(session.authenticated)))
        return "250 taken as 4711"


@contextmanager
def serving(**options: Any) -> Iterator[tuple[Server, int]]:
    server = Server()
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=server.authenticate,
        auth_require_tls=False,
        **options,
    )
    controller.start()
    try:
        yield server, controller.port
    finally:
        controller.stop()


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """A private authority, which this machine trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    return authority


def identity(authority: trustme.CA, *hosts: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*hosts).configure_cert(context)
    return context


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


async def send(url: str, *, plain_login: bool = False) -> str | None:
    async with Postman.open(Settings(smtp_url=url, plain_login=plain_login)) as postman:
        return await postman.send(mail())


Options = Callable[[ssl.SSLContext], dict[str, Any]]
SCHEMES: dict[str, Options] = {
    "smtps": lambda context: {"ssl_context": context},
    "smtp": lambda context: {"tls_context": context, "require_starttls": True},
}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", OUTSIDE])
async def test_mail_goes_encrypted_and_with_a_login_to_who_is_trusted(
    authority: trustme.CA, scheme: str, host: str
) -> None:
    with serving(**SCHEMES[scheme](identity(authority, host))) as (server, port):
        assert await send(f"{scheme}://{LOGIN}{host}:{port}") == "taken as 4711"
    assert server.mails == [(True, True)]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["elsewhere.example", "127.0.0.1"], ids=["another name", "nobody's authority"])
async def test_who_is_not_trusted_gets_neither_password_nor_mail(authority: trustme.CA, scheme: str, name: str) -> None:
    of = authority if name != "127.0.0.1" else trustme.CA()
    options = SCHEMES[scheme](identity(of, name))
    with serving(**options) as (server, port), pytest.raises(Outage, match="cannot be reached"):
        await send(f"{scheme}://{LOGIN}127.0.0.1:{port}")
    assert (server.mails, server.passwords) == ([], [])


async def test_a_password_is_not_given_where_everybody_can_hear_it() -> None:
    with serving() as (server, port):
        with pytest.raises(Outage, match="STARTTLS"):
            await send(f"smtp://{LOGIN}{OUTSIDE}:{port}")
        assert (server.mails, server.passwords) == ([], [])
        await send(f"smtp://{LOGIN}{OUTSIDE}:{port}", plain_login=True)
        await send(f"smtp://{LOGIN}127.0.0.1:{port}")
    assert server.mails == [(False, True)] * 2


async def test_without_a_password_a_plain_server_will_do_but_tls_is_used_where_offered(authority: trustme.CA) -> None:
    with serving() as (server, port):
        await send(f"smtp://{OUTSIDE}:{port}")
    assert server.mails == [(False, False)]
    with serving(tls_context=identity(authority, OUTSIDE)) as (server, port):
        await send(f"smtp://{OUTSIDE}:{port}")
    assert server.mails == [(True, False)]


async def test_a_wrong_password_is_an_outage_and_condemns_no_mail(authority: trustme.CA) -> None:
    context = identity(authority, "127.0.0.1")
    with serving(ssl_context=context) as (server, port), pytest.raises(Outage, match="535") as refused:
        await send(f"smtps://fleet:wr0ng@127.0.0.1:{port}")
    assert server.mails == []
    assert "wr0ng" not in str(refused.value)


async def test_texts_trust_whom_mails_trust(authority: trustme.CA) -> None:
    sms = Sms(subject=uuid7(), address="+4930", text="Hello", tried_for=0, leave_by=time.monotonic() + 10)
    for of, is_trusted in ((authority, True), (trustme.CA(), False)):
        async with Gateway.open(identity(of, OUTSIDE)) as gateway:
            url = f"https://{SID}:t0k%2Fen%3A@{OUTSIDE}:{gateway.port}"
            async with Texter.open(Settings(sms_url=url, sms_from="Shop")) as texter:
                if is_trusted:
                    assert await texter.send(sms) == "SM1"
                else:
                    with pytest.raises(Outage, match="certificate verify failed"):
                        await texter.send(sms)
            assert bool(gateway.texts) is is_trusted
