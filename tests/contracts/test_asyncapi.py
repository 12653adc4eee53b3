"""The AsyncAPI document says what the code does, in the form that AsyncAPI's own schema demands."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft7Validator

import gateway
from gateway.asyncapi import GATEWAY
from messages.post.topology import DEAD, EVENTS, LADDER, WORK
from ops.asyncapi import document
from tests.contracts.examples import EXAMPLES
from tests.contracts.language import every_type
from workers.fleet import ROOMS, fleet_topology
from workers.runtime.settings import Settings

SCHEMA = json.loads((Path(__file__).parent / "asyncapi" / "3.0.0.json").read_text())
AMQP_URL = "amqps://somebody:secret@broker.example:5671/shop"
DOCUMENT: dict[str, Any] = json.loads(
    msgspec.json.encode(document(Settings(amqp_url=AMQP_URL), [GATEWAY], version="1.2.3"))
)
CHANNELS, OPERATIONS = DOCUMENT["channels"], DOCUMENT["operations"]
HANDLERS = [(room, handler) for room in ROOMS.values() for handler in room.handlers.values()]


def references(part: Any) -> Iterator[str]:
    match part:
        case {"$ref": str(reference)}:
            yield reference
        case dict():
            for value in part.values():
                yield from references(value)
        case list():
            for value in part:
                yield from references(value)


def resolve(reference: str) -> Any:
    found: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def says(type_: str) -> set[str]:
    """Who says a message, by the document."""
    return {name.partition(".says.")[0] for name in OPERATIONS if name.endswith(f".says.{type_}")}


def spoiled(path: list[str], value: Any) -> Any:
    made = deepcopy(DOCUMENT)
    part = made
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return made


def test_it_is_what_the_schema_of_asyncapi_demands() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert [error.message for error in Draft7Validator(SCHEMA).iter_errors(DOCUMENT)] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["asyncapi"], "2.6.0"),
        (["operations", "stock.hears.order.created", "action"], "listen"),
        (["channels", "order.created", "bindings", "amqp", "is"], "exchange"),
        (["components", "messages", "OrderCreated", "correlationId"], {"location": "the order"}),
        (["servers", "broker", "port"], 5672),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, list) else None,
)
def test_the_schema_sees_what_is_wrong(path: list[str], value: Any) -> None:
    assert not Draft7Validator(SCHEMA).is_valid(spoiled(path, value))


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert found
    for reference in found:
        assert resolve(reference), reference


def test_it_says_where_the_broker_is_and_not_how_to_get_in() -> None:
    assert DOCUMENT["servers"]["broker"]["host"] == "broker.example:5671"
    assert DOCUMENT["servers"]["broker"]["protocol"] == "amqps"
    assert "secret" not in json.dumps(DOCUMENT)


def test_every_message_is_said_by_somebody() -> None:
    assert {kind.type() for kind in every_type() if not says(kind.type())} == set()


def test_all_that_the_gateway_says_goes_through_the_one_list() -> None:
    """Its types hold it: ``say`` takes nothing else."""
    speakers = {
        (path.name, speaker)
        for path in Path(gateway.__path__[0]).glob("*.py")
        for speaker in re.findall(r"said_by=(\S+?)[,)]", path.read_text())
    }
    assert ("saying.py", "SPEAKER") in speakers
    rooms = {speaker.strip('"') for name, speaker in speakers if name != "saying.py"}
    assert rooms <= {room.schema for room in ROOMS.values() if room.says}


def test_every_message_that_is_heard_is_said() -> None:
    assert {handler.message.type() for _, handler in HANDLERS if not says(handler.message.type())} == set()


def test_every_message_is_described_with_the_body_that_it_has() -> None:
    for example in EXAMPLES:
        described = DOCUMENT["components"]["messages"][type(example).__name__]
        assert described["name"] == example.type()
        payload = resolve(described["payload"]["$ref"])
        Draft7Validator({**payload, "components": DOCUMENT["components"]}).validate(
            json.loads(msgspec.json.encode(example))
        )


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.type())
def test_the_correlation_id_is_the_subject(example: Any) -> None:
    described = DOCUMENT["components"]["messages"][type(example).__name__]
    location = resolve(described["correlationId"]["$ref"])["location"]
    body = json.loads(msgspec.json.encode(example))
    assert body[location.removeprefix("$message.payload#/")] == str(example.subject)


def test_every_queue_is_there_with_its_bindings_and_arguments() -> None:
    stands = fleet_topology()
    assert set(CHANNELS) == {queue.name for queue in stands.queues} | {kind.type() for kind in every_type()}
    for queue in stands.queues:
        channel = CHANNELS[queue.name]
        assert channel["bindings"]["amqp"]["queue"]["name"] == queue.name == channel["address"]
        assert channel["x-arguments"] == dict(queue.arguments)
        bound = {(each["exchange"], each["routingKey"]) for each in channel["x-bindings"]}
        assert bound == {(each.exchange, each.key) for each in stands.bindings if each.queue == queue.name}


def test_exchanges_and_policies_are_those_that_are_declared() -> None:
    stands = fleet_topology()
    assert {(each["name"], each["type"]) for each in DOCUMENT["x-exchanges"]} == {
        (each.name, each.kind) for each in stands.exchanges
    }
    assert {each["name"] for each in DOCUMENT["x-policies"]} == {each.name for each in stands.policies}


def test_each_handler_hears_from_its_queue_and_may_say_what_its_types_allow() -> None:
    hears = {name: each for name, each in OPERATIONS.items() if each["action"] == "receive"}
    assert len(hears) == len(HANDLERS)
    for room, handler in HANDLERS:
        operation = hears[f"{room.schema}.hears.{handler.message.type()}"]
        assert operation["channel"]["$ref"] == f"#/channels/{handler.queue}"
        assert set(operation["x-may-say"]) == {message.type() for message in handler.may_announce}
        for message in handler.may_announce:
            assert room.schema in says(message.type())


def test_what_timers_say_is_told_with_the_timer() -> None:
    assert "dispatch, every 0.25 s" in OPERATIONS["shipping.says.order.shipped"]["summary"]


def test_only_what_somebody_hears_must_reach_a_queue() -> None:
    heard = fleet_topology().heard
    for name, operation in OPERATIONS.items():
        _, speaks, type_ = name.partition(".says.")
        if speaks:
            assert operation["bindings"]["amqp"]["mandatory"] == (type_ in heard), name


def test_rungs_carry_what_is_tried_again_there() -> None:
    for rung in LADDER:
        climbing = {handler.message.__name__ for _, handler in HANDLERS if rung in handler.ladder}
        assert set(CHANNELS[rung.name]["messages"]) == climbing


def test_the_exchanges_that_prose_names_exist() -> None:
    assert {EVENTS, WORK, DEAD} <= {each["name"] for each in DOCUMENT["x-exchanges"]}
    assert EVENTS in DOCUMENT["info"]["description"]


@pytest.mark.parametrize("end", ["", "/shop"])
def test_every_node_of_a_cluster_is_named_and_no_password(end: str) -> None:
    urls = ",".join(f"amqp://somebody:secret@{node}:5672{end}" for node in ("one", "two"))
    told = document(Settings(amqp_url=urls), [GATEWAY], version="1.2.3")
    assert [server["host"] for server in told["servers"].values()] == ["one:5672", "two:5672"]
    written = msgspec.json.encode(told)
    assert b"secret" not in written
    assert not [*Draft7Validator(SCHEMA).iter_errors(json.loads(written))]
