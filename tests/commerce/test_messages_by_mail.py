"""Messages by mail server: encrypted, bounded in time, and silent about whom they go to."""

import asyncio
import email
import logging
import socket
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.policy import default as parsing
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from commerce.messages import (
    Channel,
    NotSent,
)
from server.messages import MailServer, SmtpOutbound
from server.messages.smtp import starttls
from tests.commerce.letters import ADA, SHOP, code_for


@dataclass
class Mailbox:
    """What a mail server received, and how."""

    reply: str = "250 accepted"
    recipient_reply: str = "250 ok"
    received: list[bytes] = field(default_factory=list[bytes])
    recipients: list[str] = field(default_factory=list[str])
    was_encrypted: list[bool] = field(default_factory=list[bool])
    logged_in: list[str] = field(default_factory=list[str])

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient_reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_reply

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        self.received.append(envelope.content)
        self.recipients.extend(envelope.rcpt_tos)
        encryption = server.transport.get_extra_info("sslcontext") if server.transport else None
        self.was_encrypted.append(session.ssl is not None or encryption is not None)
        return self.reply

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, credentials: LoginPassword
    ) -> AuthResult:
        self.logged_in.append(credentials.login.decode())
        return AuthResult(success=credentials.password == b"p/ss")


@dataclass(frozen=True)
class Certificate:
    """A certificate for 127.0.0.1 which nobody but a client that is told of it trusts."""

    file: Path

    def of_server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        return context

    def trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.file)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(hours=1))
        .not_valid_after(datetime.now(UTC) + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + built.public_bytes(serialization.Encoding.PEM)
    )
    return Certificate(file)


@contextmanager
def mail_server(mailbox: Mailbox, **options: Any) -> Generator[int]:
    """Run a real mail server on loopback; yields its port."""
    controller = Controller(mailbox, hostname="127.0.0.1", port=0, ready_timeout=10, **options)
    # The library checks readiness on the port that it was given, so one is chosen beforehand.
    with socket.create_server(("127.0.0.1", 0)) as probe:
        controller.port = probe.getsockname()[1]
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def through(port: int, *, scheme: str = "smtp", login: str = "", tls: ssl.SSLContext | None = None) -> SmtpOutbound:
    return SmtpOutbound(MailServer.at(f"{scheme}://{login}127.0.0.1:{port}"), SHOP, tls=tls, timeout_s=2.0)


@pytest.mark.parametrize(("language", "subject"), [("en", "Your confirmation code"), ("zh", "您的验证码")])
async def test_a_code_arrives_by_mail_in_the_readers_language(language: str, subject: str):
    mailbox = Mailbox()
    message = code_for(language=language)

    with mail_server(mailbox) as port:
        await through(port).send(message)

    assert mailbox.recipients == [ADA]
    arrived = email.message_from_bytes(mailbox.received[0], policy=parsing)
    assert arrived["Subject"] == subject
    assert arrived["To"] == ADA
    assert arrived["From"] == "shop@shop.example"
    assert arrived["Message-ID"] == f"<{message.id}@shop.example>"
    assert arrived["Auto-Submitted"] == "auto-generated"
    text = arrived.get_content()
    assert "271828" in text
    assert "15" in text


@pytest.mark.clause("P5.1")
async def test_the_connection_is_encrypted_where_the_server_offers_it(certificate: Certificate):
    mailbox = Mailbox()

    with mail_server(mailbox, tls_context=certificate.of_server()) as port:
        await through(port, tls=certificate.trusted()).send(code_for())

    assert mailbox.was_encrypted == [True]


async def test_smtps_is_encrypted_from_the_start(certificate: Certificate):
    mailbox = Mailbox()

    with mail_server(mailbox, ssl_context=certificate.of_server()) as port:
        await through(port, scheme="smtps", tls=certificate.trusted()).send(code_for())

    assert mailbox.was_encrypted == [True]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_server_with_an_untrusted_certificate_gets_nothing(certificate: Certificate, scheme: str):
    mailbox = Mailbox()
    option = "tls_context" if scheme == "smtp" else "ssl_context"

    with mail_server(mailbox, **{option: certificate.of_server()}) as port, pytest.raises(NotSent) as failure:
        await through(port, scheme=scheme).send(code_for())

    assert mailbox.received == []
    assert not failure.value.is_final


async def test_the_log_in_reaches_the_server_after_the_upgrade(certificate: Certificate):
    mailbox = Mailbox()
    options = {"tls_context": certificate.of_server(), "auth_required": True, "authenticator": mailbox.authenticate}

    with mail_server(mailbox, **options) as port:
        await through(port, login="shop:p%2Fss@", tls=certificate.trusted()).send(code_for())

    assert mailbox.logged_in == ["shop"]
    assert len(mailbox.received) == 1


