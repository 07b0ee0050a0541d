"""A world without a piece of the policy lacks that piece alone, and for no longer than it is entered."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from commerce import passwords
from commerce.passwords import WeakPassword, require_strength
from models.orders import Order
from permissions.may_see import PolicyExtension
from policy import decide as deciding
from policy import rules
from policy.ages import AgeBand
from policy.classes import ORDER
from policy.decide import decide
from policy.enforcement import GUARDS
from policy.facts import Ask
from policy.parties import Party
from policy.viewer import ANONYMOUS, Case
from tests.clauses.mutants import extension_of, field_open, rows_open, with_rules, without_clause, without_guard

ROOT = Path(__file__).parents[2]
A_SUPPLIER_ASKS = Ask(
    party=Party.SUPPLIER,
    data_class=ORDER,
    purpose_fits=True,
    age=AgeBand.ADULT,
    guardian_consents=False,
    account_cancelled=False,
    window_open=True,
    ticket_open=False,
    membership_verified=False,
    staff_trained=False,
)


def plain(number: int, *, factor: int = 2) -> int:
    """A guard as most are."""
    return number * factor


async def awaited(number: int) -> int:
    """A guard that waits."""
    return number


def closed_over(factor: int) -> Callable[[int], int]:
    """Make a guard with a closure."""

    def guard(number: int) -> int:
        return number * factor

    return guard


def test_without_a_clause_its_rules_decide_nothing_and_others_do() -> None:
    before = decide(A_SUPPLIER_ASKS)

    with without_clause("P4.2", []):
        meanwhile = decide(A_SUPPLIER_ASKS)
        left = {rule.clause for rule in rules.RULES}

    assert (before.is_clear, meanwhile.is_clear) == (True, False)
    assert "P4.2" not in left
    assert "P2.6" in left
    assert decide(A_SUPPLIER_ASKS) == before


def test_rules_are_exchanged_under_every_name_that_they_were_imported_by() -> None:
    whole = deciding.RULES

    with with_rules(()):
        assert (rules.RULES, deciding.RULES, deciding.applying(Party.SELF, ORDER)) == ((), (), ())

    assert rules.RULES is deciding.RULES is whole
    assert deciding.applying(Party.SELF, ORDER)


def test_without_a_clause_its_guard_lets_everything_pass_however_it_was_imported() -> None:
    with without_clause("P5.7", [kept for kept in GUARDS if kept.clause == "P5.7"]):
        require_strength("123", [])
        passwords.require_strength("123", [])

    with pytest.raises(WeakPassword):
        require_strength("123", [])


async def test_a_guard_gives_what_it_would_in_a_world_without_its_clause() -> None:
    doubled = closed_over(2)

    with without_guard(plain, "open"), without_guard(awaited, {"open"}), without_guard(doubled, None):
        assert (plain(3), plain(3, factor=4), await awaited(3), doubled(3)) == ("open", "open", {"open"}, None)

    assert (plain(3), plain(3, factor=4), await awaited(3), doubled(3)) == (6, 12, 3, 6)


def test_a_guard_that_is_no_plain_function_is_refused() -> None:
    with pytest.raises(TypeError, match="put `keeps` directly over a plain function"), without_guard(len, 0):
        raise AssertionError("a builtin has no code to exchange")


def test_a_field_is_open_only_meanwhile_and_no_other_with_it() -> None:
    number, status = extension_of("Order", "number"), extension_of("Order", "status")

    def is_open(extension: PolicyExtension) -> bool:
        return extension.verdict(ANONYMOUS, Case.nobody(), lambda: True).decision.is_clear

    with field_open("Order", "number"):
        assert is_open(number)
        assert not is_open(status)

    assert not is_open(number)


def test_rows_are_open_only_meanwhile() -> None:
    with rows_open(Order):
        meanwhile = Order.visible_to(ANONYMOUS).scope.where

    assert meanwhile == "TRUE"
    assert Order.visible_to(ANONYMOUS).scope.where == "FALSE"


TRIED = """
import pytest
from commerce.passwords import WeakPassword, require_strength

@pytest.mark.clause("P5.7")
def test_a_weak_password_is_refused():
    with pytest.raises(WeakPassword):
        require_strength("123", [])
"""
IDLE = """
@pytest.mark.clause("P5.7")
def test_that_looks_away():
    assert True

@pytest.mark.clause("P5.7")
def test_that_always_fails():
    raise AssertionError

@pytest.mark.clause("P2.12")
def test_of_what_nothing_keeps():
    assert True
"""


def _mutated(folder: Path, tests: str, *options: str) -> tuple[int, str]:
    (folder / "test_tried.py").write_text(tests, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.clauses.plugin", "-p", "no:cacheprovider"]
    command += ["-c", os.devnull, "--rootdir", str(folder), "--mutate", "clauses", *options, str(folder)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    return ran.returncode, ran.stdout


def test_a_run_passes_where_every_mark_depends_on_its_clause(tmp_path: Path) -> None:
    status, said = _mutated(tmp_path, TRIED, "--mutate-only", "P5.7")

    assert (status, "clauses: 1 of 1 caught" in said) == (0, True), said


def test_a_run_fails_and_names_every_mark_that_does_not_count(tmp_path: Path) -> None:
    status, said = _mutated(tmp_path, TRIED + IDLE)

    assert status == 1, said
    assert "P5.7: test_tried.py::test_that_looks_away passes without 1 guard" in said
    assert "P5.7: test_tried.py::test_that_always_fails fails with the policy whole as well" in said
    assert (
        "P2.12: test_tried.py::test_of_what_nothing_keeps is marked with it, but no rule and no guard keeps it" in said
    )
    assert "P4.2: no test is marked clause('P4.2')" in said
    assert "test_a_weak_password_is_refused" not in said
