"""Reading the sequence diagrams of the documentation: as much of Mermaid's grammar as they use, and no more."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

BLOCK = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ACTOR = re.compile(r"(?:actor|participant) (\w+)")
_ARROW = re.compile(r"(\w+)(->>|-->>|-\))(\w+): (\S.*)")
_NOTE = re.compile(r"Note over (\w+(?:, ?\w+)*): \S.*")
_OPENS = re.compile(r"(?:alt|opt|loop|par) \S.*")
_GOES_ON = re.compile(r"(?:else|and) \S.*")


class Unreadable(ValueError):  # noqa: N818 - says what the line is
    """A line that is no part of a sequence diagram, or does not belong where it stands."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """Something that goes from one to another; ``-->>`` is an answer, ``-)`` is sent to whom it may concern."""

    source: str
    kind: str
    target: str
    text: Sequence[str]


@dataclass(slots=True)
class Diagram:
    """Who takes part, and what goes to and fro, from top to bottom."""

    actors: list[str] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    _open: int = 0

    def _read(self, line: str) -> None:
        if found := _ACTOR.fullmatch(line):
            self.actors.append(found[1])
        elif found := _ARROW.fullmatch(line):
            self._require(found[1], found[3])
            self.arrows.append(Arrow(found[1], found[2], found[3], found[4].split("<br/>")))
        elif found := _NOTE.fullmatch(line):
            self._require(*found[1].replace(" ", "").split(","))
        elif _OPENS.fullmatch(line):
            self._open += 1
        elif line == "end" and self._open:
            self._open -= 1
        elif not (_GOES_ON.fullmatch(line) and self._open):
            raise Unreadable(line)

    def _require(self, *actors: str) -> None:
        if strangers := set(actors) - set(self.actors):
            raise Unreadable(f"nobody said who takes part: {', '.join(sorted(strangers))}")


def diagrams(page: str) -> list[Diagram]:
    """Read every diagram of a page."""
    return [read(block.splitlines()) for block in BLOCK.findall(page)]


def read(lines: Iterable[str]) -> Diagram:
    """Read one diagram.

    Raises:
        Unreadable: when a line is not what the diagrams of this project are made of.
    """
    first, *rest = [line.strip() for line in lines if line.strip()]
    if first != "sequenceDiagram":
        raise Unreadable(first)
    diagram = Diagram()
    for line in rest:
        diagram._read(line)
    if diagram._open:
        raise Unreadable("something is not ended")
    return diagram
