"""Where the two readings of the policy differ, by the numbers of docs/decisions/0008; nowhere, as things stand."""

from collections.abc import Callable
from typing import NamedTuple

from tests.policy.second_reading_words import Facts


class Difference(NamedTuple):
    """One thing that the rules say in one way, and the second reading in another."""

    number: int
    parties: tuple[str, ...]
    classes: tuple[str, ...]
    rules: str
    second: str
    where: Callable[[Facts], bool]


ON_RECORD: tuple[Difference, ...] = ()


def on_record(party: str, data_class: str, rules: str, second: str, facts: Facts) -> Difference | None:
    """Find the difference of which this is a case."""
    for known in ON_RECORD:
        is_of_it = party in known.parties and data_class in known.classes and known.where(facts)
        if is_of_it and (rules, second) == (known.rules, known.second):
            return known
    return None
