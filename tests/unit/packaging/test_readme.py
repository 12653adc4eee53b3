import re
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from gateway.app import create_app
from messages.post.topology import topology
from ops import seed
from ops.cli import cli
from ops.local.settings import LocalPorts
from workers.fleet import ROOMS, fleet_topology
from workers.payment.simulated import TOKENS
from workers.runtime.settings import PREFIX, Settings

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
PAGES = {name: (ROOT / name).read_text() for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")}
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)
SHELL = [line.partition("#")[0].strip() for kind, block in BLOCKS if kind == "sh" for line in block.splitlines()]
ROWS = re.findall(r"^\| `(ORDERFLEET_[A-Z_]+)` \| (.*?) \|", README, re.MULTILINE)
JOURNEY = next(block for kind, block in BLOCKS if kind == "mermaid")
SETTINGS: dict[str, Any] = {
    f"{PREFIX}{name.upper()}": value
    for struct in (Settings(), LocalPorts())
    for name, value in msgspec.structs.asdict(struct).items()
}


def test_the_picture_shows_every_queue_and_no_other() -> None:
    queues = {queue for room in ROOMS.values() for queue, _ in room.listeners}
    assert set(re.findall(r"\b[A-Z][a-z]+_[A-Z][A-Za-z]+\b", JOURNEY)) == queues


def test_the_picture_shows_every_message() -> None:
    assert set(re.findall(r"\b(?:order|stock|payment|shipping|user)\.[a-z_]+", JOURNEY)) == fleet_topology().heard


def test_exchanges_and_queues_of_the_text_stand_in_the_broker() -> None:
    stands = fleet_topology()
    known = {exchange.name for exchange in stands.exchanges} | {queue.name for queue in stands.queues}
    named = set(re.findall(r"(?<!@)\b(?:orderfleet\.[a-z]+|retry\.\w+|\w+\.dead)\b", README))
    assert named <= known
    assert {queue.name for queue in topology(()).queues} <= named


def test_commands_are_words_that_the_command_line_takes() -> None:
    lines = [line.split()[1:] for line in SHELL if line.startswith(".venv/bin/orderfleet")]
    assert lines
    for word, *rest in lines:
        command = cli.get_command(click.Context(cli), word)
        assert command is not None
        command.make_context(word, rest)


def test_make_knows_what_is_made() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    made = {word for page in PAGES.values() for word in re.findall(r"(?:^|`)make ([a-z]+)", page, re.MULTILINE)}
    assert {"up", "down", "demo", "test"} <= made <= targets


def test_the_example_orders_what_is_there() -> None:
    assert set(re.findall(r"01900000-[0-9a-f-]+", README)) <= {str(seed.USER), *map(str, seed.PRODUCTS)}
    assert f'"userId": "{seed.USER}"' in README


def test_paths_are_served() -> None:
    served = {route.path for route in create_app(Settings()).routes}
    asked = {path for line in SHELL for path in re.findall(r"127\.0\.0\.1:8080(/[a-z/-]+)", line)}
    assert asked
    assert {path.rstrip("/") for path in asked} <= served


def test_payment_methods_are_the_provider_s() -> None:
    assert set(re.findall(r"`(tok_\w+)`", README)) <= set(TOKENS)


@pytest.mark.parametrize(("name", "default"), ROWS)
def test_settings_exist_and_have_these_defaults(name: str, default: str) -> None:
    assert name in SETTINGS
    if default != "the local stack's":
        assert _plain(SETTINGS[name]) == default.strip("`")


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)]+)\)", PAGES[name])
    assert links
    assert all((ROOT / link).exists() for link in links if "://" not in link)


def test_the_house_is_as_the_map_shows_it() -> None:
    house = next(block for kind, block in BLOCKS if not kind)
    rooms = re.findall(r"^  ((?:\w+/ ?)+)", house, re.MULTILINE)
    assert all((ROOT / top).is_dir() for top in re.findall(r"^(\w+)/", house, re.MULTILINE))
    assert {room for line in rooms for room in line.split()} - {"post/"} <= {
        f"{path.name}/" for path in (ROOT / "workers").iterdir()
    }


def _plain(value: Any) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case _:
            return str(value)
