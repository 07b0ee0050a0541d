"""The questions that can be put to the policy: their number, those that differ, and some at random."""

import random
from itertools import product
from math import prod

from policy.ages import AgeBand
from policy.classes import CLASSES, DataClass
from policy.facts import Ask
from policy.matrix import VALUES, asks, facts_read
from policy.parties import Party

# Read off the whole policy, once: in a world without a clause the laws still ask about the facts that it spoke of.
READ = {(party, data_class): facts_read(party, data_class) for party, data_class in product(Party, CLASSES)}


def plain(party: Party, data_class: DataClass) -> Ask:
    """Make the ask in which nothing stands in the way of whoever may see the class at all."""
    return Ask(party, data_class, True, AgeBand.ADULT, False, False, True, True, True, True, own_consent=True)


def count_of_all() -> int:
    """Count every ask there is; they are too many to be listed."""
    return len(Party) * len(CLASSES) * prod(len(values) for values in VALUES.values())


def collapsed_asks() -> list[Ask]:
    """List one ask for each set of asks that differ only in facts which no rule on their party and class reads."""
    return [
        ask for party, data_class in product(Party, CLASSES) for ask in asks(party, data_class, READ[party, data_class])
    ]


def asks_of(party: Party) -> list[Ask]:
    """List all asks of a party that differ in a fact which matters to it for any class."""
    facts = tuple(name for name in VALUES if any(name in READ[party, each] for each in CLASSES))
    return [ask for data_class in CLASSES for ask in asks(party, data_class, facts)]


def asks_at_random(of_each: int, seed: int) -> list[Ask]:
    """Draw as many asks of each party and class, from all values of all facts; the same ones for the same seed."""
    chance = random.Random(seed)
    return [
        Ask(party, data_class, **{name: chance.choice(values) for name, values in VALUES.items()})
        for party, data_class in product(Party, CLASSES)
        for _ in range(of_each)
    ]
