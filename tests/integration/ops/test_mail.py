import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from ops.local.ports import answers, free_port
from ops.local.process import wait_until

ROOT = Path(__file__).parents[3]
CATCH = """
import asyncio, pathlib, sys
from ops.mail import catch
asyncio.run(catch(pathlib.Path(sys.argv[1]), int(sys.argv[2])))
"""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    catcher = subprocess.Popen([sys.executable, "-c", CATCH, str(tmp_path), str(port)], env=environment)
    assert wait_until(lambda: answers(port), 20)
    yield port
    catcher.send_signal(signal.SIGTERM)
    assert catcher.wait(10) == 0


def test_a_mail_becomes_a_file_that_reads_as_it_was_sent(tmp_path: Path, port: int) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@orderfleet.example", "b@orderfleet.example", "Grüße"
    mail.set_content("Your order is on its way.\n")
    asyncio.run(aiosmtplib.send(mail, hostname="127.0.0.1", port=port))
    (kept,) = tmp_path.glob("*.eml")
    found = message_from_bytes(kept.read_bytes())
    assert found["To"] == "b@orderfleet.example"
    assert found.get_payload() == "Your order is on its way.\r\n"
