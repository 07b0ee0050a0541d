"""Every question that can be put to the policy, and the fewer ones that differ."""

from itertools import product

from policy.classes import CLASSES
from policy.facts import Ask
from policy.matrix import VALUES, asks, facts_read
from policy.parties import Party


def every_ask() -> list[Ask]:
    """List every ask there is."""
    return [
        Ask(party, data_class, *values)
        for party, data_class in product(Party, CLASSES)
        for values in product(*VALUES.values())
    ]


def collapsed_asks() -> list[Ask]:
    """List one ask for each set of asks that differ only in facts which no rule on their party and class reads."""
    return [
        ask
        for party, data_class in product(Party, CLASSES)
        for ask in asks(party, data_class, facts_read(party, data_class))
    ]
