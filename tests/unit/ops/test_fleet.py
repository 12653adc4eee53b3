from ops.fleet import programs, workers_of
from workers.fleet import ROOMS


def names(*, catches_mail: bool = True, **processes: int) -> list[str]:
    return [program.name for program in programs(processes, catches_mail=catches_mail)]


def test_every_room_that_hears_something_has_a_worker() -> None:
    assert names() == ["mailcatcher", *ROOMS, "dead", "relay", "gateway"]


def test_a_mail_server_elsewhere_needs_no_catcher() -> None:
    assert "mailcatcher" not in names(catches_mail=False)


def test_several_workers_of_a_room_are_numbered() -> None:
    assert [name for name in names(stock=3) if name.startswith("stock")] == ["stock.1", "stock.2", "stock.3"]


def test_what_feeds_starts_after_what_it_feeds() -> None:
    stages = {program.name: program.stage for program in programs({}, catches_mail=True)}
    assert stages["mailcatcher"] < stages["notification"] < stages["relay"] < stages["gateway"]


def test_the_queues_of_a_worker_are_handed_down() -> None:
    (program,) = workers_of("stock", 1, ["--queues", "Stock_OrderCreated"])
    assert program.command[-4:] == ("worker", "stock", "--queues", "Stock_OrderCreated")
