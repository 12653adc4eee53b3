"""``self.total += await f()`` reads the total before it waits, and writes what is stale by then.

What only one call can see may be added to: nobody else changes it meanwhile.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[3]
SOURCES = [path for name in ("gateway", "messages", "ops", "workers") for path in (ROOT / name).rglob("*.py")]


def updates_across_a_wait(source: str) -> list[int]:
    tree = ast.parse(source)
    shared = {name for node in ast.walk(tree) if isinstance(node, ast.Nonlocal | ast.Global) for name in node.names}
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.AugAssign)
        and (not isinstance(node.target, ast.Name) or node.target.id in shared)
        and any(isinstance(part, ast.Await) for part in ast.walk(node.value))
    ]


def test_nobody_adds_to_what_may_change_meanwhile() -> None:
    assert SOURCES
    found = {str(path.relative_to(ROOT)): updates_across_a_wait(path.read_text()) for path in SOURCES}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_it_would_be_found() -> None:
    assert updates_across_a_wait("async def f():\n    self.total += 1 + await g()\n") == [2]
    assert updates_across_a_wait("async def f():\n    nonlocal total\n    total += await g()\n") == [3]
    assert updates_across_a_wait("async def f():\n    total = 0\n    total += await g()\n") == []
