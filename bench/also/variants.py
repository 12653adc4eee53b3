"""The same contender with other numbers: what the peers were tuned by, workers per room, and one hot product."""

from collections.abc import Mapping

from msgspec.structs import replace

from bench.contenders import CONTENDERS
from bench.contenders.base import Load
from bench.measuring import Start
from ops.fleet import WORKERS

Variants = Mapping[str, tuple[Start, Load]]

_PEERS = {
    "faststream": ((1, 10), (2, 1), (2, 4), (2, 10), (2, 50), (3, 10)),
    "celery": ((2, 1), (2, 4), (2, 16), (3, 4), (4, 4), (8, 4)),
}
"""Processes and prefetch that were tried; Celery's prefetch is for each process of its pool."""
_WORKERS = (1, 2, 3)
_WRITERS = 16


def tuning(peer: str, load: Load) -> Variants:
    """Return what a peer was tuned by."""
    return {
        f"{peer}, {processes} processes, prefetch {prefetch}": (
            CONTENDERS[peer],
            replace(load, scale={peer: processes, f"{peer}.prefetch": prefetch}),
        )
        for processes, prefetch in _PEERS[peer]
    }


def processes(load: Load) -> Variants:
    """Return Orderfleet with more and more workers in every room."""
    return {
        f"{count} per room": (CONTENDERS["orderfleet"], replace(load, scale=dict.fromkeys(WORKERS, count)))
        for count in _WORKERS
    }


def hot(load: Load) -> Variants:
    """Return Orderfleet with one product that everybody wants, and with all of them, for one and for many writers."""
    start = CONTENDERS["orderfleet"]
    return {
        f"{products} products, {writers} stock workers": (
            start,
            replace(load, products=products, scale={"stock": writers}),
        )
        for products in (load.products, 1)
        for writers in (1, _WRITERS)
    }
