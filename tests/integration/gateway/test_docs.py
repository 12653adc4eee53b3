import re
from pathlib import Path
from typing import Any

from openapi_spec_validator import validate

from tests.integration.gateway.door import Door

ASSETS = Path(__file__).parents[3] / "gateway" / "assets"


def calls(document: Any) -> dict[str, Any]:
    return {f"{method} {path}": call for path, item in document["paths"].items() for method, call in item.items()}


async def test_the_document_is_valid(door: Door) -> None:
    document = await door.get("/openapi.json")
    assert document["openapi"] == "3.1.0"
    validate(document)


async def test_the_page_needs_nothing_from_afar(door: Door) -> None:
    for path in ("/docs", "/docs/"):
        page = await door.http.get(path)
        assert page.headers["content-type"].startswith("text/html")
        assert "://" not in page.text
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert "unsafe" not in page.headers["content-security-policy"]
    wanted = re.findall(r'(?:href|src)="([^"]+)"', page.text)
    assert len(wanted) == 4
    for path in wanted:
        assert (await door.http.get(path)).status_code == 200
    assert 'url: "/openapi.json"' in (await door.http.get("/docs/assets/docs.js")).text


async def test_an_asset_that_the_browser_has_is_not_sent_again(door: Door) -> None:
    first = await door.http.get("/docs/assets/swagger-ui-bundle.js")
    assert first.headers["content-type"].startswith("text/javascript")
    assert first.headers["x-content-type-options"] == "nosniff"
    assert "max-age" in first.headers["cache-control"]
    again = await door.http.get(
        "/docs/assets/swagger-ui-bundle.js", headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'}
    )
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


def test_what_is_shipped_says_where_it_is_from_and_under_which_licence() -> None:
    readme = (ASSETS / "README.md").read_text()
    (version,) = set(re.findall(r"\d+\.\d+\.\d+", readme))
    assert version in (ASSETS / "swagger-ui" / "swagger-ui-bundle.js").read_text()
    assert "Apache License" in (ASSETS / "swagger-ui" / "LICENSE").read_text()
    assert (ASSETS / "swagger-ui" / "NOTICE").exists()


async def test_every_call_says_what_can_go_wrong(door: Door) -> None:
    known = calls(await door.get("/openapi.json"))
    assert len({call["operationId"] for call in known.values()}) == len(known)
    for name, call in known.items():
        answers = call["responses"]
        assert call["tags"], name
        assert call["summary"], name
        assert "400" in answers, name
        assert "404" in answers or "{id}" not in name, name
        if "requestBody" in call:
            assert {"413", "415"} <= set(answers), name
        for status, answer in answers.items():
            if int(status) >= 400 and (name, status) != ("get /health/ready", "503"):
                assert list(answer["content"]) == ["application/problem+json"], name


CREATE = ["/agents", "/orders", "/payments", "/products", "/reservations", "/users"]


async def test_what_creates_takes_a_key(door: Door) -> None:
    document = await door.get("/openapi.json")
    for path in CREATE:
        call = document["paths"][path]["post"]
        (key,) = [parameter for parameter in call["parameters"] if parameter["in"] == "header"]
        assert (key["name"], key["required"]) == ("Idempotency-Key", False)
        assert {"409", "422"} <= set(call["responses"])
        assert {"Location", "Idempotency-Replayed"} <= set(call["responses"]["201"]["headers"])
