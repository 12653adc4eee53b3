"""Who is measured: each one's programs, and how orders reach it."""

from collections.abc import Mapping

from bench.contenders.base import Contender
from bench.contenders.infrastructure import Infrastructure
from bench.contenders.orderfleet import Orderfleet
from bench.contenders.peers import Celery, FastStream

CONTENDERS: Mapping[str, type[Contender]] = {
    "orderfleet": Orderfleet,
    "faststream": FastStream,
    "celery": Celery,
    "infrastructure": Infrastructure,
}
