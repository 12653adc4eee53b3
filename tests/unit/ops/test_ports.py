import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.local.ports import Port, answers, free_port, holder, is_free, require_free


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_port_that_somebody_has_is_not_free(taken: int) -> None:
    assert not is_free(taken)
    assert answers(taken)


def test_a_free_port_is_free_and_silent() -> None:
    port = free_port()
    assert is_free(port)
    assert not answers(port)


def test_no_connection_gets_a_free_port_while_its_server_is_down() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert max(free_port() for _ in range(50)) < first


def test_the_holder_is_named(taken: int) -> None:
    assert f"(pid {os.getpid()})" in (holder(taken) or "")


def test_every_taken_port_is_named_with_its_purpose_and_its_setting(taken: int) -> None:
    wanted = [Port(free_port(), "gateway", "ORDERFLEET_GATEWAY_PORT"), Port(taken, "database", "ORDERFLEET_X_PORT")]
    with pytest.raises(OpsError) as raised:
        require_free(wanted)
    sentence = str(raised.value)
    assert sentence.startswith(f"port {taken}, for the database, is in use by ")
    assert "ORDERFLEET_X_PORT" in sentence
    assert "gateway" not in sentence


def test_free_ports_are_no_problem() -> None:
    require_free([Port(free_port(), "gateway", "ORDERFLEET_GATEWAY_PORT")])
