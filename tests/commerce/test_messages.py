"""Messages: what may be said, how it reads, and how it is written to a file."""

import email
import os
import stat
from email.policy import default as parsing
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from commerce.messages import (
    FACTS,
    LANGUAGES,
    BadMessage,
    Channel,
    Message,
    MessageKind,
    NotSent,
    SecurityEvent,
)
from server.messages import FileOutbound, MailServer, SmtpOutbound, outbound
from server.messages.mail import mail, sender
from server.messages.rendering import rendered
from tests.at_home import at_home
from tests.commerce.letters import ADA, SHOP, code_for


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_a_messages_description_holds_neither_address_nor_facts():
    described = repr(code_for())

    assert "canary" not in described
    assert "271828" not in described
    assert "canary" not in repr(MailServer.at("smtp://canary:canary@mail.example"))


ADDRESS_LIKE = st.text(st.sampled_from('ab.@+-,;<>"()\\ \r\n\t:é0=?_'), max_size=30) | st.text(max_size=40)


@given(to=ADDRESS_LIKE, fact=st.text(max_size=40))
def test_no_address_or_fact_can_forge_a_header(to: str, fact: str):
    for address in (to, f"{to}@mail.example", f"ada@{to}", f"ada@mail.example{to}"):
        try:
            message = Message(
                id=uuid4(),
                kind=MessageKind.GUARDIAN_INVITATION,
                to=address,
                language="en",
                facts={"code": "1", "days": "7", "child": fact},
            )
        except BadMessage:
            continue
        if message.channel is Channel.TEXT:
            continue
        read = email.message_from_bytes(bytes(mail(message, by=SHOP)), policy=parsing)
        assert [name.lower() for name in read] == [
            "from", "to", "subject", "date", "message-id", "auto-submitted",
            "content-type", "content-transfer-encoding", "mime-version", "content-language",
        ]  # fmt: skip
        assert read["Subject"] == "A child asks for your consent"
        assert len(read["To"].addresses) == 1


@pytest.mark.parametrize(
    "to", [f"{ADA}\r\nBcc: eve@mail.example", f"{ADA}, eve@mail.example\n", "ada", "+12a", "@x", "a@"]
)
def test_an_address_that_is_more_or_less_than_one_is_refused(to: str):
    with pytest.raises(BadMessage) as refusal:
        code_for(to)

    assert "ada" not in str(refusal.value)


@pytest.mark.parametrize("fact", ["1\n2", "1\r2", "1\u20282", "1\u202e2", "1\x002", "1" * 201])
def test_a_fact_that_is_not_one_line_is_refused(fact: str):
    with pytest.raises(BadMessage, match="`code`"):
        code_for(code=fact)


def test_a_message_needs_exactly_its_facts():
    with pytest.raises(BadMessage, match="code, minutes"):
        Message(id=uuid4(), kind=MessageKind.REGISTRATION_CODE, to=ADA, language="en", facts={"code": "1"})
    with pytest.raises(BadMessage, match="en, zh"):
        code_for(language="xx")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", MessageKind)
def test_every_kind_reads_well_in_every_language(kind: MessageKind, language: str):
    facts = {name: f"«{name}»" for name in FACTS[kind]}
    events = list(SecurityEvent) if "event" in facts else [None]

    texts: set[str] = set()
    for event in events:
        letter = rendered(Message(uuid4(), kind, ADA, language, facts | ({"event": event} if event else {})))
        assert "\n" not in letter.subject
        assert 3 < len(letter.subject) < 70
        assert "{" not in letter.text
        assert letter.text.endswith("\n")
        assert all(fact in letter.text for name, fact in facts.items() if name != "event")
        texts.add(letter.text)
    assert len(texts) == len(events)


def test_a_notice_of_an_event_without_a_paragraph_is_an_error():
    unknown = Message(uuid4(), MessageKind.SECURITY_NOTICE, ADA, "en", {"event": "ELSE", "at": "now"})

    with pytest.raises(UndefinedError):
        rendered(unknown)


async def test_a_file_holds_the_message_and_only_its_owner_reads_it(tmp_path: Path):
    way_out = FileOutbound(tmp_path / "outbox", SHOP)

    await way_out.send(code_for())

    (file,) = (tmp_path / "outbox").iterdir()
    assert file.suffix == ".eml"
    assert "REGISTRATION_CODE" in file.name
    assert "canary" not in file.name
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert "271828" in email.message_from_bytes(file.read_bytes(), policy=parsing).get_content()


async def test_a_repeated_attempt_leaves_one_file(tmp_path: Path):
    way_out = FileOutbound(tmp_path, SHOP)
    message_id = uuid4()

    await way_out.send(code_for(message_id=message_id, code="111111"))
    await way_out.send(code_for(message_id=message_id, code="222222"))

    (file,) = files_in(tmp_path)
    assert "222222" in file.read_text()


async def test_a_text_message_is_written_for_the_telephone_number(tmp_path: Path):
    await FileOutbound(tmp_path, SHOP).send(code_for("+8613800138000", language="zh"))

    (file,) = files_in(tmp_path)
    assert file.suffix == ".txt"
    assert file.read_text().startswith("To: +8613800138000\n\n271828")


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
async def test_a_folder_that_can_not_be_written_says_so_without_the_address(tmp_path: Path):
    (tmp_path / "outbox").write_text("a file where the folder should be")

    with pytest.raises(NotSent, match="check the folder") as failure:
        await FileOutbound(tmp_path / "outbox", SHOP).send(code_for())

    assert "canary" not in str(failure.value)


@pytest.mark.parametrize("address", ["", "shop", "@x", "a@b, c@d", "a@b\r\nBcc: c@d", "é@x.example"])
def test_a_malformed_sender_is_explained(address: str):
    with pytest.raises(ValueError, match="AVOW_MAIL_FROM"):
        sender(address)


def test_messages_are_files_until_a_mail_server_is_named(tmp_path: Path):
    relay, folder = at_home("smtps://mail.example"), at_home(tmp_path)
    by_file = outbound(relay=None, mail_from="shop@shop.example", folder=folder)
    by_mail = outbound(relay=relay, mail_from="shop@shop.example", folder=folder)

    assert isinstance(by_file, FileOutbound)
    assert isinstance(by_mail, SmtpOutbound)
