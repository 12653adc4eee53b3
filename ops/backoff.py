"""How long to wait before something that died is started again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubles from ``first`` to ``most`` seconds; a run of ``steady`` seconds makes up for every death before it."""

    first: float = 0.5
    most: float = 30.0
    steady: float = 30.0

    def delay(self, deaths: int) -> float:
        """Return how long to wait after so many deaths in a row."""
        return float(min(self.most, self.first * 2 ** min(deaths - 1, 32)))

    def deaths(self, before: int, ran: float) -> int:
        """Count one more death, after a run of ``ran`` seconds."""
        return 1 if ran >= self.steady else before + 1
