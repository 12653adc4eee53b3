"""The console in a browser: it shows what there is, runs nothing of it, and is patient."""

import json
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

import pytest
from litestar import Response

from tests.integration.gateway.door import Door
from tests.integration.gateway.following import Gateway
from tests.integration.gateway.pretending import ANSWERS, GROUP, HOSTILE, ID, Pretence, pretending, problem
from tests.support.chromium import PROGRAM, Page, browsing
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs Chromium")

LETTERS = f"#/dead-letters?queue={quote(HOSTILE)}"
LETTERS_OF_GROUP = f"{LETTERS}&error={quote(GROUP)}"
VIEWS = ["#/fleet", "#/dead-letters", LETTERS, "#/orders", f"#/orders/{ID}"]
STRANGERS = (
    "document.querySelectorAll('main img, main script, main svg, main iframe, dialog img, dialog script').length"
)
LINKS = "[...document.querySelectorAll('main a')].every((link) => link.getAttribute('href').startsWith('#/'))"


@pytest.fixture
async def pretence() -> AsyncIterator[Pretence]:
    async with pretending() as running:
        yield running


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with browsing(tmp_path / "profile") as page:
        yield page


async def shows(page: Page, words: str, *, where: str = "main") -> None:
    await page.wait(f"document.querySelector('{where}')?.innerText.includes({words!r})", f"{words} in {where}")


async def press(page: Page, words: str, *, where: str = "main") -> None:
    button = f"[...document.querySelectorAll('{where} button')].find((each) => each.innerText === {words!r})"
    await page.wait(f"{button}?.disabled === false", f"a button {words}")
    await page.ask(f"{button}.click()")


async def sign(page: Page, by: str, why: str) -> None:
    for name, value in {"by": by, "why": why}.items():
        await page.ask(f"document.querySelector('dialog [name={name}]').value = {value!r}")
    await page.ask("document.querySelector('dialog form').requestSubmit()")


async def is_harmless(page: Page) -> bool:
    """Whether hostile text is there as text, became no element and no address, ran nothing and tried nothing."""
    await page.wait(f"document.querySelector('main')?.textContent.includes({HOSTILE!r})", "hostile text")
    return (await page.ask(STRANGERS), await page.ask(LINKS), await page.ask("window.ran"), page.complaints) == (
        *(0, True, None),
        [],
    )


@pytest.mark.parametrize("view", VIEWS)
async def test_hostile_text_is_shown_and_does_not_run(page: Page, pretence: Pretence, view: str) -> None:
    await page.go(f"{pretence.url}/console{view}")
    assert await is_harmless(page)


async def test_hostile_letters_do_not_run_when_they_are_unfolded_and_tried(page: Page, pretence: Pretence) -> None:
    await page.go(f"{pretence.url}/console{LETTERS_OF_GROUP}")
    await page.wait("document.querySelector('.letters details')", "a letter")
    await page.ask("document.querySelector('.letters details').open = true")
    await shows(page, "Body as it was")
    await press(page, "Dry run")
    await shows(page, "What a replay would do now")
    await press(page, "Replay…")
    await page.wait("document.querySelector('dialog').open", "a question")
    assert await is_harmless(page)


async def test_hostile_findings_do_not_run(page: Page, pretence: Pretence) -> None:
    await page.go(f"{pretence.url}/console#/audit")
    assert pretence.bodies("GET /audit") == []
    await press(page, "Check now")
    await shows(page, "1 invariant does not hold")
    assert await is_harmless(page)


async def test_an_address_that_is_hostile_does_not_run(page: Page, pretence: Pretence) -> None:
    await page.go(f"{pretence.url}/console#/orders/{quote(HOSTILE, safe='')}")
    await shows(page, "There is nothing at this address.")
    assert (await page.ask(STRANGERS), await page.ask("window.ran")) == (0, None)


async def test_the_browser_itself_turns_no_text_into_html(page: Page, pretence: Pretence) -> None:
    await page.go(f"{pretence.url}/console#/audit")
    await shows(page, "Audit")
    tried = "(() => { try { document.body.innerHTML = '<b>'; return 'done'; } catch (error) { return error.name; } })()"
    assert await page.ask(tried) == "TypeError"


@pytest.mark.parametrize("view", VIEWS)
async def test_no_word_is_wider_than_a_phone(page: Page, pretence: Pretence, view: str) -> None:
    wide = "W" * 300
    for call, answer in ANSWERS.items():
        pretence.instead[call] = Response(json.loads(json.dumps(answer).replace(json.dumps(HOSTILE)[1:-1], wide)))
    await page.command("Emulation.setDeviceMetricsOverride", width=380, height=800, deviceScaleFactor=1, mobile=True)
    await page.go(f"{pretence.url}/console{view}")
    await shows(page, wide)
    await page.ask("document.querySelectorAll('main details').forEach((each) => (each.open = true))")
    await page.wait("document.documentElement.scrollWidth <= 380", "a page as wide as the screen")


