from tests.integration.gateway.door import Door


async def test_the_messages_are_described(door: Door) -> None:
    document = await door.get("/asyncapi.json")
    assert document["asyncapi"] == "3.0.0"
    assert "Stock_OrderCreated" in document["channels"]
    assert document["operations"]["gateway.says.order.created"]["action"] == "send"


async def test_it_is_the_same_every_time(door: Door) -> None:
    assert await door.get("/asyncapi.json") == await door.get("/asyncapi.json")
