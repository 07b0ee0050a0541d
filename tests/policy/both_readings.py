"""The second reading, asked about whatever the rules are asked about and about all that only it reads."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, cast

from policy.facts import Ask
from policy.matrix import VALUES
from tests.policy.asks import READ
from tests.policy.second_reading import sight
from tests.policy.second_reading_words import Facts


class _NotSaid(Exception):
    def __init__(self, fact: str) -> None:
        super().__init__(fact)
        self.fact = fact


class _Said:
    """Facts of which some are left open."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self._facts = facts

    def __getattr__(self, fact: str) -> Any:
        if fact not in self._facts:
            raise _NotSaid(fact)
        return self._facts[fact]


def second_sight(ask: Ask) -> str:
    """Say what the second reading answers to one ask."""
    return sight(ask.party.name, ask.data_class.name, facts_of(ask))


def facts_of(ask: Ask) -> Facts:
    """Put an ask into the words of the second reading."""
    return Facts(**{fact: _word(getattr(ask, fact)) for fact in VALUES})


def second_sights(ask: Ask) -> Iterator[tuple[Facts, str]]:
    """Tell all that the second reading answers to the asks for which a collapsed one stands.

    The rules read none of the facts that are left open here, so they give one answer for all of them.
    """
    facts = facts_of(ask)
    said = {fact: getattr(facts, fact) for fact in READ[ask.party, ask.data_class]}
    for more, answer in _answers(ask.party.name, ask.data_class.name, said):
        yield facts._replace(**more), answer


def _answers(party: str, data_class: str, said: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    try:
        answer = sight(party, data_class, cast("Facts", _Said(said)))
    except _NotSaid as open_still:
        for value in VALUES[open_still.fact]:
            yield from _answers(party, data_class, {**said, open_still.fact: _word(value)})
    else:
        yield said, answer


def _word(value: Any) -> Any:
    return value.name if isinstance(value, Enum) else value
