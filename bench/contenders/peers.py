"""The peers, with the processes and the prefetch that served them best on two cores; ``bench tune`` tries others."""

from collections.abc import Mapping, Sequence

from bench.contenders.base import Contender, python
from bench.programs import Program


class Peer(Contender):
    """A door and workers that each hear every queue, as both frameworks run an application."""

    workers: int
    prefetch: int
    doors: int = 1

    def prepare(self) -> None:
        """Do nothing: both frameworks declare what they need."""

    def _environment(self) -> Mapping[str, str]:
        return {
            "BENCH_AMQP_URL": self.place.amqp_url,
            "BENCH_DATABASE_URL": self.place.database_url.replace("postgresql://", "postgresql+psycopg://"),
            "BENCH_PREFETCH": str(self.load.scale.get(f"{self.name}.prefetch", self.prefetch)),
        }

    def _door(self, app: str) -> Program:
        doors = self.load.scale.get(f"{self.name}.door", self.doors)
        words = ("-m", "uvicorn", app, "--host", "127.0.0.1", "--port", str(self.port), "--workers", str(doors))
        command = python(*words, "--no-access-log")
        return Program(name="door", kind="gateway", command=command, environment=self._environment())

    @property
    def _workers(self) -> int:
        return self.load.scale.get(self.name, self.workers)


class FastStream(Peer):
    """FastStream, SQLAlchemy and psycopg, asynchronous; its door is FastAPI with FastStream's router."""

    name = "faststream"
    workers = 2
    prefetch = 10

    def parts(self) -> Sequence[Program]:
        """Return workers and door."""
        words = ("-m", "faststream", "run", "bench.peers.with_faststream.app:app", "--workers", str(self._workers))
        command = python(*words, "--log-level", "warning")
        workers = Program(name="workers", kind="workers", command=command, environment=self._environment(), worker=True)
        return (workers, self._door("bench.peers.with_faststream.door:app"))


class Celery(Peer):
    """Celery, SQLAlchemy and psycopg; its door is FastAPI."""

    name = "celery"
    workers = 4
    prefetch = 4

    def parts(self) -> Sequence[Program]:
        """Return workers and door."""
        words = ("-m", "celery", "-A", "bench.peers.with_celery.app", "worker", "--concurrency", str(self._workers))
        command = python(*words, "--loglevel", "WARNING", "--without-gossip", "--without-mingle")
        workers = Program(name="workers", kind="workers", command=command, environment=self._environment(), worker=True)
        return (workers, self._door("bench.peers.with_celery.door:app"))
