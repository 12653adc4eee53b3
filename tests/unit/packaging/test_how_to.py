"""What the how-tos tell to write is what the code takes."""

import re
import sys
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest

from messages.shipping import OrderDelivered
from workers.payment.provider import Provider
from workers.runtime.room import Room

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to"
PAGES = {path.stem: path.read_text() for path in sorted(HOW_TO.glob("*.md"))}
BLOCK = re.compile(r"^( *)```python\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def blocks(page: str) -> list[str]:
    return [dedent(block) for _, block in BLOCK.findall(PAGES[page])]


def module(name: str, source: str, patch: pytest.MonkeyPatch) -> ModuleType:
    made = ModuleType(name)
    patch.setitem(sys.modules, name, made)
    exec(compile(source, name, "exec"), made.__dict__)
    return made


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_python(page: str) -> None:
    for block in blocks(page):
        if "yield" not in block:  # the middle of a function
            compile(block, page, "exec")


def test_the_room_hears_what_it_says_it_hears(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = {block.partition("\n")[0]: block for block in blocks("room")}
    package = module(
        "workers.loyalty", next(text for line, text in sources.items() if "Loyalty: " in line), monkeypatch
    )
    tables = module("workers.loyalty.tables", sources['"""The loyalty room\'s tables."""'], monkeypatch)
    package.store = module("workers.loyalty.store", sources['"""The loyalty room\'s SQL."""'], monkeypatch)  # type: ignore[attr-defined]
    listens = next(text for line, text in sources.items() if "Loyalty listens" in line)
    room: Room = module("workers.loyalty.handlers", listens, monkeypatch).room
    assert room.listeners == [("Loyalty_OrderDelivered", OrderDelivered.type())]
    assert room.schema == tables.metadata.schema == "loyalty"


def test_the_provider_lacks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made = module("workers.payment.invoice", blocks("payment-provider")[0], monkeypatch)
    assert isinstance(made.InvoiceProvider(), Provider)
