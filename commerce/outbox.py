"""Events that are to be acted on after a transaction: queued in it, so that neither is without the other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import orjson

from models import clock, database
from models.ids import new_id

if TYPE_CHECKING:
    from pgqueuer.adapters.persistence.queries import Queries

Fact = UUID | datetime | int

NOTES_KEPT = timedelta(days=7)


class Topic(StrEnum):
    """What happened."""

    REGISTRATION_BEGUN = "registration.begun"
    PASSWORD_CHANGED = "account.password_changed"  # noqa: S105
    SESSION_REUSED = "session.reused"
    STEP_UP_BEGUN = "step_up.begun"
    GUARDIAN_INVITED = "guardian.invited"
    GUARDIAN_ANSWERED = "guardian.answered"
    GUARDIAN_CONSENT_CHANGED = "guardian.consent_changed"
    GUARDIANSHIP_ENDED = "guardian.ended"
    IDENTITY_CHECKED = "identity.checked"
    WARD_IS_CHILD = "guardian.ward_is_child"
    PURCHASE_ASKED = "purchase.asked"
    PURCHASE_DECIDED = "purchase.decided"
    AGE_CORRECTED = "account.age_corrected"
    AGE_BAND_CHANGED = "account.age_band_changed"
    CONSENTS_ASKED_ANEW = "account.consents_asked_anew"
    POLICY_ANNOUNCED = "policy.announced"
    THIRD_PARTY_CHALLENGED = "third_party.challenged"
    RECIPIENT_OBJECTED = "third_party.objected"


@dataclass(frozen=True)
class Event:
    """
    Something that happened, told by ids, instants and counts.

    INVARIANT (nobody in the queue): a fact is never a text, so no name, address or code gets into the queue's tables,
    their backups or their logs. Whoever acts on the event reads the rows, under the rules that hold then.

    Args:
        id: Stays the same over all attempts; receivers know a repeated delivery by it.
    """

    topic: Topic
    facts: Mapping[str, Fact]
    id: UUID = field(default_factory=new_id)

    def __post_init__(self) -> None:
        for name, fact in self.facts.items():
            if not isinstance(cast(object, fact), UUID | datetime | int):
                raise TypeError(f"The fact `{name}` of `{self.topic}` is to be an id, an instant or a number.")

    def payload(self) -> bytes:
        """Write the event for the queue."""
        return orjson.dumps({"id": self.id, "facts": {name: _written(fact) for name, fact in self.facts.items()}})


_READERS: Mapping[str, Callable[[Any], Fact]] = {"uuid": UUID, "at": datetime.fromisoformat, "int": int}


def _written(fact: Fact) -> dict[str, object]:
    if isinstance(fact, UUID):
        return {"uuid": str(fact)}
    return {"at": fact.isoformat()} if isinstance(fact, datetime) else {"int": fact}


def read(topic: str, payload: bytes | None) -> Event:
    """
    Read an event from the queue.

    Raises:
        ValueError: It was not written by `enqueue`.
    """
    try:
        written = orjson.loads(payload or b"")
        facts = {name: _READERS[kind](value) for name, fact in written["facts"].items() for kind, value in fact.items()}
        return Event(Topic(topic), facts, UUID(written["id"]))
    except (KeyError, TypeError, AttributeError, ValueError):
        raise ValueError("A job in the queue is not an event; look at it by its id.") from None


class NotInTransaction(RuntimeError):
    """An event was to be queued outside of a transaction, where it could stand without its effect."""

    def __init__(self) -> None:
        super().__init__(
            "Events are queued together with their effect; open `models.database.transaction()` around both."
        )


async def enqueue(*events: Event, after: timedelta | None = None) -> None:
    """
    Queue events in the current transaction; they are acted on once it is committed, at least once each.

    Args:
        after: How long to wait before the first attempt.

    Raises:
        NotInTransaction: There is no transaction to be part of.
    """
    if not database.is_in_transaction():
        raise NotInTransaction
    await _queries().enqueue(
        [str(event.topic) for event in events],
        [event.payload() for event in events],
        [0 for _ in events],
        [after for _ in events],
    )


@dataclass(frozen=True)
class FailedEvent:
    """
    An event that was given up.

    Args:
        job: Its number in the queue, by which it is tried again.
    """

    job: int
    topic: str
    attempts: int
    queued_at: datetime


async def failed(*, limit: int = 100) -> list[FailedEvent]:
    """List the events that were given up, the newest first."""
    jobs = await _queries().list_failed_jobs(limit)
    return [FailedEvent(job.id, job.entrypoint, job.attempts, job.created) for job in jobs]


async def try_again(jobs: Sequence[int]) -> None:
    """Queue events that were given up once more, with all their attempts."""
    await _queries().requeue_jobs([cast(Any, job) for job in jobs])


async def backlog() -> dict[tuple[str, str], int]:
    """Count what is in the queue, by topic and status (`queued`, `picked`, `failed`)."""
    sizes = await _queries().queue_size()
    return {(size.entrypoint, size.status): size.count for size in sizes}


async def forget_old() -> None:
    """Delete the queue's notes on events that were dealt with long ago; they name topics and times alone."""
    before = clock.now() - NOTES_KEPT
    await database.execute("DELETE FROM avow_pgqueuer_log WHERE created < $1", before)
    await database.execute("DELETE FROM avow_pgqueuer_statistics WHERE created < $1", before)


def _queries() -> "Queries":
    # Here, because the library takes a tenth of the time in which a server starts, and no command but that needs it.
    from commerce.job_queue import here

    return here()
