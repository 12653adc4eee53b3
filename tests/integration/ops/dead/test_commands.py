"""``orderfleet dead`` as an operator types it."""

import asyncio
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner, Result
from uuid_utils.compat import uuid7

from messages.payment import PaymentFailed
from messages.post.envelope import enclose
from ops.cli import cli
from ops.dead.running import operator
from ops.errors import OpsError
from tests.support.burying import letter, write
from workers.dead import views
from workers.dead.pattern import group_key
from workers.dead.views import Letter
from workers.runtime.database import Database

QUEUE = "Stock_PaymentFailed"


@pytest.fixture
async def ids(database: Database) -> list[UUID]:
    said = [enclose(PaymentFailed(order_id=uuid4(), reason="declined"), said_by="payment") for _ in range(3)]
    return await write(database, *(letter(QUEUE, each, error=f"KeyError: {each.subject}") for each in said))


async def dead(database_url: str, *words: object, stdin: bytes | None = None) -> Result:
    environment = {"ORDERFLEET_DATABASE_URL": database_url, "COLUMNS": "200"}
    line = ["dead", *map(str, words)]
    return await asyncio.to_thread(CliRunner().invoke, cli, line, env=environment, input=stdin)


async def found(database: Database, id_: UUID) -> Letter:
    async with database.transaction() as tx:
        letter = await views.get(tx, id_)
    assert letter is not None
    return letter


async def test_a_list_shows_groups_with_their_keys_and_the_newest(database_url: str, ids: list[UUID]) -> None:
    listed = await dead(database_url, "list", QUEUE, "--limit", 2)
    assert listed.exit_code == 0, listed.output
    assert group_key(QUEUE, "KeyError: #") in listed.output
    assert [str(id_) in listed.output for id_ in ids] == [False, True, True]
    assert f"--before {ids[1]}" in listed.output
    more = await dead(database_url, "list", "--group", group_key(QUEUE, "KeyError: #"), "--before", ids[1])
    assert [str(id_) in more.output for id_ in ids] == [True, False, False]
    assert "no such letters" in (await dead(database_url, "list", "Order_StockReserved")).output


async def test_one_is_shown_with_its_body_and_what_was_done(database_url: str, ids: list[UUID]) -> None:
    await dead(database_url, "note", ids[0], "ask the warehouse")
    shown = await dead(database_url, "show", ids[0])
    assert shown.exit_code == 0, shown.output
    for words in ('"reason": "declined"', "workers/stock/handlers.py:31 reserve", "stock@here:7", "KeyError"):
        assert words in shown.output
    assert f"note by {operator()}: ask the warehouse" in shown.output


async def test_an_edit_comes_from_a_file_and_must_be_json(
    database_url: str, database: Database, ids: list[UUID]
) -> None:
    refused = await dead(database_url, "edit", ids[0], "--body", "-", stdin=b"{")
    assert isinstance(refused.exception, OpsError)
    assert "nothing is changed" in str(refused.exception)
    edited = await dead(database_url, "edit", ids[0], "--body", "-", "--why", "a wrong reason", stdin=b'{"a": 1}')
    assert edited.exit_code == 0, edited.output
    assert (await found(database, ids[0])).body == b'{"a": 1}'
    assert "before it was edited" in (await dead(database_url, "show", ids[0])).output


async def test_a_drop_says_what_it_did_and_who(database_url: str, database: Database, ids: list[UUID]) -> None:
    dropped = await dead(database_url, "drop", *ids[:2], "--by", "ada", "--why", "tests")
    assert dropped.exit_code == 0, dropped.output
    assert dropped.output.endswith("2 dropped\n")
    assert [(await found(database, id_)).status for id_ in ids] == ["dropped", "dropped", "dead"]
    assert "drop by ada: tests" in (await dead(database_url, "show", ids[0])).output


async def test_a_replay_ends_with_1_when_nobody_handles_it(
    database_url: str, database: Database, ids: list[UUID]
) -> None:
    group = group_key(QUEUE, "KeyError: #")
    replayed = await dead(database_url, "replay", "--group", group, "--patience", 0.2, "--limit", 2)
    assert replayed.exit_code == 1
    assert "1 not handled yet, 1 kept" in replayed.output
    assert [(await found(database, id_)).status for id_ in ids] == ["replayed", "dead", "dead"]


async def test_a_dry_run_says_what_would_happen_and_changes_nothing(
    database_url: str, database: Database, ids: list[UUID]
) -> None:
    told = await dead(database_url, "replay", "--queue", QUEUE, "--dry-run")
    assert told.exit_code == 0, told.output
    assert told.output.count("would be handled") == 3
    assert (await found(database, ids[0])).status == "dead"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["replay"], "say which letters"),
        (["drop", "--queue", QUEUE, "--group", "x"], "say which letters"),
        (["replay", "--group", "x"], "there is no group x"),
        (["show", str(uuid7())], "there is no letter"),
        (["note", str(uuid7()), "words"], "there is no letter"),
        (["replay", str(uuid7())], "there is no letter"),
        (["edit", str(uuid7()), "--body", "-"], "not dead, or there is no such letter"),
    ],
)
async def test_what_there_is_not_is_one_sentence(database_url: str, words: list[str], sentence: str) -> None:
    refused = await dead(database_url, *words, stdin=b"{}")
    assert isinstance(refused.exception, OpsError), refused.output
    assert sentence in str(refused.exception)


async def test_a_database_that_is_away_is_one_sentence() -> None:
    refused = await dead("postgresql://nobody@127.0.0.1:1/nothing", "list")
    assert isinstance(refused.exception, OpsError)
    assert "127.0.0.1" in str(refused.exception)


async def test_nothing_that_a_letter_says_is_done_to_the_terminal(database_url: str, database: Database) -> None:
    said = enclose(PaymentFailed(order_id=uuid4(), reason="declined"), said_by="payment")
    wild = letter("[/x]", said, error="[/red] \x1b[2J", reason=":bomb:\x9b1m", body=b"\x1b]0;mine\x07")
    [id_] = await write(database, wild)
    await dead(database_url, "note", id_, "[bold]\x1b[1m")
    listed, shown = await dead(database_url, "list"), await dead(database_url, "show", id_)
    assert (listed.exit_code, shown.exit_code) == (0, 0), (listed.exception, shown.exception)
    for words in ("[/x]", r"[/red] \x1b[2J", r":bomb:\x9b1m", f"order {said.subject}"):
        assert words in listed.output
    for words in (r"\x1b]0;mine\x07", r"[bold]\x1b[1m"):
        assert words in shown.output
    assert not {"\x1b", "\x07", "\x9b"} & {*listed.output, *shown.output}


@pytest.mark.parametrize("words", [["replay"], ["replay", "--dry-run"], ["drop"]])
async def test_a_queue_that_there_is_not_is_no_success(database_url: str, words: list[str]) -> None:
    done = await dead(database_url, *words, "--queue", "Stock_Paymentfailed")
    assert isinstance(done.exception, OpsError)
    assert "there is no queue Stock_Paymentfailed" in str(done.exception)
    assert (await dead(database_url, *words, "--queue", QUEUE)).exit_code == 0
