"""Keeps what is searched for: noted in memory while a search is answered, and written shortly after (P2.2c)."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from uuid import UUID

from asyncpg import Record

from commerce import persons
from commerce.sessions import Client
from models import clock, database
from models.bands import account_of_today, day
from models.database import transaction
from models.faults import Contended, DatabaseUnavailable
from models.ids import new_id
from models.scoping import AWAITED, IS_CANCELLED, numbered
from models.sealed import seal_rows
from models.searches import Search
from policy.ages import AgeBand
from policy.purposes import purposes_in
from policy.searches import KEPT_FOR, leads_to_nobody, may_be_kept_of, may_be_linked, plain
from policy.viewer import Case, Viewer

WRITTEN_AFTER_S = 1.0
"""How long a search waits for others to be written with."""
MOST_NOTED = 2_000
"""How many wait at most; what comes while there are so many is not kept."""

# INVARIANT (no link without consent): a withdrawal locks the account's row. This waits for it and then finds other
# consents, or is there before it, and what it wrote is deleted.
_WRITE_LINKED = """INSERT INTO search (id, account_id, words, searched_at)
    SELECT n.id, n.account_id, n.words, n.searched_at
    FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::timestamptz[], $5::bigint[], $6::bigint[])
        AS n (id, account_id, words, searched_at, own, guardian)
    JOIN account a ON a.id = n.account_id AND a.own_consents = n.own AND a.guardian_consents = n.guardian
    FOR SHARE OF a
    ON CONFLICT (id) DO NOTHING"""
# By their ids, which hold the day and chance: the order in which they came would tell who searched when.
_WRITE_UNLINKED = """INSERT INTO unlinked_search (id, words, searched_on, client_kind, user_agent_family)
    SELECT n.* FROM unnest($1::uuid[], $2::text[], $3::date[], $4::text[], $5::text[])
        AS n (id, words, searched_on, client_kind, user_agent_family)
    ORDER BY n.id
    ON CONFLICT (id) DO NOTHING"""


@dataclass(frozen=True, slots=True)
class Noted:
    """
    One search that is still to be written.

    Args:
        words: As they were written.
        account: Of whoever searched in person; None for everybody else.
        linked_id: Its id if it is written as somebody's own.
        unlinked_id: Its id if it is written as nobody's, which tells the day alone.
    """

    words: str = field(repr=False)
    account: UUID | None
    client_kind: str
    user_agent_family: str
    at: datetime
    linked_id: UUID
    unlinked_id: UUID


class SearchNotes:
    """
    The searches that this process has answered and not written yet.

    A search is to cost no statement more, and to be answered where nothing can be written at all. So what is noted is
    written with what else came in the same second; if that fails it waits on, and beyond `MOST_NOTED` it is lost. Whose
    it is, is decided when it is written, by the consents of then.

    Args:
        dropped: Told how many searches are not kept for want of room, or because they could not be written.
    """

    def __init__(self, dropped: Callable[[int], object]) -> None:
        self._dropped = dropped
        self._noted: list[Noted] = []
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    def note(self, words: str, *, by: Viewer, client: Client) -> None:
        """Note that somebody searched; nothing is awaited, and nothing fails."""
        if len(self._noted) >= MOST_NOTED:
            self._dropped(1)
            return
        now = clock.now()
        midnight = datetime.combine(now.date(), time(), UTC)
        self._noted.append(
            Noted(
                words,
                by.person if by.scopes is None else None,
                client.kind,
                client.user_agent_family,
                now,
                linked_id=new_id(at=now),
                unlinked_id=new_id(at=midnight),
            )
        )
        self._write_soon()

    async def forget(self, account_id: UUID) -> None:
        """Drop what is noted of somebody and not written; what is being written is there when this returns."""
        async with self._turn:
            self._noted = [noted for noted in self._noted if noted.account != account_id]

    async def write(self) -> None:
        """
        Write what is noted.

        Raises:
            DatabaseUnavailable: It cannot be written now, and waits on.
            Contended: As above.
        """
        async with self._turn:
            batch, self._noted = self._noted, []
            if not batch:
                return
            try:
                await _write(batch)
            except (DatabaseUnavailable, Contended):
                waiting = [*batch, *self._noted]
                self._noted = waiting[:MOST_NOTED]
                self._dropped(len(waiting) - len(self._noted))
                raise
            except BaseException:
                self._dropped(len(batch))
                raise

    async def close(self) -> None:
        """Write what is noted, if that can be done, and note no more on time."""
        if self._timer is not None:
            self._timer.cancel()
        try:
            await self.write()
        except (DatabaseUnavailable, Contended):
            self._dropped(len(self._noted))

    def _write_soon(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(WRITTEN_AFTER_S, self._begin_to_write)

    def _begin_to_write(self) -> None:
        self._timer = None
        self._writing = database.detached(self._keep_written(), name="searches")

    async def _keep_written(self) -> None:
        with suppress(DatabaseUnavailable, Contended):
            await self.write()
        if self._noted:
            self._write_soon()


_current: SearchNotes | None = None


@asynccontextmanager
async def noting(dropped: Callable[[int], object]) -> AsyncGenerator[SearchNotes]:
    """Note searches for the length of an `async with` block, in which the databases are connected."""
    global _current
    before, _current = _current, SearchNotes(dropped)
    try:
        yield _current
    finally:
        notes, _current = _current, before
        await notes.close()


def note(words: str, *, by: Viewer, client: Client) -> None:
    """Note that somebody searched, where the program keeps that at all."""
    if _current is not None and words.strip():
        _current.note(words, by=by, client=client)


async def clear(*, by: Viewer) -> UUID:
    """
    Delete what somebody searched for; never refused to the person.

    What another process noted in the second before is written still, and found by the next call.

    Returns:
        Their account.

    Raises:
        NotInPerson: It is nobody in person who asks.
    """
    person = persons.person_of(by)
    if _current is not None:
        await _current.forget(person)
    await forget(person)
    return person


async def forget(account_id: UUID) -> None:
    """Delete, in the present transaction if there is one, what is written of somebody's searches."""
    await database.execute("DELETE FROM search WHERE account_id = $1", account_id)


