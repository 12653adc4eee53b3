"""Settings come from the environment, and a wrong one is refused with a sentence that names it."""

import pytest

from workers.runtime.settings import Settings, SettingsError, load


def test_without_an_environment_everything_has_the_local_stacks_default() -> None:
    assert load({}) == Settings()
    assert load({"ORDERFLEET_SMTP_URL": ""}) == Settings()


def test_values_are_read_by_their_type() -> None:
    read = load({"ORDERFLEET_GATEWAY_PORT": "9000", "ORDERFLEET_HANDLING_SECONDS": "0.5", "PATH": "/bin"})
    assert (read.gateway_port, read.handling_seconds) == (9000, 0.5)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("GATEWAY_PORT", "many", "ORDERFLEET_GATEWAY_PORT: Expected `int`, got `str`"),
        ("GATEWAY_PORT", "70000", "ORDERFLEET_GATEWAY_PORT: Expected `int` <= 65535"),
        ("BATCH_SIZE", "0", "ORDERFLEET_BATCH_SIZE: Expected `int` >= 1"),
        ("AMQP_URL", "http://u:secret@h/", "ORDERFLEET_AMQP_URL: Expected `str` matching regex"),
        ("HANDLING_SECONDS", "-1", "ORDERFLEET_HANDLING_SECONDS: Expected `float` >= 0"),
        ("ADMIN_EMAIL", "me", "ORDERFLEET_ADMIN_EMAIL: Expected `str` matching regex"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not_told(name: str, value: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load({f"ORDERFLEET_{name}": value})
    assert str(refused.value).startswith(sentence)
    assert "secret" not in str(refused.value)


def test_a_room_can_live_in_a_database_of_its_own() -> None:
    one = Settings(database_url="postgresql://a/x")
    assert one.database_urls() == ("postgresql+psycopg://a/x",)
    two = Settings(database_url="postgresql://a/x", stock_database_url="postgresql+psycopg://b/y")
    assert two.room_database_url("stock") == "postgresql+psycopg://b/y"
    assert two.database_urls() == ("postgresql+psycopg://a/x", "postgresql+psycopg://b/y")


def test_receipts_are_kept_for_as_long_as_letters_may_be_replayed() -> None:
    days = {"ORDERFLEET_RECEIPT_RETENTION_DAYS": "10", "ORDERFLEET_REPLAY_HORIZON_DAYS": "10"}
    assert load(days).receipt_retention_days == 10
    with pytest.raises(SettingsError) as refused:
        load({**days, "ORDERFLEET_REPLAY_HORIZON_DAYS": "10.5"})
    expected = "ORDERFLEET_RECEIPT_RETENTION_DAYS: Expected at least ORDERFLEET_REPLAY_HORIZON_DAYS, 10.5, got 10"
    assert str(refused.value) == expected
