"""The one function that decides, and the answer that it gives."""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from policy.classes import DataClass
from policy.facts import Ask
from policy.parties import Party
from policy.rules import RULES, Effect, Rule


class Sight(Enum):
    """What a viewer gets of a value."""

    CLEAR = "CLEAR"
    MASK = "MASK"
    NULL = "NULL"


@dataclass(frozen=True, slots=True)
class Decision:
    """
    What the policy says to one ask, and why.

    Args:
        sight: Clear, the class's mask, or null.
        clauses: The clauses that made it so; empty where no clause speaks (default deny).
        missing: What would open it, as names of facts; empty where nothing would.
        code: The reason in one word, safe to tell this party: what only the subject and staff may know is not in it.
    """

    sight: Sight
    clauses: tuple[str, ...]
    missing: tuple[str, ...]
    code: str

    @property
    def is_clear(self) -> bool:
        """Whether the value itself may be shown."""
        return self.sight is Sight.CLEAR


# That a consent is missing tells that somebody is under age: only they and their guardian learn it, because nobody else
# sees the birth date either (P7.3).
MAY_KNOW_OF_AGE = frozenset({Party.SELF, Party.GUARDIAN})


def applying(party: Party, data_class: DataClass) -> tuple[Rule, ...]:
    """List the rules that speak of a party and a class."""
    return _applying(party, data_class, RULES)


def ever_seen(parties: frozenset[Party]) -> frozenset[DataClass]:
    """List the classes that some facts show in clear to one of some parties; without a permit there are none."""
    return _ever_seen(parties, RULES)


@lru_cache(maxsize=1_024)
def _ever_seen(parties: frozenset[Party], rules: tuple[Rule, ...]) -> frozenset[DataClass]:
    return frozenset(
        data_class
        for rule in rules
        if rule.effect is Effect.PERMIT and not parties.isdisjoint(rule.parties)
        for data_class in rule.classes
    )


# Rules are an argument, so that what was kept of others is never an answer.
@lru_cache(maxsize=1 << 14)
def _applying(party: Party, data_class: DataClass, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if party in rule.parties and data_class in rule.classes)


# The first missing fact that is in this table gives the code.
_CODES = {
    "account": "ACCOUNT_CANCELLED",
    "guardian_consent": "GUARDIAN_CONSENT_REQUIRED",
    "training": "PRIVACY_TRAINING_REQUIRED",
    "purpose": "PURPOSE_NOT_ALLOWED",
    "ticket": "TICKET_NOT_OPEN",
    "membership": "MEMBERSHIP_NOT_VERIFIED",
    "window": "WINDOW_CLOSED",
}
# What else opens a value, and has no code of its own: partners are told none, and staff cannot bring it about.
_REMEDIES = frozenset({*_CODES, "agreement", "region", "version", "consent", "sensitive_consent"})
GUARDIAN_CONSENT = "guardian_consent"
NOT_SHARED = "NOT_SHARED"
WINDOW_CLOSED = "WINDOW_CLOSED"
CODES = (*_CODES.values(), NOT_SHARED)


def decide(ask: Ask) -> Decision:
    """
    Decide what a party sees of a class of data.

    Nothing is shown without a permitting rule, and one forbidding rule outweighs any number of permitting ones; there
    are no priorities, and the order of the rules means nothing. What is not clear is masked where a masking rule
    speaks: a mask is a constant, so it gives away neither the value nor which rule withheld it.

    Args:
        ask: The facts. They come with the row that the value is in.
    """
    return _decide(ask, RULES)


@lru_cache(maxsize=1 << 16)
def _decide(ask: Ask, rules: tuple[Rule, ...]) -> Decision:
    permits: list[str] = []
    masks: list[str] = []
    forbids: list[str] = []
    missing: list[str] = []
    speaking = _applying(ask.party, ask.data_class, rules)
    if all(rule.effect is Effect.FORBID for rule in speaking):
        return Decision(Sight.NULL, (), (), _code(ask, (), rules))
    for rule in speaking:
        unmet = [fact.name for fact in rule.when if not fact.holds(ask)]
        if rule.effect is Effect.FORBID:
            if not unmet and not any(fact.holds(ask) for fact in rule.unless):
                forbids.append(rule.clause)
                missing.extend(fact.name for fact in rule.unless[:1])
        elif not unmet:
            (permits if rule.effect is Effect.PERMIT else masks).append(rule.clause)
        elif rule.effect is Effect.PERMIT:
            missing.extend(unmet)
    if permits and not forbids:
        return Decision(Sight.CLEAR, _unique(permits), (), "")
    sight = Sight.MASK if masks and ask.data_class.mask is not None else Sight.NULL
    # INVARIANT (nothing opens what nobody may be shown): facts of the person are not remedies.
    lacking = tuple(name for name in _unique(missing) if name in _REMEDIES)
    return Decision(
        sight, _unique([*forbids, *(masks if sight is Sight.MASK else ())]), lacking, _code(ask, lacking, rules)
    )


def _code(ask: Ask, missing: tuple[str, ...], rules: tuple[Rule, ...]) -> str:
    if ask.party.is_partner:
        # A partner must not learn that a buyer is a child, or that a consent was withdrawn: whatever closed what it
        # once may have seen, the code is that of a closed window (P7.3, docs/decisions/0006).
        shares = any(rule.effect is Effect.PERMIT for rule in _applying(ask.party, ask.data_class, rules))
        return WINDOW_CLOSED if shares else NOT_SHARED
    if ask.party is Party.STRANGER:
        return NOT_SHARED
    told = missing if ask.party in MAY_KNOW_OF_AGE else tuple(name for name in missing if name != GUARDIAN_CONSENT)
    return next((code for name, code in _CODES.items() if name in told), NOT_SHARED)


def code_told(decision: Decision, *, to: Party) -> str:
    """
    Give the code of a decision as it may be told to another party than the one that it was made for.

    Args:
        to: Who is told; nothing of an age is said to those who may not know it.
    """
    if to in MAY_KNOW_OF_AGE or decision.code != _CODES[GUARDIAN_CONSENT]:
        return decision.code
    others = [name for name in decision.missing if name != GUARDIAN_CONSENT]
    return next((code for name, code in _CODES.items() if name in others), NOT_SHARED)


def _unique(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
