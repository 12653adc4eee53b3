import pytest

from ops.local.settings import ADMIN, environment, load, settings
from workers.runtime.settings import SettingsError


def test_without_settings_the_ports_are_those_of_the_local_stack() -> None:
    ports = load({})
    assert (ports.amqp_port, ports.management_port, ports.postgres_port, ports.smtp_port) == (5682, 15682, 5442, 1035)


def test_a_moved_port_moves_the_url() -> None:
    assert settings({"ORDERFLEET_AMQP_PORT": "6000"}).amqp_url == "amqp://orderfleet:orderfleet@127.0.0.1:6000/"


def test_a_url_of_ones_own_stands_above_a_port() -> None:
    given = {"ORDERFLEET_DATABASE_URL": "postgresql://me@elsewhere/mine", "ORDERFLEET_POSTGRES_PORT": "6000"}
    assert settings(given).database_url == "postgresql://me@elsewhere/mine"


def test_an_empty_url_is_none() -> None:
    assert environment({"ORDERFLEET_AMQP_URL": ""})["ORDERFLEET_AMQP_URL"].startswith("amqp://orderfleet:")


def test_an_administrator_is_told_where_mail_is_caught_and_nowhere_else() -> None:
    assert settings({}).admin_email == settings({"ORDERFLEET_SMTP_PORT": "6000"}).admin_email == ADMIN
    assert settings({"ORDERFLEET_SMTP_URL": "smtp://mail.example.com"}).admin_email is None
    assert settings({"ORDERFLEET_ADMIN_EMAIL": "me@example.com"}).admin_email == "me@example.com"


@pytest.mark.parametrize("wrong", ["abc", "0", "65536"])
def test_what_is_no_port_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(SettingsError, match=r"^ORDERFLEET_AMQP_PORT: "):
        load({"ORDERFLEET_AMQP_PORT": wrong})
