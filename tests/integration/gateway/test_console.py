"""The console as files: what is served, what may run, and what the modules ask for."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.integration.gateway.door import Door, problem
from workers.order.rules import CANCEL, DISCARD, Status, sources

ASSETS = Path(__file__).parents[3] / "gateway" / "assets" / "console"
MODULES = {path.name: path.read_text() for path in sorted(ASSETS.glob("*.js"))}
PAGE = (ASSETS / "console.html").read_text()
CALL = re.compile(r'"(GET|POST|PUT|DELETE) (/[^"]*)"')
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}


async def test_the_page_is_served_and_needs_nothing_from_afar(door: Door) -> None:
    for path in ("/console", "/console/"):
        page = await door.http.get(path)
        assert page.text == PAGE
        assert page.headers["content-type"].startswith("text/html")
    assert "://" not in PAGE
    wanted = re.findall(r'(?:href|src)="(/console[^"]+)"', PAGE)
    assert len(wanted) == 3
    for path in wanted:
        assert (await door.http.get(path)).status_code == 200


@pytest.mark.parametrize("path", ["/console", "/console/assets/console.js"])
async def test_the_browser_is_told_to_run_nothing_else(door: Door, path: str) -> None:
    headers = (await door.http.get(path)).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert {policy[f"{kind}-src"] for kind in ("script", "style", "img", "connect")} == {"'self'"}
    assert {policy[name] for name in ("base-uri", "form-action", "frame-ancestors", "trusted-types")} == {"'none'"}
    assert policy["require-trusted-types-for"] == "'script'"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", [path.name for path in sorted(ASSETS.iterdir())])
async def test_every_file_is_served_as_what_it_is_and_once(door: Door, name: str) -> None:
    first = await door.http.get(f"/console/assets/{name}")
    assert first.content == (ASSETS / name).read_bytes()
    assert first.headers["content-type"].partition(";")[0] == TYPES[Path(name).suffix]
    assert first.headers["cache-control"] == "no-cache"
    again = await door.http.get(f"/console/assets/{name}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


async def test_the_page_itself_is_not_sent_again(door: Door) -> None:
    etag = (await door.http.get("/console")).headers["etag"]
    again = await door.http.get("/console", headers={"If-None-Match": f'"other", W/{etag}'})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["assets/none.js", "assets/..%2Fdocs.js", "assets/", "assets", "none"])
async def test_what_there_is_not_is_404(door: Door, path: str) -> None:
    problem(await door.http.get(f"/console/{path}"), 404)


def test_modules_import_what_there_is_and_each_is_imported() -> None:
    imported = {name for code in MODULES.values() for name in re.findall(r'from "\./([^"]+)"', code)}
    assert imported == MODULES.keys() - {"console.js"}
    assert not any("http" in source for code in MODULES.values() for source in re.findall(r'from "([^"]+)"', code))


async def test_every_call_is_one_of_the_document(door: Door) -> None:
    document: Any = await door.get("/openapi.json")
    known = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}
    calls = {" ".join(call) for call in CALL.findall(MODULES["api.js"])}
    assert len(calls) > 10
    assert calls <= known


def test_calls_are_made_in_one_place() -> None:
    assert [name for name, code in MODULES.items() if "fetch(" in code] == ["api.js"]
    assert MODULES["api.js"].count("fetch(") == 1
    assert not any(CALL.search(code) for name, code in MODULES.items() if name != "api.js")


@pytest.mark.parametrize(
    "sink", ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "DOMParser", "eval(", "Function(", "srcdoc"]
)
def test_no_module_reads_text_as_html_or_as_code(sink: str) -> None:
    assert [name for name, code in MODULES.items() if sink in code] == []


def test_the_states_are_those_of_orders() -> None:
    tones, cancellable = MODULES["states.js"].split("const CANCELLABLE")
    assert re.findall(r"^  ([A-Z_]+):", tones, re.MULTILINE) == [str(status) for status in Status]
    assert set(re.findall(r'"([A-Z_]+)"', cancellable)) == {*sources(CANCEL), *sources(DISCARD)}
