"""The documentation names what there is: every endpoint, every message, every queue, and who says what to whom."""

import re
from pathlib import Path

import pytest

from gateway.app import create_app
from gateway.asyncapi import GATEWAY
from ops.asyncapi import Speaker
from tests.contracts.language import every_type
from tests.support.sequence import Arrow, Unreadable, diagrams, read
from workers.fleet import ROOMS
from workers.runtime.settings import PREFIX, Settings

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = {path.relative_to(DOCS).as_posix(): path.read_text() for path in sorted(DOCS.rglob("*.md"))}
FLOWS = {name: page for name, page in PAGES.items() if name.startswith("flows/")}
SPEAKERS = {speaker.name: speaker for speaker in (GATEWAY, *(Speaker.of(room) for room in ROOMS.values()))}
ARROWS = [arrow for page in FLOWS.values() for diagram in diagrams(page) for arrow in diagram.arrows]
TYPES = {kind.type(): kind for kind in every_type()}
QUEUES = {queue: handler.message.type() for room in ROOMS.values() for queue, handler in room.handlers.items()}
EXAMPLES = {"Loyalty_OrderDelivered"}
"""What the how-tos make up."""
CALL = re.compile(r"\b(GET|POST|PUT|DELETE) (/[a-z{}/.-]+)")
SETTINGS = {f"{PREFIX}{name.upper()}" for name in Settings.__struct_fields__}


def calls() -> set[tuple[str, str]]:
    """Every call that the gateway takes, by method and path as documents write it."""
    routes = create_app(Settings()).routes
    return {
        (method, re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path))
        for route in routes
        for method in getattr(route, "methods", ())
    }


@pytest.mark.parametrize("page", FLOWS)
def test_calls_are_taken(page: str) -> None:
    named = set(CALL.findall(FLOWS[page]))
    assert named
    assert named <= calls()


@pytest.mark.parametrize("page", FLOWS)
def test_messages_are_said(page: str) -> None:
    speakers = "|".join(sorted({type_.partition(".")[0] for type_ in TYPES}))
    assert set(re.findall(rf"\b(?:{speakers})\.[a-z_]+\b(?!\.|\()", _without_links(FLOWS[page]))) <= set(TYPES)


@pytest.mark.parametrize("page", PAGES)
def test_queues_exist(page: str) -> None:
    named = set(re.findall(r"\b[A-Z][a-z]+_[A-Z][A-Za-z]+\b", PAGES[page]))
    assert named - EXAMPLES <= set(QUEUES)


@pytest.mark.parametrize("page", PAGES)
def test_settings_exist(page: str) -> None:
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+[A-Z]\b", PAGES[page]))
    assert named <= SETTINGS


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#]+)", PAGES[page])
    assert all(((DOCS / page).parent / link).exists() for link in links if "://" not in link)


def test_the_index_has_every_page() -> None:
    assert set(PAGES) - {"README.md"} == set(re.findall(r"\]\(([^).]+\.md)\)", PAGES["README.md"]))


def test_the_flows_show_every_queue_and_every_message() -> None:
    words = {word for arrow in ARROWS for word in arrow.text}
    assert set(QUEUES) <= words
    assert set(TYPES) <= words


@pytest.mark.parametrize("arrow", ARROWS, ids=lambda arrow: " ".join((arrow.source, arrow.target, *arrow.text)))
def test_an_arrow_is_what_its_ends_say_and_hear(arrow: Arrow) -> None:
    match arrow.text:
        case [type_, queue]:
            assert arrow.kind == "->>"
            assert TYPES[type_] in SPEAKERS[arrow.source].says
            assert QUEUES[queue] == type_
            assert queue in SPEAKERS[arrow.target].hears
        case [type_] if type_ in TYPES:
            assert (arrow.kind, arrow.target) == ("-)", "subscriber")
            assert TYPES[type_] in SPEAKERS[arrow.source].says
        case [call] if arrow.target == "gateway":
            assert CALL.fullmatch(call)
        case [_]:
            assert arrow.target in {"customer", "admin"}
            assert arrow.source in SPEAKERS


@pytest.mark.parametrize(
    "lines",
    [
        ["flowchart LR"],
        ["sequenceDiagram", "actor ada", "ada->>bob: hello"],
        ["sequenceDiagram", "actor ada", "ada->>ada:"],
        ["sequenceDiagram", "actor ada", "ada -> ada: hello"],
        ["sequenceDiagram", "actor ada", "alt it rains"],
        ["sequenceDiagram", "actor ada", "end"],
        ["sequenceDiagram", "actor ada", "else it does not"],
        ["sequenceDiagram", "Note over ada: thinks"],
        ["sequenceDiagram", "participants ada"],
    ],
)
def test_what_is_no_diagram_is_noticed(lines: list[str]) -> None:
    with pytest.raises(Unreadable):
        read(lines)


def _without_links(page: str) -> str:
    return re.sub(r"\]\([^)]+\)|\[[^\]]+\.md\]", "", page)
