from email import message_from_bytes
from email.policy import default

import pytest
from msgspec.structs import replace
from uuid_utils.compat import uuid7

from workers.notification.errands import Mail
from workers.notification.letter import sender, write

MAIL = Mail(
    subject=uuid7(),
    key="order_failed.email.1",
    name="Zoë Ångström",
    address="zoe@example.com",
    title="Grüße",
    text="Hallo Zoë\n",
    html="<p>Hallo Zoë</p>\n",
    tried_for=0,
    leave_by=0,
)
FROM = sender("Orderfleet <orders@orderfleet.example>")


def test_a_letter_survives_the_wire() -> None:
    read = message_from_bytes(write(MAIL, FROM).as_bytes(), policy=default)
    assert read["From"] == "Orderfleet <orders@orderfleet.example>"
    assert read["To"] == "Zoë Ångström <zoe@example.com>"
    assert read["Subject"] == "Grüße"
    assert read["Message-ID"] == "<order_failed.email.1@orderfleet.example>"
    assert [part.get_content_type() for part in read.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    plain, html = read.get_body(("plain",)), read.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == ["Hallo Zoë"]
    assert html.get_content().splitlines() == ["<p>Hallo Zoë</p>"]


def test_nothing_that_is_written_becomes_a_header() -> None:
    evil = replace(MAIL, name="Eve\r\nBcc: all@example.com", title="Hi\nX-Evil: 1")
    head, _, _ = write(evil, FROM).as_bytes().partition(b"\r\n\r\n")
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert b"Bcc" not in names
    assert b"X-Evil" not in names


@pytest.mark.parametrize("address", ["", "nobody", "a b@example.com", "a@b\r\nBcc: c@d"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="is no mail address"):
        write(replace(MAIL, address=address), FROM)
