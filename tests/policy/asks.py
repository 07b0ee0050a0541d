"""The questions that can be put to the policy: their number, those that differ, and those of the second reading."""

from itertools import product
from math import prod

from policy.ages import AgeBand
from policy.classes import CLASSES, DataClass
from policy.facts import Ask
from policy.matrix import VALUES, asks, facts_read
from policy.parties import Party
from tests.policy.second_reading import READ_CLASSES

# What the second reading has read (docs/decisions/0008): it knows these parties and classes, and no later facts.
READ_TWICE = (Party.SELF, Party.GUARDIAN, Party.SUPPLIER, Party.AGENT, Party.OPERATOR, Party.STRANGER)
LATER_FACTS = frozenset(Ask._field_defaults)
# Read off the whole policy, once: in a world without a clause the laws still ask about the facts that it spoke of.
_READ = {(party, data_class): facts_read(party, data_class) for party, data_class in product(Party, CLASSES)}


def plain(party: Party, data_class: DataClass) -> Ask:
    """Make the ask in which nothing stands in the way of whoever may see the class at all."""
    return Ask(party, data_class, True, AgeBand.ADULT, False, False, True, True, True, True, own_consent=True)


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
    classes = [data_class for data_class in CLASSES if data_class.name in READ_CLASSES]
    return [ask for party, data_class in product(READ_TWICE, classes) for ask in asks(party, data_class, facts)]
