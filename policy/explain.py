"""Explains when a party may see a class of personal data, and under which clauses."""

from dataclasses import dataclass

from policy.classes import BY_NAME, DataClass
from policy.decide import applying
from policy.facts import GUARDIAN_CONSENTS, OWN_CONSENT, SENSITIVE_CONSENT, VERSION_ACCEPTED
from policy.matrix import cell
from policy.parties import Party
from policy.purposes import Purpose
from policy.rules import Effect, Rule

_CONSENTS = frozenset({OWN_CONSENT, SENSITIVE_CONSENT, GUARDIAN_CONSENTS, VERSION_ACCEPTED})


@dataclass(frozen=True, slots=True)
class Explanation:
    """
    What a party sees of a class, and why; about nobody in particular.

    Args:
        party: Who asks.
        data_class: What about.
        sight: What they see, exceptions first, in the words of the matrix.
        under_ground: The same where an approved legal ground names class, person and viewer.
        purpose: What the party asks for.
        purpose_fits: Whether the class may be used for that.
        rules: The rules that speak of both.
        consents: Facts of consent of which some rule makes it depend, as `missing` names them.
    """

    party: Party
    data_class: DataClass
    sight: str
    under_ground: str
    purpose: Purpose
    purpose_fits: bool
    rules: tuple[Rule, ...]
    consents: tuple[str, ...]


def explanation(party: Party, data_class: DataClass) -> Explanation:
    """Explain what a party sees of a class."""
    rules = applying(party, data_class)
    opens = any(rule.effect is not Effect.FORBID for rule in rules)
    consents = dict.fromkeys(fact.name for rule in rules if opens for fact in rule.facts if fact in _CONSENTS)
    return Explanation(
        party=party,
        data_class=data_class,
        sight=cell(party, data_class),
        under_ground=cell(party, data_class, under_ground=True),
        purpose=party.purpose,
        purpose_fits=party.purpose in data_class.purposes,
        rules=rules,
        consents=tuple(consents),
    )


def explain(party: str, data_class: str) -> str:
    """
    Say what a party sees of a class, on what that depends, and which rules make it so.

    Args:
        party: The name of a party, in any case.
        data_class: The name of a class, in any case.

    Raises:
        LookupError: There is no such party or class; the text lists those there are.
    """
    asking = next((known for known in Party if known.name == party.upper()), None)
    if asking is None:
        raise LookupError(f"There is no such party; there are {', '.join(known.name for known in Party)}.")
    about = BY_NAME.get(data_class.upper())
    if about is None:
        raise LookupError(f"There is no such class; there are {', '.join(BY_NAME)}.")
    return "\n".join(_lines(explanation(asking, about))) + "\n"


def _lines(told: Explanation) -> list[str]:
    purposes = ", ".join(sorted(purpose.name for purpose in told.data_class.purposes))
    fits = "which fits" if told.purpose_fits else "which does not fit"
    ground = [f"  under a legal ground: {told.under_ground}"] if told.under_ground != told.sight else []
    return [
        f"{told.party.name} ({told.party.value}) and {told.data_class.name} ({told.data_class.category.value}):",
        f"  {told.sight}",
        *ground,
        f"It may be used for {purposes}; {told.party.name} asks for {told.purpose.name}, {fits}.",
        "Rules:",
        *(f"  {rule.clause:<6} {_rule(rule)}" for rule in told.rules),
    ]


def _rule(rule: Rule) -> str:
    when = f" when {' and '.join(fact.name for fact in rule.when)}" if rule.when else ""
    unless = f" unless {' or '.join(dict.fromkeys(fact.name for fact in rule.unless))}" if rule.unless else ""
    reading = f" (decision {rule.reading})" if rule.reading is not None else ""
    return f"{rule.effect.value}{when}{unless}: {rule.says}{reading}"
