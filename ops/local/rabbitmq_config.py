"""What a private RabbitMQ is told in files."""

from pathlib import Path

_CONFIG = """\
listeners.tcp.1 = 127.0.0.1:{amqp_port}
management.tcp.ip = 127.0.0.1
management.tcp.port = {management_port}
default_user = orderfleet
default_pass = orderfleet
default_user_tags.administrator = true
disk_free_limit.absolute = 200MB
"""


def write(place: Path, *, amqp_port: int, management_port: int) -> None:
    """Write configuration and plugins; the empty file keeps the machine's own RabbitMQ settings away."""
    for name in ("mnesia", "log"):
        (place / name).mkdir(parents=True, exist_ok=True)
    config = _CONFIG.format(amqp_port=amqp_port, management_port=management_port)
    (place / "rabbitmq.conf").write_text(config)
    (place / "enabled_plugins").write_text("[rabbitmq_management].\n")
    (place / "empty.conf").write_text("")
