"""What a decision may depend on: a finite tuple of facts about the viewer, the subject and the case."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from policy.ages import AgeBand
from policy.classes import DataClass
from policy.parties import Party


class Ask(NamedTuple):
    """
    One question to the policy: may this party see this class of data, the facts being these?

    Every field ranges over a finite set, so the laws of the policy are proven by asking everything there is to ask.
    """

    party: Party
    data_class: DataClass
    purpose_fits: bool
    age: AgeBand
    guardian_consents: bool
    account_cancelled: bool
    window_open: bool
    ticket_open: bool
    membership_verified: bool
    staff_trained: bool
    delegated: bool = False
    in_standing: bool = True
    region_fits: bool = True
    objected: bool = False
    version_pending: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """
    A condition of a rule, named as the answer names it when it is what is missing.

    Args:
        name: The word under `missing`.
        reads: The fields of `Ask` that it depends on; asks that differ in others are decided alike.
        holds: Whether an ask has it.
    """

    name: str
    reads: tuple[str, ...]
    holds: Callable[[Ask], bool]

    def __repr__(self) -> str:
        return self.name


PURPOSE_FITS = Fact("purpose", ("purpose_fits",), lambda ask: ask.purpose_fits)
GUARDIAN_CONSENTS = Fact("guardian_consent", ("guardian_consents",), lambda ask: ask.guardian_consents)
ACCOUNT_LIVES = Fact("account", ("account_cancelled",), lambda ask: not ask.account_cancelled)
WINDOW_OPEN = Fact("window", ("window_open",), lambda ask: ask.window_open)
TICKET_OPEN = Fact("ticket", ("ticket_open",), lambda ask: ask.ticket_open)
MEMBERSHIP_VERIFIED = Fact("membership", ("membership_verified",), lambda ask: ask.membership_verified)
STAFF_TRAINED = Fact("training", ("staff_trained",), lambda ask: ask.staff_trained)
IN_STANDING = Fact("agreement", ("in_standing",), lambda ask: ask.in_standing)
REGION_FITS = Fact("region", ("region_fits",), lambda ask: ask.region_fits)
VERSION_ACCEPTED = Fact("version", ("version_pending",), lambda ask: not ask.version_pending)
# Facts that close, and that nothing the viewer can do takes back.
IS_DELEGATED = Fact("delegated", ("delegated",), lambda ask: ask.delegated)
HAS_OBJECTED = Fact("objection", ("objected",), lambda ask: ask.objected)
WINDOW_ENDED = Fact("delivered", ("window_open",), lambda ask: not ask.window_open)
IS_CHILD = Fact("child", ("age",), lambda ask: ask.age is AgeBand.CHILD)
IS_MINOR = Fact("minor", ("age",), lambda ask: ask.age is AgeBand.MINOR)
