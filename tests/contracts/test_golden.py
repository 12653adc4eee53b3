"""What every message looks like on the wire. A change here breaks whoever is still running the other version."""

import json
from pathlib import Path

import msgspec
import pytest

from messages import Message
from tests.contracts.compatibility import breaks
from tests.contracts.examples import EXAMPLES
from tests.contracts.language import every_type, golden, schema, shape

BY_TYPE = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.type())
WRITE = "compatible, and to be kept: python -m tests.contracts.language"


def test_every_message_has_an_example_here() -> None:
    assert {type(example) for example in EXAMPLES} == every_type()


@pytest.mark.parametrize("path", [golden("any").parent, shape("any").parent], ids=lambda path: path.name)
def test_nothing_that_was_ever_said_is_forgotten(path: Path) -> None:
    assert {file.stem for file in path.glob("*.json")} <= {example.type() for example in EXAMPLES}


@BY_TYPE
def test_a_message_is_written_as_it_always_was(example: Message) -> None:
    assert msgspec.json.encode(example) == golden(example.type()).read_bytes().strip()


@BY_TYPE
def test_what_was_always_written_can_be_read(example: Message) -> None:
    assert msgspec.json.decode(golden(example.type()).read_bytes(), type=type(example)) == example


@BY_TYPE
def test_a_field_of_a_newer_version_does_no_harm(example: Message) -> None:
    newer = {**json.loads(msgspec.json.encode(example)), "fromTheFuture": 1}
    assert msgspec.json.decode(json.dumps(newer), type=type(example)) == example


@BY_TYPE
def test_no_change_breaks_whoever_runs_the_other_version(example: Message) -> None:
    kept = json.loads(shape(example.type()).read_text())
    assert breaks(kept, schema(type(example))) == []
    assert kept == schema(type(example)), WRITE


@BY_TYPE
def test_no_example_leaves_a_field_out(example: Message) -> None:
    assert None not in msgspec.structs.astuple(example)
