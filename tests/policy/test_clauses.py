"""The register of clauses is whole, says no more than is so, and its page is up to date."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from policy.classes import ORDER, RECIPIENT_PHONE
from policy.clauses import NOT_PRINTED, REGISTER, Clause, Status, clause
from policy.pages import Keeping, render
from policy.parties import Party
from policy.rules import RULES, Effect, Rule
from server.policy_pages import ClauseNotReadable, clauses_page, keeping, marked_tests

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "policy" / "clauses.md"
# A number of the text, and behind it items as they are printed: `5.7`, `4(1)2`, `1(2)(3)`.
SECTION = re.compile(r"preamble|[1-9](\.\d+)?(\(\d+\)|\d+)*")


@pytest.fixture(scope="module")
def kept() -> Keeping:
    return keeping()


def test_every_clause_is_registered_once() -> None:
    ids = [each.id for each in REGISTER]

    assert len(ids) == len(set(ids)) == 61
    assert all(re.fullmatch(r"P[0-9]\.\d+[a-z]?", each) for each in ids)


def test_no_clause_is_looked_up_that_is_not_registered() -> None:
    assert clause("P5.7").section == "5.7"
    with pytest.raises(LookupError, match=r"no clause `P3\.1`; `docs/policy/clauses.md` lists all"):
        clause("P3.1")


@pytest.mark.parametrize("each", REGISTER, ids=lambda each: each.id)
def test_a_clause_says_where_it_is_printed_and_what_is_so(each: Clause) -> None:
    assert each.section == NOT_PRINTED or SECTION.fullmatch(each.section)
    assert all(text.endswith(".") for text in (each.promises, each.holds_now, each.outside) if text)
    if each.status is Status.ENFORCED:
        assert not each.holds_now, "of an enforced clause the whole holds"
    if each.status is Status.OUTSIDE_SOFTWARE:
        assert each.outside, "the reason belongs to it"


@pytest.mark.parametrize(
    ("section", "is_cited_as_printed"),
    [
        ("5.7", True),
        ("4(1)2", True),
        ("4(1)(2)", True),
        ("preamble", True),
        ("P5.7", False),
        ("4.1.2.", False),
        ("", False),
    ],
)
def test_sections_are_cited_as_they_are_printed(section: str, is_cited_as_printed: bool) -> None:
    assert bool(SECTION.fullmatch(section)) is is_cited_as_printed


def test_every_clause_that_a_rule_or_guard_cites_is_registered(kept: Keeping) -> None:
    cited = {rule.clause for rule in kept.rules} | {guard.clause for guard in kept.guards} | set(kept.tests)

    assert cited - {each.id for each in REGISTER} == set()


def test_every_enforced_clause_is_kept_by_something_and_has_a_test(kept: Keeping) -> None:
    by_code = {rule.clause for rule in kept.rules} | {guard.clause for guard in kept.guards}

    for each in REGISTER:
        if each.status is Status.ENFORCED:
            assert each.id in by_code, f"{each.id} is enforced by no rule and no guard"
            assert kept.tests.get(each.id), f"{each.id} is enforced and has no test"


def test_every_clause_that_is_kept_in_part_says_in_which_and_has_a_test(kept: Keeping) -> None:
    for clause_id in {rule.clause for rule in kept.rules} | {guard.clause for guard in kept.guards}:
        each = clause(clause_id)
        assert each.status is Status.ENFORCED or each.holds_now, f"{each.id} is kept in part; say in which"
        assert kept.tests.get(each.id), f"{each.id} is kept by code and has no test"


def test_the_page_is_what_the_code_says() -> None:
    written = PAGE.read_text(encoding="utf-8")

    assert written == clauses_page(), "docs/policy/clauses.md is out of date; run `avow schema --write`."


def test_the_page_leads_from_a_clause_to_rules_fields_columns_and_tests() -> None:
    whom = (rule for rule in RULES if rule.clause == "P2.6" and RECIPIENT_PHONE in rule.classes)
    rule = replace(next(whom), parties=frozenset({Party.SUPPLIER}))
    page = render(
        Keeping(
            rules=[rule],
            guards=[],
            fields=[("Order", "number", ORDER), ("OrderRecipient", "phone", RECIPIENT_PHONE)],
            columns=[("order", "number", ORDER), ("recipient", "phone", RECIPIENT_PHONE)],
            tests={"P2.6": [("tests/a.py", "test_it_closes")]},
        )
    )

    entry = page.partition("### P2.6: ")[2].partition("### ")[0]
    assert f"- Rule, permit: {rule.says} ({Party.SUPPLIER.name}; RECIPIENT_NAME, RECIPIENT_PHONE and" in entry
    assert "- Fields: OrderRecipient `phone`\n- Columns: recipient `phone`\n" in entry
    assert "- Tests in [tests/a.py](../../tests/a.py): it closes" in entry


def test_a_rule_on_everything_is_told_in_short() -> None:
    rule = Rule("P2.10", Effect.FORBID, "Nothing.", frozenset(Party), frozenset({ORDER, RECIPIENT_PHONE}))
    fields = [("Order", "number", ORDER), ("OrderRecipient", "phone", RECIPIENT_PHONE)]

    page = render(Keeping([rule], [], fields, [], {}))

    assert "(any party; ORDER and RECIPIENT_PHONE)\n- Fields: every classified field\n- Columns: none yet\n" in page


def test_marks_are_read_from_functions_classes_and_modules(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(
        'pytestmark = [pytest.mark.clause("P1.1")]\n'
        '@pytest.mark.clause("P2.1")\n'
        'class TestAll:\n    @pytest.mark.clause("P3.1")\n    async def test_one(self): ...\n'
        '@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.clause("P4.1"))])\ndef test_two(x): ...\n'
        "def no_test(): ...\n",
        encoding="utf-8",
    )
    file = f"{tmp_path.name}/test_some.py"

    assert marked_tests(tmp_path) == {
        "P1.1": [(file, "test_one"), (file, "test_two")],
        "P2.1": [(file, "test_one")],
        "P3.1": [(file, "test_one")],
        "P4.1": [(file, "test_two")],
    }


def test_a_mark_names_its_clause_as_a_text(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text("@pytest.mark.clause(NAME)\ndef test_one(): ...\n", encoding="utf-8")

    with pytest.raises(ClauseNotReadable, match=r"test_some.py:1` must name its clause as a text"):
        marked_tests(tmp_path)
