from uuid import uuid4

import pytest

from tests.integration.gateway.door import Door, problem


async def test_a_user_is_registered_and_shown_again(door: Door) -> None:
    user = await door.user(name="Zoë 🫖", email="Zoe@example.com", phone="+49 30 1234567")
    assert (user["name"], user["email"], user["phone"]) == ("Zoë 🫖", "Zoe@example.com", "+49 30 1234567")
    assert await door.get(f"/users/{user['id']}") == user
    assert (await door.get("/users"))["items"] == [user]


async def test_an_address_belongs_to_one_user_whatever_its_case(door: Door) -> None:
    await door.user(email="ada@example.com")
    answer = await door.http.post("/users", json={"name": "Ada", "email": "ADA@example.com"})
    assert list(problem(answer, 409)) == ["/email"]
    assert len((await door.get("/users"))["items"]) == 1


async def test_a_bad_address_is_refused(door: Door, subtests: pytest.Subtests) -> None:
    for email in ["", "ada", "ada@", "@example.com", "a b@example.com", "ada@example.com\nBcc: x@y.z"]:
        with subtests.test(repr(email)):
            answer = await door.http.post("/users", json={"name": "Ada", "email": email})
            assert problem(answer, 400) == {"/email": "Expected an email address"}


async def test_a_name_is_needed(door: Door) -> None:
    assert list(problem(await door.http.post("/users", json={"email": "a@b.cd"}), 400)) == ["/name"]
    assert list(problem(await door.http.post("/users", json={"email": "a@b.cd", "name": " "}), 400)) == ["/name"]


async def test_an_unknown_user_is_404_and_a_malformed_id_400(door: Door) -> None:
    assert problem(await door.http.get(f"/users/{uuid4()}"), 404) == {}
    assert problem(await door.http.get("/users/ada"), 400) == {"/id": "Invalid UUID"}