async def test_pausing_says_who_and_why(page: Page, pretence: Pretence) -> None:
    await page.go(f"{pretence.url}/console#/fleet")
    await press(page, "Pause")
    await sign(page, "ada", "maintenance")
    await shows(page, "Stock_OrderCreated is paused.", where="#said")
    assert pretence.bodies("POST /queues/Stock_OrderCreated/pause") == [{"by": "ada", "why": "maintenance"}]


async def test_a_group_is_replayed_whole_and_letters_are_dropped_one_by_one(page: Page, pretence: Pretence) -> None:
    await page.go(f"{pretence.url}/console{LETTERS_OF_GROUP}")
    await press(page, "Replay…")
    await sign(page, "ada", "mended")
    await shows(page, "What became of them")
    await page.ask("document.querySelector('.letters input').click()")
    await press(page, "Drop…")
    await sign(page, "ada", "a test order")
    await eventually(lambda: pretence.bodies("DELETE /dead-letters"), what="the letter to be dropped")
    await shows(page, HOSTILE[:20])
    [replayed] = pretence.bodies("POST /dead-letters/replay")
    assert (replayed["queue"], replayed["by"], replayed["why"], "ids" in replayed) == (HOSTILE, "ada", "mended", False)
    [dropped] = await eventually(lambda: pretence.bodies("DELETE /dead-letters"), what="the letter to be dropped")
    assert dropped == {"queue": HOSTILE, "ids": [ID], "by": "ada", "why": "a test order"}


async def test_leaving_a_question_does_nothing(page: Page, pretence: Pretence) -> None:
    await page.go(f"{pretence.url}/console#/fleet")
    await press(page, "Pause")
    await press(page, "Leave it", where="dialog")
    await page.wait("!document.querySelector('dialog').open", "the question to go")
    assert pretence.bodies("POST /queues/Stock_OrderCreated/pause") == []


async def test_an_endpoint_that_fails_is_said_to_and_asked_again(page: Page, pretence: Pretence) -> None:
    down = Response(problem(503, "The database cannot do this now."), status_code=HTTPStatus.SERVICE_UNAVAILABLE)
    await page.go(f"{pretence.url}/console#/fleet")
    await shows(page, "Stock_")
    pretence.instead["GET /fleet"] = down
    await shows(page, "The database cannot do this now. Shown is what was known at")
    await shows(page, "Stock_")
    del pretence.instead["GET /fleet"]
    await page.wait("!document.querySelector('main').innerText.includes('no news')", "news")


async def test_an_endpoint_that_there_is_not_is_no_drama(page: Page, pretence: Pretence) -> None:
    gone = Response(problem(404, "There is nothing at this address."), status_code=HTTPStatus.NOT_FOUND)
    pretence.instead["GET /fleet"] = gone
    await page.go(f"{pretence.url}/console")
    await shows(page, "This gateway does not have GET /fleet.")


async def test_what_has_the_keyboard_keeps_it_when_the_page_is_refreshed(page: Page, pretence: Pretence) -> None:
    await page.go(f"{pretence.url}/console#/fleet")
    await page.wait("document.querySelector('td.do button')", "a button")
    await page.ask("document.querySelector('td.do button').focus(); window.held = document.activeElement")
    looks = len(pretence.bodies("GET /fleet"))
    await page.wait(
        f"performance.getEntriesByType('resource').filter((each) => each.name.endsWith('/fleet')).length > {looks}",
        "another look",
    )
    assert await page.ask("document.activeElement === window.held && window.held.isConnected")


async def test_a_real_order_is_followed_live_and_cancelled(page: Page, first: Gateway) -> None:
    door = Door(first.http)
    product = await door.product(name=HOSTILE)
    order = await door.order(orderItems=[{"productId": product["id"], "quantity": 1}])
    await page.go(f"{first.http.base_url}/console#/orders/{order['id']}")
    for words in ("PENDING", "order.accepted", "live"):
        await shows(page, words)
    assert await is_harmless(page)
    await press(page, "Cancel the order…")
    await press(page, "Cancel the order", where="dialog")
    for words in ("CANCELLING", "order.cancellation_requested"):
        await shows(page, words)
    assert (await door.get(f"/orders/{order['id']}"))["status"] == "CANCELLING"
    await page.ask("location.hash = '#/orders?status=CANCELLING'")
    await page.wait("document.querySelector('.orders td.words')", "a list")
    assert await is_harmless(page)


async def test_a_group_s_letters_are_the_gateway_s_to_choose(page: Page, pretence: Pretence) -> None:
    await page.go(f"{pretence.url}/console{LETTERS_OF_GROUP}")
    await shows(page, HOSTILE[:20], where=".letters")
    asked = "performance.getEntriesByType('resource').map((each) => new URL(each.name).searchParams.get('error'))"
    assert GROUP in await page.ask(asked)
