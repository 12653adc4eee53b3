"""Whoever registers can be reached: no name, address or telephone number that the door lets in is refused later."""

from string import ascii_letters, digits

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from gateway.fields import Email, Name, Phone
from workers.notification.errands import Mail
from workers.notification.letter import sender, write
from workers.notification.rules import dialled

_LOCAL = st.text(ascii_letters + digits + "!#$%&'*+/=?^_`{|}~-.", min_size=1, max_size=66)
_DOMAIN = st.text(ascii_letters + digits + "-.", min_size=1, max_size=70)
_ADDRESSES = st.one_of(
    st.builds("{}@{}.example".format, _LOCAL, _DOMAIN),
    st.builds("{}@{}".format, _LOCAL, _DOMAIN),
    st.text(max_size=40),
    st.emails(),
)
_FROM = sender("Orderfleet <orders@orderfleet.example>")


def is_let_in(value: str, kind: object) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def letter(name: str, address: str) -> bytes:
    mail = Mail(
        subject=uuid7(), key="k", name=name, address=address, title="t", text="t", html="t", tried_for=0, leave_by=0
    )
    return write(mail, _FROM).as_bytes()


@given(_ADDRESSES)
def test_a_letter_can_be_written_to_every_address(address: str) -> None:
    assume(is_let_in(address, Email))
    assert address.encode("ascii") in letter("Ada", address).replace(b"\r\n", b"")


@given(st.text(max_size=210))
def test_a_letter_can_be_written_to_every_name(name: str) -> None:
    assume(is_let_in(name, Name))
    assert letter(name, "ada@example.com")


@given(st.from_regex(r"\+?[0-9 ()./-]{1,40}", fullmatch=True))
def test_every_telephone_number_can_be_dialled(phone: str) -> None:
    assume(is_let_in(phone, Phone))
    assert 2 < sum(char.isdigit() for char in phone) < 18
    assert dialled(phone)
