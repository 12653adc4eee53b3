"""Three brokers of our own that are one cluster, on the local interface: they can be killed, frozen and parted."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Literal
from uuid import uuid4

from ops.errors import OpsError
from ops.local.epmd import Names
from ops.local.membership import Membership
from ops.local.ports import free_port
from ops.local.process import wait_until
from ops.local.rabbitmq import RabbitMQ

SIZE = 3
_FORM_SECONDS = 90
_PART = "[begin true = erlang:set_cookie(N, parted), erlang:disconnect_node(N) end || N <- [{peers}]]."
_REJOIN = "[true = erlang:set_cookie(N, '{cookie}') || N <- [{peers}]]."
_RUNNING = "length(rabbit_nodes:all_running())."
_RUNNING_BEFORE_4 = "length(rabbit_mnesia:cluster_nodes(running))."


class Cluster:
    """A cluster below ``directory``; quorum queues have a member on each node."""

    def __init__(self, directory: Path, *, release: Literal["3", "4"] = "3") -> None:
        self._directory = directory.absolute()
        self._names = Names(self._directory)
        self._names_port = free_port()
        self._release = release
        self._cookie = uuid4().hex.upper()
        mark = sha256(str(self._directory).encode()).hexdigest()[:6]
        self._members = [f"n{number}-{mark}@localhost" for number in range(1, SIZE + 1)]
        self.nodes = [self._node(member) for member in self._members]

    @property
    def amqp_url(self) -> str:
        """Every node's URL, with commas between them."""
        return ",".join(node.amqp_url for node in self.nodes)

    @property
    def management_url(self) -> str:
        """The management API of the first node that runs."""
        return next((node.management_url for node in self.nodes if node.pid), self.nodes[0].management_url)

    @property
    def pid(self) -> int | None:
        """The process of a node, if one runs."""
        return next((node.pid for node in self.nodes if node.pid), None)

    def start(self) -> None:
        """Start every node that does not run, and wait until they are one.

        Raises:
            OpsError: when they do not come up, or not together.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        if not self._names.is_running:
            self._names.start(self.nodes[0].command("epmd"), self._names_port, _plain(self._names_port))
        _at_once([node.start for node in self.nodes])
        if not wait_until(lambda: all(self.sees(node) == SIZE for node in self.nodes), _FORM_SECONDS):
            raise OpsError(f"the brokers below {self._directory} did not become one cluster")

    def stop(self) -> None:
        """Stop every node in good order, and the name server that they share."""
        _at_once([node.stop for node in self.nodes])
        self._names.stop()

    def kill(self) -> None:
        """End every node as a power cut would."""
        _at_once([node.kill for node in self.nodes])

    def erase(self) -> None:
        """Stop the cluster and delete its data."""
        self.stop()
        for node in self.nodes:
            node.erase()
        shutil.rmtree(self._directory, ignore_errors=True)

    def ctl(self, *arguments: str) -> str:
        """Run ``rabbitmqctl`` against a node that runs."""
        return next(node for node in self.nodes if node.pid).ctl(*arguments)

    def part(self, node: RabbitMQ) -> None:
        """Let a node and the others not talk to each other any more: it believes nobody who has the old secret."""
        node.ctl("eval", _PART.format(peers=self._peers(node)))

    def rejoin(self, node: RabbitMQ) -> None:
        """End what ``part`` began."""
        node.ctl("eval", _REJOIN.format(peers=self._peers(node), cookie=self._cookie))

    def sees(self, node: RabbitMQ) -> int:
        """Return how many nodes of the cluster one of them says are running; 0 when it does not even answer."""
        try:
            return int(
                node.ctl("eval", _RUNNING_BEFORE_4 if self._release == "3" else "length(rabbit_nodes:list_running()).")
            )
        except (OpsError, ValueError):
            return 0

    def leader_of(self, queue: str, vhost: str = "/") -> RabbitMQ:
        """Return the node that leads a quorum queue.

        Raises:
            OpsError: when there is no such queue.
        """
        for line in self.ctl("list_queues", "--quiet", "--vhost", vhost, "name", "leader").splitlines():
            name, _, leader = line.partition("\t")
            if name == queue:
                return self.nodes[self._members.index(leader.strip())]
        raise OpsError(f"no queue {queue} in the cluster below {self._directory}")

    def _peers(self, node: RabbitMQ) -> str:
        return ", ".join(f"'{member}'" for member in self._members if member != node.node)

    def _node(self, member: str) -> RabbitMQ:
        membership = Membership(member, tuple(self._members), self._cookie, self._names_port, free_port())
        return RabbitMQ(
            self._directory / member.partition("-")[0],
            amqp_port=free_port(),
            management_port=free_port(),
            release=self._release,
            membership=membership,
        )


def _at_once(calls: list[Callable[[], None]]) -> None:
    with ThreadPoolExecutor(len(calls)) as threads:
        errors = [done.exception() for done in [threads.submit(call) for call in calls]]
    if failed := [error for error in errors if error]:
        raise OpsError("; ".join(str(error) for error in failed)) from failed[0]


def _plain(names_port: int) -> dict[str, str]:
    return {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "ERL_EPMD_PORT": str(names_port)}
