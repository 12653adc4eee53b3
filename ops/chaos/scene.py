"""What a fault has at hand: the stack, and the tap that heard what was said."""

import msgspec

from ops.chaos.stage import Stage
from ops.chaos.tap import Tap


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """The stack under fire."""

    stage: Stage
    tap: Tap
