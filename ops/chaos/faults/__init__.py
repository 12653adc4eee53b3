"""Everything that can go wrong: the one visible list."""

from collections.abc import Sequence

from ops.chaos.faults import broker, cluster, copies, database, furniture, outside, processes
from ops.chaos.faults.fault import Fault

FAULTS: Sequence[Fault] = (
    broker.COMMITTED,  # the most telling comes first
    *processes.KILLS,
    *processes.ENDS,
    processes.FREEZE,
    processes.ROLLING,
    broker.KILL,
    broker.FREEZE,
    broker.RESTART,
    broker.CONNECTIONS,
    broker.MEMORY,
    database.KILL,
    database.FREEZE,
    database.RESTART,
    furniture.QUEUE,
    furniture.BINDING,
    furniture.POLICIES,
    copies.DUPLICATED,
    copies.DELAYED,
    outside.PROVIDER,
    outside.SMTP,
    outside.SMTP_FROZEN,
)
OF_A_CLUSTER: Sequence[Fault] = (cluster.LEADER, cluster.FREEZE, cluster.PARTITION)
"""What only several nodes can go through."""

__all__ = ["FAULTS", "OF_A_CLUSTER", "Fault"]
