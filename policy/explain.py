"""Explains when a party may see a class of personal data, and under which clauses."""

from policy.classes import BY_NAME, DataClass
from policy.decide import applying
from policy.matrix import cell
from policy.parties import Party


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
    return "\n".join([*_heading(asking, about), *_rules(asking, about)]) + "\n"


def _heading(party: Party, data_class: DataClass) -> list[str]:
    purposes = ", ".join(sorted(purpose.name for purpose in data_class.purposes))
    fits = "which fits" if party.purpose in data_class.purposes else "which does not fit"
    return [
        f"{party.name} ({party.value}) and {data_class.name} ({data_class.category.value}):",
        f"  {cell(party, data_class)}",
        f"It may be used for {purposes}; {party.name} asks for {party.purpose.name}, {fits}.",
    ]


def _rules(party: Party, data_class: DataClass) -> list[str]:
    lines: list[str] = []
    for rule in applying(party, data_class):
        when = f" when {' and '.join(fact.name for fact in rule.when)}" if rule.when else ""
        unless = f" unless {' or '.join(fact.name for fact in rule.unless)}" if rule.unless else ""
        reading = f" (decision {rule.reading})" if rule.reading is not None else ""
        lines.append(f"  {rule.clause:<6} {rule.effect.value}{when}{unless}: {rule.says}{reading}")
    return ["Rules:", *lines]
