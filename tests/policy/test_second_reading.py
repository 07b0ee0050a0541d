"""The clauses against a second, naive reading of the same policy by another hand (docs/decisions/0008)."""

from policy.decide import decide
from policy.facts import Ask
from tests.policy.asks import LATER_FACTS, asks_read_twice
from tests.policy.second_reading import sight
from tests.reporting import report


def test_both_readings_of_the_policy_agree_on_every_ask_that_both_have_read() -> None:
    asks = asks_read_twice()
    differences = [ask for ask in asks if decide(ask).sight.value != _second(ask)]

    assert differences == []
    report(f"second reading: equal on {len(asks):,} of {len(asks):,} asks")


def _second(ask: Ask) -> str:
    facts = {name: value for name, value in ask._asdict().items() if name not in LATER_FACTS}
    party, data_class, age = facts.pop("party"), facts.pop("data_class"), facts.pop("age")
    return sight(party.name, data_class.name, age=age.value, **facts)
