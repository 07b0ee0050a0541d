"""Adapters of the outbound message port: a mail server, or files during development."""

from pathlib import Path

from commerce.messages import Outbound
from server.messages.files import FileOutbound
from server.messages.mail import sender
from server.messages.smtp import MailServer, SmtpOutbound
from server.places import Place

__all__ = ["FileOutbound", "MailServer", "SmtpOutbound", "outbound"]


def outbound(*, relay: Place | None, mail_from: str, folder: Place) -> Outbound:
    """
    Choose the way out: the mail server when one is named, otherwise files in `folder`.

    Either stands in the shop's own region; that a message goes on to somebody abroad is their own dealing (P8.1).

    Raises:
        ValueError: The URL or the address is not well formed; the text names the setting and holds no credential.
    """
    by = sender(mail_from)
    if relay is None:
        return FileOutbound(folder=Path(folder.address), sender=by)
    return SmtpOutbound(server=MailServer.at(relay.address), sender=by)
