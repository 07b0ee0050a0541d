"""Messages as e-mail: headers that name no more than the receiver has to know."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from commerce.messages import Message
from models import clock
from server.messages.rendering import rendered


def sender(address: str) -> Address:
    """
    Read the address that messages come from.

    Raises:
        ValueError: It is not a single `name@domain`.
    """
    try:
        read = Address(addr_spec=address)
    except Exception as error:  # the parser raises more kinds than it documents
        raise ValueError("AVOW_MAIL_FROM is to be one address such as `shop@example.com`.") from error
    if not (read.username and read.domain) or not address.isascii():
        raise ValueError("AVOW_MAIL_FROM is to be one address such as `shop@example.com`.")
    return read


def mail(message: Message, *, by: Address) -> EmailMessage:
    """
    Write a message as an e-mail.

    A repeated attempt has the same Message-ID, by which mail programs drop the second copy.
    """
    letter = rendered(message)
    result = EmailMessage(policy=SMTP)
    result["From"] = by
    result["To"] = Address(addr_spec=message.to)
    result["Subject"] = letter.subject
    result["Date"] = format_datetime(clock.now())
    result["Message-ID"] = f"<{message.id}@{by.domain}>"
    result["Auto-Submitted"] = "auto-generated"
    result.set_content(letter.text)
    # Setting the content drops every `Content-` header, so this one comes after it.
    result["Content-Language"] = message.language
    return result
