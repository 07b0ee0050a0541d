"""The policy as a text that is reviewed."""

import re
from pathlib import Path

import pytest

from policy.classes import CLASSES
from policy.decide import decide
from policy.explain import explain
from policy.matrix import asks, cell, facts_read, matrix
from policy.parties import Party

CHECKED_IN = Path(__file__).parents[2] / "policy" / "matrix.txt"


def test_the_checked_in_matrix_is_what_the_policy_decides() -> None:
    assert CHECKED_IN.read_text(encoding="utf-8") == matrix(), "Run `python3 dev.py schema` and review the difference."


@pytest.mark.parametrize("party", list(Party)[::4], ids=lambda party: party.name)
def test_a_cell_tells_of_each_sight_that_somebody_may_get_and_of_no_other(party: Party) -> None:
    for about in CLASSES:
        decided = {decide(ask).sight.value for ask in asks(party, about, facts_read(party, about))}

        told = f"{cell(party, about)} {cell(party, about, under_ground=True)}"
        assert set(re.findall("[A-Z]+", told)) == decided, f"{about.name}: {told}"


def test_an_explanation_names_the_rule_and_its_clause() -> None:
    told = explain("supplier", "recipient_phone")

    assert "P2.6   permit when window" in told
    assert "window closed: MASK" in told


@pytest.mark.parametrize(("party", "data_class"), [("courier", "PHONE"), ("agent", "SHOE_SIZE")])
def test_an_unknown_word_is_answered_with_those_there_are(party: str, data_class: str) -> None:
    with pytest.raises(LookupError, match="there are"):
        explain(party, data_class)
