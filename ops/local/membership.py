"""What makes a private broker one node of a cluster."""

from dataclasses import dataclass
from pathlib import Path

_CONFIG = """\
cluster_partition_handling = pause_minority
cluster_formation.peer_discovery_backend = classic_config
cluster_formation.target_cluster_size_hint = {size}
{peers}
"""


@dataclass(frozen=True, slots=True)
class Membership:
    """A node's name, its peers, the secret they share, and the ports on which they find and talk to each other."""

    node: str
    nodes: tuple[str, ...]
    cookie: str
    names_port: int
    distribution_port: int

    def write(self, place: Path) -> None:
        """Add to what the broker is told in files below ``place``, which is its home."""
        peers = "\n".join(
            f"cluster_formation.classic_config.nodes.{number} = {node}" for number, node in enumerate(self.nodes, 1)
        )
        with (place / "rabbitmq.conf").open("a") as config:
            config.write(_CONFIG.format(size=len(self.nodes), peers=peers))
        cookie = place / ".erlang.cookie"
        if not cookie.exists():
            cookie.write_text(self.cookie)
            cookie.chmod(0o400)
