"""The policy as a text that is reviewed."""

from pathlib import Path

import pytest

from policy.explain import explain
from policy.matrix import matrix

CHECKED_IN = Path(__file__).parents[2] / "policy" / "matrix.txt"


def test_the_checked_in_matrix_is_what_the_policy_decides() -> None:
    assert CHECKED_IN.read_text(encoding="utf-8") == matrix(), "Run `python3 dev.py schema` and review the difference."


def test_an_explanation_names_the_rule_and_its_clause() -> None:
    told = explain("supplier", "recipient_phone")

    assert "P2.6   permit when window" in told
    assert "window closed: MASK" in told


@pytest.mark.parametrize(("party", "data_class"), [("courier", "PHONE"), ("agent", "SHOE_SIZE")])
def test_an_unknown_word_is_answered_with_those_there_are(party: str, data_class: str) -> None:
    with pytest.raises(LookupError, match="there are"):
        explain(party, data_class)
