"""What the SMS gateway is asked, and what its answers mean."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace
from uuid_utils.compat import uuid7

from tests.support.texting import HANG_UP, SILENCE, TOKEN, Gateway, Reply
from workers.notification import texter as texting
from workers.notification.errands import Postponement, Refusal, Sms, TooLate
from workers.notification.texter import Texter
from workers.runtime import logs
from workers.runtime.settings import Settings, SettingsError, load
from workers.runtime.verdict import Outage, describe


def sms(address: str = "+4930", text: str = "Hello, Zoë & co: 1+1=2") -> Sms:
    return Sms(subject=uuid7(), address=address, text=text, tried_for=0, leave_by=time.monotonic() + 10)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with Gateway.open() as gateway:
        yield gateway


@pytest.fixture
async def texter(gateway: Gateway) -> AsyncIterator[Texter]:
    async with Texter.open(Settings(sms_url=gateway.url, sms_from="Shop")) as texter:
        yield texter


async def test_what_is_sent_arrives_as_it_was_written(texter: Texter, gateway: Gateway) -> None:
    assert await texter.send(sms()) == "SM1"
    assert gateway.texts == [{"To": "+4930", "From": "Shop", "Body": "Hello, Zoë & co: 1+1=2"}]


async def test_a_gateway_may_stand_behind_a_path(gateway: Gateway) -> None:
    async with Texter.open(Settings(sms_url=f"{gateway.url}/relay/", sms_from="Shop")) as texter:
        await texter.send(sms())
    assert gateway.paths == ["POST /relay/2010-04-01/Accounts/AC0123/Messages.json"]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, body='{"sid": "SM1"}'),
        Reply(201, body="{}"),
        Reply(201, body="taken"),
        Reply(201, body='{"sid": "SM1", "more": ' + "[" * 20_000 + "]" * 20_000 + "}"),
        Reply(201, body='{"sid": "\udcff"}'),
        Reply(301, headers=("Location: http://127.0.0.1:1/",), body=""),
        Reply(403, 20005, "Account not active"),
        Reply(404, body="no such page"),
        Reply(408),
        Reply(429, 20429, "Too many requests"),
        Reply(500, body=""),
        Reply(503),
        HANG_UP,
    ],
    ids=lambda reply: str(reply.status) if isinstance(reply, Reply) else reply,
)
async def test_what_does_not_say_that_the_text_is_wrong_is_tried_again(
    texter: Texter, gateway: Gateway, reply: Reply | str
) -> None:
    gateway.answer = reply
    with pytest.raises(Postponement):
        await texter.send(sms())


async def test_what_the_gateway_calls_a_text_is_fit_to_be_kept(texter: Texter, gateway: Gateway) -> None:
    gateway.answer = Reply(201, body='{"sid": "SM\\u0000\\n1"}')
    assert await texter.send(sms()) == "SM 1"


async def test_a_text_that_is_wrong_is_refused_with_the_gateway_s_words(texter: Texter, gateway: Gateway) -> None:
    gateway.answer = Reply(400, 21610, "Attempt to send to unsubscribed recipient\n")
    with pytest.raises(Refusal, match=r"^400 21610 Attempt to send to unsubscribed recipient$"):
        await texter.send(sms())


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("17", 17), ("Wed, 21 Oct 2026 07:28:00 GMT", 0), ("-1", 0), ("²", 0), ("9" * 5000, 999_999_999)],
)
async def test_a_wish_to_wait_is_heard(texter: Texter, gateway: Gateway, header: str, seconds: int) -> None:
    gateway.answer = Reply(429, headers=(f"Retry-After: {header}",))
    with pytest.raises(Postponement) as postponed:
        await texter.send(sms())
    assert postponed.value.seconds == seconds


async def test_a_gateway_that_says_nothing_keeps_nobody_waiting_for_ever(
    texter: Texter, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texting, "SEND_SECONDS", 0.2)
    gateway.answer = SILENCE
    with pytest.raises(Postponement, match="no answer"):
        await texter.send(sms())


async def test_credentials_that_are_not_good_condemn_no_text(gateway: Gateway) -> None:
    url = gateway.url.replace("t0k", "wrong")
    async with Texter.open(Settings(sms_url=url, sms_from="Shop")) as texter:
        with pytest.raises(Outage, match="does not let us in: 401 20003 Authenticate"):
            await texter.send(sms())
        assert not await texter.probe()
    assert gateway.texts == []


async def test_probing_asks_for_the_account_and_sends_nothing(texter: Texter, gateway: Gateway) -> None:
    assert await texter.probe()
    gateway.answer = Reply(404)
    assert await texter.probe(), "not every gateway has accounts to ask for"
    gateway.answer = Reply(500)
    assert not await texter.probe()
    await gateway.stop()
    assert gateway.texts == []
    assert set(gateway.paths) == {"GET /2010-04-01/Accounts/AC0123.json"}


async def test_many_texts_share_few_connections_and_none_is_sent_too_late(texter: Texter, gateway: Gateway) -> None:
    await asyncio.gather(*(texter.send(sms(f"+{number}")) for number in range(30)))
    assert len(gateway.texts) == 30
    with pytest.raises(TooLate):
        await texter.send(replace(sms(), leave_by=time.monotonic() - 1))
    assert len(gateway.texts) == 30


async def test_the_password_is_told_to_nobody_else(
    gateway: Gateway, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = logging.root.handlers[:]
    logs.configure(Settings(log_level="DEBUG"), process="test")
    told = []
    try:
        async with Texter.open(Settings(sms_url=gateway.url, sms_from="Shop")) as texter:
            monkeypatch.setattr(texting, "SEND_SECONDS", 0.2)
            for reply in (None, Reply(400), Reply(401), Reply(500), HANG_UP, SILENCE):
                gateway.answer = reply
                try:
                    await texter.send(sms())
                except (Refusal, Postponement, Outage) as error:
                    told.append(describe(error))
            told.append(repr(texter))
    finally:
        logging.root.handlers[:] = before
    assert len(told) == 6
    for secret in (TOKEN, "t0k%2Fen%3A", "AC0123:"):
        assert secret not in "".join([*told, *capsys.readouterr()])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"SMS_URL": "https://example.com"}, "ORDERFLEET_SMS_URL: Expected `str` matching regex"),
        ({"SMS_URL": "https://AC1:secret@example.com"}, "ORDERFLEET_SMS_FROM: "),
        ({"SMS_URL": "http://AC1:secret@example.com", "SMS_FROM": "+1"}, "ORDERFLEET_SMS_URL: its password must not"),
    ],
)
async def test_settings_that_cannot_be_are_refused_at_once(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        async with Texter.open(load({f"ORDERFLEET_{name}": value for name, value in given.items()})):
            pass
    assert str(refused.value).startswith(sentence)
    assert "secret" not in str(refused.value)


async def test_a_line_of_one_s_own_may_be_plain() -> None:
    for url in ("http://AC1:x@localhost:1", "http://AC1:x@127.0.0.1:1", "http://AC1:x@[::1]:1"):
        async with Texter.open(Settings(sms_url=url, sms_from="+1")):
            pass
    named = load(
        {
            "ORDERFLEET_SMS_URL": "http://AC1:x@gateway.internal",
            "ORDERFLEET_SMS_FROM": "+1",
            "ORDERFLEET_PLAIN_LOGIN": "true",
        }
    )
    async with Texter.open(named):
        pass
