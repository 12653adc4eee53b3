"""A mail as it goes over the wire."""

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime, parseaddr

from workers.notification.errands import Mail
from workers.notification.render import one_line


def sender(mail_from: str) -> Address:
    """Read the setting ``Name <address>``.

    Raises:
        ValueError: when it holds no address.
    """
    return _mailbox(*parseaddr(mail_from))


def write(mail: Mail, mail_from: Address) -> EmailMessage:
    """Write the mail: plain text and HTML, and a Message-ID by which a receiver can tell a repetition.

    Raises:
        ValueError: when the address cannot be one.
    """
    letter = EmailMessage(policy=SMTP)
    letter["From"] = mail_from
    letter["To"] = _mailbox(one_line(mail.name), mail.address)
    letter["Subject"] = one_line(mail.title)
    letter["Message-ID"] = f"<{mail.key}@{mail_from.domain}>"
    letter["Date"] = format_datetime(localtime())
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(mail.text)
    letter.add_alternative(mail.html, subtype="html")
    return letter


def _mailbox(name: str, address: str) -> Address:
    if not address.isprintable() or "@" not in address:
        raise ValueError(f"{address!r} is no mail address")
    try:
        return Address(display_name=name, addr_spec=address)
    except (
        MessageError,
        ValueError,
        IndexError,
        AttributeError,
    ) as error:  # what the parser raises, depending on what is wrong
        raise ValueError(f"{address!r} is no mail address") from error
