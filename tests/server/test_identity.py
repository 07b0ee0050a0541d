"""Asking a provider that checks identities over HTTP: what it is told, and how its faults end."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from commerce.identity_checks import Finding, ProviderAway, Question
from server.identity import HttpVerifier, Sandbox
from server.identity.http import LONGEST_ANSWER

NUMBER = "X-CANARY-7731"


def question(number: str = NUMBER) -> Question:
    return Question(uuid4(), "Ada Canary", number, phone=None, years=18)


@pytest.fixture
def sandbox() -> Iterator[tuple[Sandbox, str]]:
    played = Sandbox()
    with played.run(key="a key", remembers=True) as url:
        yield played, url


@asynccontextmanager
async def answering(answer: bytes, *, after_s: float = 0.0) -> AsyncIterator[HttpVerifier]:
    """Play a provider that sends the same bytes to everybody."""

    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(after_s)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(send, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield HttpVerifier("127.0.0.1", port, "", is_tls=False, timeout_s=0.4)


async def test_a_provider_says_yes_no_or_later(sandbox: tuple[Sandbox, str]) -> None:
    verifier, late = HttpVerifier.at(sandbox[1], key="a key"), question("AB-0042")

    found = [await verifier.ask(question(number)) for number in ("AB-1", "AB-0000", "AB-0017")]
    found += [await verifier.ask(late), await verifier.ask(late), await verifier.look(late.check_id)]

    assert found == [
        *(Finding.VERIFIED, Finding.REFUSED, Finding.REFUSED),
        *(Finding.PENDING, Finding.PENDING, Finding.VERIFIED),
    ]


async def test_one_check_is_one_check_however_often_it_is_asked_for(sandbox: tuple[Sandbox, str]) -> None:
    verifier, first = HttpVerifier.at(sandbox[1], key="a key"), question("AB-0000")
    again = Question(first.check_id, first.name, "AB-1", first.phone, first.years)

    found = await asyncio.gather(verifier.ask(first), *(verifier.look(first.check_id) for _ in range(3)))

    assert await verifier.ask(again) is Finding.REFUSED
    assert found[0] is Finding.REFUSED


@pytest.mark.parametrize("number", ["AB-1", "AB-0042"])
async def test_a_provider_is_told_the_name_the_number_and_an_age_and_nothing_else(
    number: str, sandbox: tuple[Sandbox, str]
) -> None:
    await HttpVerifier.at(sandbox[1], key="a key").ask(question(number))

    assert sandbox[0].asked == [{"name": "Ada Canary", "identity_number": number, "of_age": 18}]


async def test_a_provider_of_a_name_is_asked_for_no_age_and_told_a_phone_number_if_there_is_one(
    sandbox: tuple[Sandbox, str],
) -> None:
    of_name = Question(uuid4(), "Ada Canary", "AB-0017", phone="+4670123456", years=None)

    found = await HttpVerifier.at(sandbox[1], key="a key").ask(of_name)

    assert found is Finding.VERIFIED
    assert sandbox[0].asked == [{"name": "Ada Canary", "identity_number": "AB-0017", "phone": "+4670123456"}]


async def test_a_check_that_never_arrived_is_unknown(sandbox: tuple[Sandbox, str]) -> None:
    assert await HttpVerifier.at(sandbox[1], key="a key").look(uuid4()) is Finding.UNKNOWN


async def test_a_wrong_key_is_no_answer(sandbox: tuple[Sandbox, str]) -> None:
    with pytest.raises(ProviderAway):
        await HttpVerifier.at(sandbox[1], key="another").ask(question())


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"not HTTP at all",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"state":"MAYBE"}',
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + b"x" * (LONGEST_ANSWER + 1),
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 13\r\n\r\nX-CANARY-7731",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["nothing", "no HTTP", "cut off", "another state", "a list", "too long", "a redirect", "a fault", "no such"],
)
async def test_whatever_else_a_provider_sends_is_no_answer_and_is_not_quoted(answer: bytes) -> None:
    async with answering(answer) as verifier:
        with pytest.raises(ProviderAway) as away:
            await verifier.ask(question())

    assert "CANARY" not in str(away.value).upper()
    assert away.value.__cause__ is None


async def test_a_slow_provider_and_none_at_all_are_given_up_in_time() -> None:
    async with answering(b"", after_s=30) as slow:
        began = asyncio.get_running_loop().time()
        with pytest.raises(ProviderAway, match="within"):
            await slow.ask(question())
        took = asyncio.get_running_loop().time() - began
    with pytest.raises(ProviderAway):
        await slow.ask(question())

    assert took < 3


def test_what_is_asked_shows_in_no_text() -> None:
    described = f"{question()!r} {HttpVerifier.at('https://identity.example', key='canary')!r}"

    assert "canary" not in described.lower()


@pytest.mark.parametrize("url", ["http://identity.example", "http://203.0.113.7/v1", "ftp://127.0.0.1"])
@pytest.mark.clause("P5.1")
def test_a_provider_elsewhere_is_spoken_to_under_tls_alone(url: str) -> None:
    with pytest.raises(ValueError, match="AVOW_IDENTITY_URL"):
        HttpVerifier.at(url)


@pytest.mark.parametrize(
    "url", ["https://", "https://a:b@identity.example", "https://x.example/?a=1", "https://x:99999"]
)
def test_an_address_that_is_none_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(ValueError, match="AVOW_IDENTITY_URL") as refused:
        HttpVerifier.at(url)

    assert "example" not in str(refused.value).replace("identity.example.com", "")
