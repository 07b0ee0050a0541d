"""Messages out through a mail server."""

import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import aiosmtplib

from commerce.messages import Channel, Message, NotSent
from policy.enforcement import keeps
from server.messages.mail import mail

TIMEOUT_S = 10.0
SUBMISSION_PORT = 587
IMPLICIT_TLS_PORT = 465


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True)
class MailServer:
    """
    Where messages are handed over: `smtp://` upgrades to TLS by STARTTLS, `smtps://` begins with it.

    Name and password do not show in `repr`.
    """

    host: str
    port: int
    is_tls_from_the_start: bool
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @classmethod
    def at(cls, url: str) -> "MailServer":
        """
        Read a mail server's URL.

        Args:
            url: `smtp://[name:password@]host[:port]` or `smtps://...`; name and password percent-encoded.

        Raises:
            ValueError: It is none of these. The text holds no part of the URL, which may hold a password.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError("AVOW_SMTP_URL has a port that is not a number up to 65535.") from None
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("AVOW_SMTP_URL is to be like `smtp://name:password@host:587` or `smtps://...:465`.")
        if parts.path not in {"", "/"} or parts.query or parts.fragment:
            raise ValueError("AVOW_SMTP_URL ends after the port; percent-encode `/`, `?` and `#` in a password.")
        if (parts.username is None) != (parts.password is None):
            raise ValueError("AVOW_SMTP_URL has a name without a password, or a password without a name; give both.")
        is_tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=port or (IMPLICIT_TLS_PORT if is_tls else SUBMISSION_PORT),
            is_tls_from_the_start=is_tls,
            username=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
        )


@keeps("P5.1", otherwise=False)
def starttls(server: MailServer) -> bool | None:
    """
    Tell whether to upgrade a connection: True for upgrade or nothing, None for when offered, False for not at all.

    Only a server on this machine may be spoken to without TLS, and not even that one with a password: messages hold
    names and codes (clause P5.1).
    """
    if server.is_tls_from_the_start:
        return False
    return None if _is_loopback(server.host) and server.password is None else True


def _refused(code: int, what: str) -> NotSent:
    return NotSent(f"The mail server refused {what} (reply code {code}).", is_final=code >= 500)


@dataclass(frozen=True)
class SmtpOutbound:
    """Sends each message over a connection of its own, bounded in time; certificates are verified."""

    server: MailServer
    sender: Address
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    timeout_s: float = TIMEOUT_S

    @property
    def channels(self) -> frozenset[Channel]:
        """E-mail alone."""
        return frozenset({Channel.EMAIL})

    async def send(self, message: Message) -> None:
        """
        Hand one message to the mail server.

        Raises:
            NotSent: The server is away, slow, without TLS, or refuses; final when its reply code is a lasting one
                about this message. A refused log-in is not final: it is the operator's to mend.
        """
        if message.channel is not Channel.EMAIL:
            raise NotSent("This server sends e-mail only; set up an adapter for text messages.", is_final=True)
        client = aiosmtplib.SMTP(
            hostname=self.server.host,
            port=self.server.port,
            username=self.server.username,
            password=self.server.password,
            use_tls=self.server.is_tls_from_the_start,
            start_tls=starttls(self.server),
            tls_context=self.tls or ssl.create_default_context(),
            timeout=self.timeout_s,
        )
        # The library's errors quote addresses and the server's own words: none of them is kept as a cause.
        try:
            async with client:
                await client.send_message(mail(message, by=self.sender))
        except aiosmtplib.SMTPRecipientsRefused as refusal:
            code = max((one.code for one in refusal.recipients), default=450)
            raise _refused(code, "the recipient") from None
        except aiosmtplib.SMTPAuthenticationError as refusal:
            raise NotSent(
                f"The mail server refused the log-in (reply code {refusal.code}); check AVOW_SMTP_URL."
            ) from None
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as refusal:
            raise _refused(refusal.code, "the message") from None
        except aiosmtplib.SMTPTimeoutError:
            raise NotSent(f"The mail server did not answer within {self.timeout_s:g} s.") from None
        except (aiosmtplib.SMTPException, ssl.SSLError, OSError) as error:
            raise NotSent(f"The mail server could not be used ({type(error).__name__}).") from None
