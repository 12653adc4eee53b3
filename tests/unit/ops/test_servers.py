import json
from pathlib import Path

import pytest

from ops import places
from ops.errors import OpsError
from ops.local import compose, install
from ops.local.ports import Port, free_port
from ops.local.settings import LocalPorts
from ops.servers import provide

DOCKER = """#!/bin/sh
echo "$*" >> "{place}/calls"
case "$*" in
    *" ps "*) cat "{place}/running" ;;
    *" up "*) exit {up} ;;
esac
"""
BOTH = {"ORDERFLEET_AMQP_URL": "amqp://elsewhere/", "ORDERFLEET_DATABASE_URL": "postgresql://elsewhere/orders"}


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def ports() -> LocalPorts:
    return LocalPorts(amqp_port=free_port(), management_port=free_port(), postgres_port=free_port())


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with a compose file and an engine that does as it is told."""
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    (tmp_path / "running").write_text("")
    monkeypatch.setattr(places, "root", lambda: tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    engine(tmp_path)
    return tmp_path


def engine(place: Path, up: int = 0) -> None:
    (place / "docker").write_text(DOCKER.format(place=place, up=up))
    (place / "docker").chmod(0o755)


def calls(clone: Path) -> list[str]:
    words = (clone / "calls").read_text().splitlines()
    return [word.partition("compose.yaml ")[2] for word in words if "compose.yaml" in word]


def test_urls_from_the_environment_come_first(clone: Path, ports: LocalPorts, said: list[str]) -> None:
    servers = provide(ports, said.append, environ=BOTH)
    assert (servers.kind, servers.started) == ("environment", ())
    assert said == [f"{name} names a server: using it" for name in BOTH]
    assert not (clone / "calls").exists()


def test_a_port_that_others_will_want_is_looked_at_whatever_is_taken(ports: LocalPorts, said: list[str]) -> None:
    with pytest.raises(OpsError, match="for the gateway, is in use"):
        provide(ports, said.append, also=[Port(1, "gateway", "X", "192.0.2.1")], environ=BOTH)


def test_an_engine_that_answers_comes_next(clone: Path, ports: LocalPorts, said: list[str]) -> None:
    servers = provide(ports, said.append, environ={})
    assert (servers.kind, servers.started) == ("compose", ("rabbitmq", "postgres"))
    assert calls(clone)[-1] == "up -d --wait rabbitmq postgres"
    servers.stop()
    assert calls(clone)[-1] == "rm --stop --force rabbitmq postgres"


def test_only_what_the_environment_does_not_name_is_started(clone: Path, ports: LocalPorts, said: list[str]) -> None:
    servers = provide(ports, said.append, environ={"ORDERFLEET_DATABASE_URL": "postgresql://elsewhere/orders"})
    assert servers.started == ("rabbitmq",)
    assert calls(clone)[-1] == "up -d --wait rabbitmq"


def test_a_service_that_ran_before_is_not_ours_to_stop(clone: Path, ports: LocalPorts, said: list[str]) -> None:
    (clone / "running").write_text(json.dumps({"Service": "postgres"}) + "\n")
    assert provide(ports, said.append, environ={}).started == ("rabbitmq",)


def test_what_compose_half_started_is_taken_down(clone: Path, ports: LocalPorts, said: list[str]) -> None:
    engine(clone, up=1)
    with pytest.raises(OpsError, match="could not start rabbitmq and postgres"):
        provide(ports, said.append, environ={})
    assert calls(clone)[-1] == "rm --stop --force rabbitmq postgres"


def test_without_a_compose_file_there_is_nothing_to_ask(clone: Path) -> None:
    (clone / "compose.yaml").unlink()
    assert not compose.answers(clone)


def test_without_apt_a_person_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        OpsError, match=r"^install rabbitmq-server and postgresql \(or Docker with the compose plugin\)"
    ):
        install.install(["rabbitmq", "postgres"])


def test_without_root_the_command_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "apt-get").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(OpsError, match=r"^run `apt-get install postgresql` as root"):
        install.install(["postgres"])
