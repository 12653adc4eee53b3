import sys

import pytest
from click.testing import CliRunner

from ops.cli import WORDS, cli, main


@pytest.mark.parametrize("word", WORDS)
def test_every_word_explains_itself(word: str) -> None:
    shown = CliRunner().invoke(cli, [word, "--help"])
    assert shown.exit_code == 0
    assert shown.output.startswith(f"Usage: cli {word}")


def test_an_unknown_word_is_refused() -> None:
    assert CliRunner().invoke(cli, ["fly"]).exit_code == 2


def test_a_scale_that_is_none_names_the_rooms() -> None:
    refused = CliRunner().invoke(cli, ["up", "--scale", "stock=many"])
    assert refused.exit_code == 2
    assert "rooms are order, stock, payment, shipping, notification" in refused.output


def test_a_queue_of_another_room_is_refused_by_name() -> None:
    refused = CliRunner().invoke(cli, ["worker", "stock", "--queues", "Order_StockReserved"])
    assert refused.exit_code == 2
    assert "Stock has no queue Order_StockReserved" in refused.output


def test_a_wrong_setting_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("ORDERFLEET_GATEWAY_PORT", "high")
    monkeypatch.setattr(sys, "argv", ["orderfleet", "relay"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == "orderfleet: ORDERFLEET_GATEWAY_PORT: Expected `int`, got `str`\n"
