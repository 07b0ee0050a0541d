"""The policy's answers to everything there is to ask, for the laws."""

import time

import pytest

from policy.decide import Decision, decide
from policy.facts import Ask
from tests.policy.asks import collapsed_asks, count_of_all
from tests.reporting import report


@pytest.fixture(scope="module")
def world() -> list[tuple[Ask, Decision]]:
    """Answer every ask that differs from the others in something that a rule reads."""
    began = time.process_time()
    answered = [(ask, decide(ask)) for ask in collapsed_asks()]
    seconds = time.process_time() - began
    report(f"laws: {count_of_all():,} asks raw, {len(answered):,} collapsed, decided in {seconds:.1f} s of CPU")
    return answered
