"""People and others who search, and what is kept of it."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from commerce import searches
from commerce.searches import SearchNotes
from models.database import execute
from permissions.context import Client
from policy.viewer import Viewer
from tests.graphql.asking import Answer, ask
from tests.graphql.wards import Somebody, somebody

SEARCH = "query ($words: String!) { search(query: $words, first: 3) { nodes { handle } } }"
OWN = "{ viewer { account { searches(first: 50) { nodes { id words searchedAt } totalCount } } } }"
GIVE = "mutation ($input: ConsentGiveInput!) { consentGive(input: $input) { userErrors { code } } }"
WITHDRAW = "mutation ($input: ConsentWithdrawInput!) { consentWithdraw(input: $input) { userErrors { code } } }"
PERSONALISATION = {"purposes": ["PERSONALISATION"]}
BROWSER = Client(user_agent_family="Firefox", ip_hash=b"3" * 32, kind="web")


@dataclass
class Kept:
    """Where searches are noted, and how many were not kept."""

    notes: SearchNotes
    dropped: list[int] = field(default_factory=list[int])


@asynccontextmanager
async def keeping() -> AsyncIterator[Kept]:
    """Note searches, and begin without any of nobody, so that all have room in one list."""
    await execute("DELETE FROM unlinked_search")
    dropped: list[int] = []
    async with searches.noting(dropped.append) as notes:
        yield Kept(notes, dropped)


def some_words() -> str:
    """Invent words that nobody else searches for."""
    return "lamp " + "".join(secrets.choice("abcdefghij") for _ in range(12))


async def seek(as_: Viewer, words: str) -> None:
    """Search for words, and leave it to the program to write that."""
    assert (await ask(SEARCH, as_=as_, client=BROWSER, words=words)).errors == []


async def search(as_: Viewer, kept: Kept, words: str | None = None) -> str:
    """Search for words, and have what was noted written."""
    words = words or some_words()
    await seek(as_, words)
    await kept.notes.write()
    return words


async def give(who: Somebody) -> None:
    """Consent to be recommended by what one did before."""
    assert (await ask(GIVE, as_=who.viewer, input=PERSONALISATION)).codes == []


async def consenting() -> Somebody:
    """Write an adult who consents to it."""
    who = await somebody()
    await give(who)
    return who


async def look(as_: Viewer, selection: str = "searches(first: 100) { nodes { words } }", more: str = "") -> Answer:
    """Ask for what nobody in particular searched for."""
    return await ask(f"{{ {selection} }} {more}", as_=as_)


async def seen_by(operator: Viewer) -> set[str | None]:
    """Read the words of it."""
    return {node["words"] for node in (await look(operator)).data["searches"]["nodes"]}


async def own(who: Somebody) -> list[str]:
    """Read the words that somebody searched for, as they see them."""
    answer = await ask(OWN, as_=who.viewer)
    return [node["words"] for node in answer.data["viewer"]["account"]["searches"]["nodes"]]
