"""The clauses against a second, naive reading of the same policy by another hand (docs/decisions/0008)."""

from collections import Counter

from policy.decide import Decision, decide
from policy.facts import Ask
from tests.policy.asks import asks_at_random
from tests.policy.both_readings import facts_of, second_sight, second_sights
from tests.policy.second_reading_differences import ON_RECORD, Difference, on_record
from tests.policy.second_reading_words import Facts
from tests.reporting import report

OF_EACH = 50


def test_both_readings_agree_on_the_whole_domain_but_for_what_is_on_record(world: list[tuple[Ask, Decision]]) -> None:
    found: Counter[int] = Counter()
    used: set[Difference] = set()
    news: list[tuple[str, str, str, str, Facts]] = []
    for ask, decision in world:
        numbers: set[int] = set()
        for facts, second in second_sights(ask):
            first = decision.sight.value
            if first == second:
                continue
            difference = on_record(ask.party.name, ask.data_class.name, first, second, facts)
            if difference is None:
                news.append((ask.party.name, ask.data_class.name, first, second, facts))
            else:
                used.add(difference)
                numbers.add(difference.number)
        found.update(numbers)

    assert news[:5] == []
    assert set(ON_RECORD) - used == set(), "these are settled and have to leave the record"
    by_number = ", ".join(f"({number}) {count:,}" for number, count in sorted(found.items()))
    report(f"second reading: {len(world):,} collapsed asks, every fact of either; on record and open: {by_number}")


def test_both_readings_agree_on_asks_at_random_but_for_what_is_on_record() -> None:
    asks = asks_at_random(OF_EACH, seed=8)

    pairs = [(ask, decide(ask).sight.value, second_sight(ask)) for ask in asks]

    apart = [(ask, first, second) for ask, first, second in pairs if first != second]
    news = [
        (ask, first, second)
        for ask, first, second in apart
        if on_record(ask.party.name, ask.data_class.name, first, second, facts_of(ask)) is None
    ]
    assert news == []
    report(f"second reading: {len(asks):,} asks at random, {len(asks) - len(apart):,} equal, the others on record")