@pytest.mark.clause("P5.1")
async def test_a_password_is_never_given_to_a_server_without_encryption():
    mailbox = Mailbox()
    options = {"auth_require_tls": False, "authenticator": mailbox.authenticate}

    with mail_server(mailbox, **options) as port, pytest.raises(NotSent) as failure:
        await through(port, login="shop:p%2Fss@").send(code_for())

    assert mailbox.logged_in == []
    assert mailbox.received == []
    assert "p/ss" not in str(failure.value)


async def test_a_refused_log_in_may_be_tried_again_and_names_no_credential(certificate: Certificate):
    mailbox = Mailbox()
    options = {"tls_context": certificate.of_server(), "auth_required": True, "authenticator": mailbox.authenticate}

    with mail_server(mailbox, **options) as port, pytest.raises(NotSent) as failure:
        await through(port, login="shop:canary-word@", tls=certificate.trusted()).send(code_for())

    assert not failure.value.is_final
    assert "canary-word" not in str(failure.value)
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__


@pytest.mark.parametrize(
    ("mailbox", "is_final"),
    [
        (Mailbox(recipient_reply=f"550 {ADA} is unknown"), True),
        (Mailbox(recipient_reply=f"450 {ADA} is busy"), False),
        (Mailbox(reply=f"554 no thanks, {ADA}"), True),
        (Mailbox(reply=f"451 later, {ADA}"), False),
    ],
)
async def test_a_refusal_tells_whether_to_try_again_and_never_the_address(mailbox: Mailbox, is_final: bool):
    with mail_server(mailbox) as port, pytest.raises(NotSent) as failure:
        await through(port).send(code_for())

    assert failure.value.is_final is is_final
    assert "canary" not in str(failure.value)


async def test_a_server_that_is_away_can_be_tried_again():
    with mail_server(Mailbox()) as port:
        closed = port

    with pytest.raises(NotSent) as failure:
        await through(closed).send(code_for())

    assert not failure.value.is_final


async def test_a_silent_server_is_given_up_in_time():
    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(10)
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    way_out = SmtpOutbound(MailServer.at(f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"), SHOP, timeout_s=0.3)
    started = asyncio.get_running_loop().time()

    with pytest.raises(NotSent, match="did not answer"):
        await way_out.send(code_for())

    server.close()
    assert asyncio.get_running_loop().time() - started < 2


async def test_sending_writes_no_address_to_the_log(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    refusing = Mailbox(recipient_reply=f"550 {ADA} is unknown")

    with mail_server(Mailbox()) as port:
        await through(port).send(code_for())
    with mail_server(refusing) as port, pytest.raises(NotSent):
        await through(port).send(code_for())

    ours = [record for record in caplog.records if not record.name.startswith(("mail.log", "asyncio"))]
    assert not [record for record in ours if "canary" in record.getMessage()]


async def test_a_mail_server_takes_no_text_messages():
    with pytest.raises(NotSent) as failure:
        await through(1).send(code_for("+8613800138000"))

    assert failure.value.is_final
    assert through(1).channels == {Channel.EMAIL}


@pytest.mark.parametrize(
    ("url", "host", "port", "must_upgrade"),
    [
        ("smtp://mail.example", "mail.example", 587, True),
        ("smtp://mail.example:25", "mail.example", 25, True),
        ("smtp://localhost:25", "localhost", 25, None),
        ("smtp://a:b@127.0.0.1:25", "127.0.0.1", 25, True),
        ("smtp://[::1]", "::1", 587, None),
        ("smtps://a:b%40c@mail.example", "mail.example", 465, False),
    ],
)
def test_a_mail_servers_url_says_how_it_is_spoken_to(url: str, host: str, port: int, must_upgrade: bool | None):
    server = MailServer.at(url)

    assert (server.host, server.port, starttls(server)) == (host, port, must_upgrade)
    assert server.is_tls_from_the_start is url.startswith("smtps")
    assert server.password in {None, "b", "b@c"}


@pytest.mark.parametrize(
    "url",
    [
        "http://canary@x", "smtp://", "smtp://x:canary@", "smtp://a:canary@x/path", "smtp://canary@x",
        "smtp://a:canary@x:99999", "smtp://a:canary@x:no", "smtp://a:canary#@x",
    ],
)  # fmt: skip
def test_a_malformed_url_is_explained_without_its_password(url: str):
    with pytest.raises(ValueError, match="AVOW_SMTP_URL") as failure:
        MailServer.at(url)

    assert "canary" not in str(failure.value)
