"""The questions that can be put to the policy: their number, those that differ, and those of the second reading."""

from itertools import product
from math import prod

from policy.classes import CLASSES
from policy.facts import Ask
from policy.matrix import VALUES, asks, facts_read
from policy.parties import Party

# What the second reading has read (docs/decisions/0008): it knows no carrier and none of the later facts.
READ_TWICE = tuple(party for party in Party if party is not Party.CARRIER)
LATER_FACTS = frozenset({"delegated", "in_standing", "region_fits", "objected", "version_pending"})
# Read off the whole policy, once: in a world without a clause the laws still ask about the facts that it spoke of.
_READ = {(party, data_class): facts_read(party, data_class) for party, data_class in product(Party, CLASSES)}


def count_of_all() -> int:
    """Count every ask there is; they are too many to be listed."""
    return len(Party) * len(CLASSES) * prod(len(values) for values in VALUES.values())


def collapsed_asks() -> list[Ask]:
    """List one ask for each set of asks that differ only in facts which no rule on their party and class reads."""
    return [
        ask
        for party, data_class in product(Party, CLASSES)
        for ask in asks(party, data_class, _READ[party, data_class])
    ]


def asks_of(party: Party) -> list[Ask]:
    """List all asks of a party that differ in a fact which matters to it for any class."""
    facts = tuple(name for name in VALUES if any(name in _READ[party, each] for each in CLASSES))
    return [ask for data_class in CLASSES for ask in asks(party, data_class, facts)]


def asks_read_twice() -> list[Ask]:
    """List all asks about which the second reading has something to say."""
    facts = tuple(name for name in VALUES if name not in LATER_FACTS)
    return [ask for party, data_class in product(READ_TWICE, CLASSES) for ask in asks(party, data_class, facts)]
