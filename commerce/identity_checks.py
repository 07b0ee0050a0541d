"""Providers that check who somebody is: what they are told, what they answer, and the port to them (P1.4)."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Licence:
    """A company as its register has it."""

    name: str = field(repr=False)
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """
    All that a provider is told: who somebody says they are, and how old they have to be if they do; no birth date.

    That is the least that a check takes (P1.4).

    Args:
        check_id: By which the provider knows a repeated question; it says nothing of the account.
        name: As the document has it.
        identity_number: The document's number.
        phone: The phone number that they have proven to be theirs, or that a company gave of them; None if there is
            none.
        years: The age that the person has to have reached; None if no age is asked for.
        licence: The company that they are said to represent by law; None if none is asked for.
    """

    check_id: UUID
    name: str = field(repr=False)
    identity_number: str = field(repr=False)
    phone: str | None = field(repr=False)
    years: int | None = None
    licence: Licence | None = None


class Finding(StrEnum):
    """What a provider says of a check."""

    VERIFIED = "VERIFIED"
    REFUSED = "REFUSED"
    PENDING = "PENDING"
    UNKNOWN = "UNKNOWN"


class ProviderAway(Exception):
    """The provider can not be reached, is too slow, or answers nothing that can be read; the text holds no value."""


class Verifier(Protocol):
    """
    Checks identities; the server brings the adapter.

    Asking is safe to repeat: one check id is one check, whatever is asked how often. Both calls are bounded in time and
    made outside of transactions.
    """

    @property
    def name(self) -> str:
        """What the provider is called in the register of partners; where it works is for its agreement to say."""
        ...

    async def ask(self, question: Question) -> Finding:
        """
        Ask for a check.

        Raises:
            ProviderAway: There is no answer; nobody knows whether the question arrived.
        """
        ...

    async def look(self, check_id: UUID) -> Finding:
        """
        Ask how a check stands; `UNKNOWN` if it never arrived.

        Raises:
            ProviderAway: There is no answer.
        """
        ...


_served: list[Verifier] = []


def serve(verifier: Verifier | None) -> None:
    """Tell, once at start, who checks identities for this shop; None for nobody."""
    _served[:] = [] if verifier is None else [verifier]


def served() -> Verifier | None:
    """Tell who checks identities for this shop."""
    return _served[0] if _served else None
