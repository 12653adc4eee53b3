import re
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
import yaml

from ops.cli import cli
from ops.local.settings import LocalPorts
from workers.fleet import ROOMS
from workers.runtime.settings import PREFIX, Settings, load

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("orderfleet")}
PROCESSES = {name: service for name, service in OURS.items() if name != "setup"}
DEFAULTS = {f"{PREFIX}{name.upper()}": value for name, value in msgspec.structs.asdict(Settings()).items()}


def test_there_is_a_service_for_every_process_of_the_fleet() -> None:
    assert set(PROCESSES) == {"gateway", "relay", "dead", *ROOMS}


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"setup"}))
def test_whatever_keeps_running_has_a_health_check_and_is_started_again(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} < set(service["healthcheck"])
    assert service["restart"] == "unless-stopped"


def test_the_fleet_waits_for_a_set_up_that_has_ended_well() -> None:
    assert all(
        service["depends_on"] == {"setup": {"condition": "service_completed_successfully"}}
        for service in PROCESSES.values()
    )
    setup = SERVICES["setup"]
    assert setup["restart"] == "no"
    assert setup["depends_on"]["rabbitmq"]["condition"] == setup["depends_on"]["postgres"]["condition"]
    assert setup["depends_on"]["rabbitmq"]["condition"] == "service_healthy"


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_exists(name: str) -> None:
    assert set(SERVICES[name].get("depends_on", {})) <= set(SERVICES)


@pytest.mark.parametrize("name", PROCESSES)
def test_commands_are_words_that_the_command_line_takes(name: str) -> None:
    _parse([str(word) for word in PROCESSES[name]["command"]])


def test_the_set_up_migrates_declares_and_seeds_in_this_order() -> None:
    (script,) = SERVICES["setup"]["command"]
    assert SERVICES["setup"]["entrypoint"] == ["sh", "-euc"]  # ends at the first that fails
    words = [line.split() for line in script.split(";")]
    assert [line[0] for line in words] == ["orderfleet"] * 3
    assert [line[1:] for line in words] == [["migrate"], ["topology"], ["seed"]]
    for line in words:
        _parse(line[1:])


@pytest.mark.parametrize("name", OURS)
def test_settings_are_known_and_have_values_that_they_may_have(name: str) -> None:
    given = OURS[name]["environment"]
    assert set(given) <= set(DEFAULTS)
    load({key: str(value) for key, value in given.items() if value is not None})


def test_the_servers_that_are_named_are_services_here() -> None:
    settings = load({key: str(value) for key, value in SERVICES["setup"]["environment"].items() if value is not None})
    urls = (settings.amqp_url, settings.management_url, settings.database_url, settings.smtp_url)
    assert {re.split("[@/]+", url.rpartition(":")[0])[-1] for url in urls} == {"rabbitmq", "postgres", "mailpit"}


def test_names_and_passwords_are_those_of_the_local_stack() -> None:
    rabbitmq, postgres = SERVICES["rabbitmq"]["environment"], SERVICES["postgres"]["environment"]
    assert rabbitmq["RABBITMQ_DEFAULT_USER"] == rabbitmq["RABBITMQ_DEFAULT_PASS"] == "orderfleet"
    assert {value for name, value in postgres.items() if name.startswith("POSTGRES_")} == {"orderfleet"}


def test_ports_are_the_local_stack_s_and_move_with_its_settings() -> None:
    ports = {**DEFAULTS, **{f"{PREFIX}{name.upper()}": port for name, port in _local_ports().items()}}
    found = dict(re.findall(r"\$\{(\w+):-(\d+)\}", TEXT))
    assert found == {name: str(ports[name]) for name in found}
    assert set(found) == {f"{PREFIX}{name}_PORT" for name in ("GATEWAY", "AMQP", "MANAGEMENT", "POSTGRES")}


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_open_to_this_machine_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_can_be_scaled(name: str) -> None:
    assert not {"container_name", "hostname", "ports"} & set(SERVICES[name])


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_is_given_longer_to_stop_than_it_takes_to_drain(name: str) -> None:
    grace = PROCESSES[name]["stop_grace_period"]
    assert int(grace.removesuffix("s")) >= Settings().drain_seconds + 10
    assert "ORDERFLEET_DRAIN_SECONDS" not in PROCESSES[name]["environment"]


@pytest.mark.parametrize("name", PROCESSES)
def test_health_is_asked_for_where_it_is_served(name: str) -> None:
    given = PROCESSES[name]["environment"]
    port = given["ORDERFLEET_GATEWAY_PORT" if name == "gateway" else "ORDERFLEET_HEALTH_PORT"]
    asked = PROCESSES[name]["healthcheck"]["test"]
    assert asked[1] == "python"
    assert f"http://127.0.0.1:{port}/health/ready" in asked[-1]
    compile(asked[-1], "healthcheck", "exec")


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned_and_volumes_are_named(name: str) -> None:
    _, _, tag = SERVICES[name]["image"].partition(":")
    assert tag not in {"", "latest"}
    assert {volume.partition(":")[0] for volume in SERVICES[name].get("volumes", [])} <= set(COMPOSE["volumes"])


def test_the_broker_is_of_a_release_that_the_fleet_knows() -> None:
    assert SERVICES["rabbitmq"]["image"] == "rabbitmq:4.3-management"


def test_one_image_is_built_once_and_never_looked_for_elsewhere() -> None:
    assert {service["image"] for service in OURS.values()} == {"orderfleet:local"}
    assert [name for name, service in SERVICES.items() if "build" in service] == ["setup"]
    assert {service["pull_policy"] for service in OURS.values()} == {"never"}


def test_up_finds_the_servers_that_it_takes_from_here() -> None:
    assert {"rabbitmq", "postgres"} <= set(SERVICES)
    assert not any("depends_on" in SERVICES[name] for name in ("rabbitmq", "postgres"))


def _parse(words: list[str]) -> None:
    """Parse a command line as the command would, and run nothing."""
    command = cli.get_command(click.Context(cli), words[0])
    assert command is not None
    command.make_context(words[0], words[1:])


def _local_ports() -> dict[str, Any]:
    return msgspec.structs.asdict(LocalPorts())
