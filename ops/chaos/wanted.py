"""What a run is to be."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

Release = Literal["3", "4"]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is to be: it goes on until there were so many ``faults`` and ``orders``, and ``minutes`` are over."""

    home: Path
    seed: int
    minutes: float = 0
    faults: int = 0
    orders: int = 0
    rate: float = 30
    patience: float = 900
    scale: Mapping[str, int] = msgspec.field(default_factory=dict)
    cluster: bool = False
    release: Release = "3"
    """Which RabbitMQ."""
    keep: bool = False
    """Leave logs and data, also when every promise was kept."""
    kinds: tuple[str, ...] = ()
    """Only faults whose kind contains one of these words."""