async def forget_old() -> None:
    """Delete searches that were kept as long as was said."""
    until = clock.now() - KEPT_FOR
    midnight = datetime.combine(until.date(), time(), UTC)
    # Ids run by time, so the oldest rows are found without reading the others.
    await database.execute("DELETE FROM search WHERE id < $1", new_id(at=until))
    await database.execute(
        "DELETE FROM unlinked_search WHERE id < $1 AND searched_on < $2", new_id(at=midnight), until.date()
    )


async def _write(batch: Sequence[Noted]) -> None:
    people = await _people({noted.account for noted in batch if noted.account is not None})
    linked: list[tuple[Noted, Record]] = []
    unlinked: list[tuple[Noted, str]] = []
    for noted in batch:
        row = people.get(noted.account) if noted.account is not None else None
        case = _case(row) if row is not None else Case.nobody()
        words = plain(noted.words)
        if row is not None and may_be_linked(case):
            linked.append((noted, row))
        elif words and leads_to_nobody(words) and may_be_kept_of(case):
            unlinked.append((noted, words))
    cells = await seal_rows([(Search, noted.linked_id, row["id"], {"words": noted.words}) for noted, row in linked])
    if not linked and not unlinked:
        return
    async with transaction():
        if linked:
            await database.execute(
                _WRITE_LINKED,
                [noted.linked_id for noted, _ in linked],
                [row["id"] for _, row in linked],
                [cell["words"] for cell in cells],
                [noted.at for noted, _ in linked],
                [row["own_held"] for _, row in linked],
                [row["guardian_held"] for _, row in linked],
            )
        if unlinked:
            await database.execute(
                _WRITE_UNLINKED,
                [noted.unlinked_id for noted, _ in unlinked],
                [words for _, words in unlinked],
                [noted.at.date() for noted, _ in unlinked],
                [noted.client_kind for noted, _ in unlinked],
                [noted.user_agent_family for noted, _ in unlinked],
            )


async def _people(ids: Iterable[UUID]) -> dict[UUID, Record]:
    wanted = list(ids)
    if not wanted:
        return {}
    # What the account itself holds comes along, because it is compared once more when the search is written.
    text, values = numbered(
        f"""SELECT s.id, s.age_band, s.own_consents, s.guardian_consents, {AWAITED} AS asked_anew,
            {IS_CANCELLED} AS is_cancelled, h.own_consents AS own_held, h.guardian_consents AS guardian_held
        FROM {account_of_today()} s JOIN account h ON h.id = s.id WHERE s.id = ANY(:people)""",  # noqa: S608
        {**day(), "people": wanted},
    )
    return {row["id"]: row for row in await database.fetch(text, *values)}


def _case(row: Record) -> Case:
    return Case(
        row["id"],
        AgeBand(row["age_band"]),
        guardian_consents=purposes_in(row["guardian_consents"]),
        is_cancelled=row["is_cancelled"],
        own_consents=purposes_in(row["own_consents"]),
        asked_anew=purposes_in(row["asked_anew"]),
    )
