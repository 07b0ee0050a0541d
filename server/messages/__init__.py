"""Adapters of the outbound message port: a mail server, or files during development."""

from pathlib import Path

from commerce.messages import Outbound
from server.messages.files import FileOutbound
from server.messages.mail import sender
from server.messages.smtp import MailServer, SmtpOutbound

__all__ = ["FileOutbound", "MailServer", "SmtpOutbound", "outbound"]


def outbound(*, smtp_url: str | None, mail_from: str, folder: Path) -> Outbound:
    """
    Choose the way out: the mail server when one is named, otherwise files in `folder`.

    Raises:
        ValueError: The URL or the address is not well formed; the text names the setting and holds no credential.
    """
    by = sender(mail_from)
    if smtp_url is None:
        return FileOutbound(folder=folder, sender=by)
    return SmtpOutbound(server=MailServer.at(smtp_url), sender=by)
