"""Versions of the policy as data: what they say, in what two of them differ, and what then waits for consent."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from policy.classes import CART, EMAIL, IDENTITY_DOCUMENT, ORDER, RECIPIENT_PHONE, DataClass
from policy.decide import Sight, decide
from policy.facts import STAFF_TRAINED, WINDOW_OPEN, Ask
from policy.matrix import asks, facts_read
from policy.parties import Party
from policy.pending_uses import pending_uses
from policy.purposes import Purpose
from policy.rules import Effect, Rule
from policy.version_changes import THEMSELVES, Change, ChangeKind, Difference, difference
from policy.versions import (
    CLEAR,
    MASK,
    NULL,
    PROGRAM_RULES,
    Snapshot,
    name_of,
    name_of_value,
    program_name,
    read,
    snapshot,
    written,
)

ROOT = Path(__file__).parents[2]
FEW: tuple[DataClass, ...] = (EMAIL, CART, ORDER, RECIPIENT_PHONE)
# Rules that say something of these classes; dropping others changes nothing of them.
SPEAKING = tuple(rule for rule in PROGRAM_RULES if rule.classes & frozenset(FEW))


def said(rules: tuple[Rule, ...] = PROGRAM_RULES) -> Snapshot:
    return snapshot(rules, FEW)


def less(*dropped: Rule) -> tuple[Rule, ...]:
    return tuple(rule for rule in PROGRAM_RULES if rule not in dropped)


def rules_of(effect: Effect) -> list[Rule]:
    return [rule for rule in SPEAKING if rule.effect is effect]


def find(clause: str, party: Party, data_class: DataClass, effect: Effect = Effect.PERMIT) -> Rule:
    return next(
        rule
        for rule in SPEAKING
        if (rule.clause, rule.effect) == (clause, effect) and party in rule.parties and data_class in rule.classes
    )


def shown_by(version: Snapshot, ask: Ask) -> str:
    cell = version.cell(ask.party.name, ask.data_class.name)
    return cell.at({fact: name_of_value(getattr(ask, fact)) for fact in cell.facts})


PHONE_IN_WINDOW = find("P2.6", Party.SUPPLIER, RECIPIENT_PHONE)
versions = some.lists(some.sampled_from(SPEAKING), max_size=4, unique=True).map(lambda dropped: said(less(*dropped)))


def test_a_snapshot_says_what_the_rules_decide_of_every_ask() -> None:
    whole = snapshot()

    for party, about in product(Party, (*FEW, IDENTITY_DOCUMENT)):
        for ask in asks(party, about, facts_read(party, about)):
            if ask.purpose_fits and not ask.version_pending:
                assert (
                    shown_by(whole, ask) == {Sight.CLEAR: CLEAR, Sight.MASK: MASK, Sight.NULL: NULL}[decide(ask).sight]
                )


def test_a_snapshot_is_read_back_as_it_was_written() -> None:
    whole = snapshot()

    stored = json.loads(json.dumps(written(whole)))

    assert read(whole.name, stored) == whole


def test_a_version_has_another_name_exactly_if_its_rules_say_something_else() -> None:
    reordered = tuple(reversed(PROGRAM_RULES))
    reworded = tuple(replace(rule, says="something", clause="P0.1") for rule in PROGRAM_RULES)

    assert name_of() == name_of(reordered) == name_of(reworded)
    names = {name_of(less(rule)) for rule in PROGRAM_RULES}
    assert name_of() not in names
    assert len(names) == len(PROGRAM_RULES)
    assert name_of(classes=FEW) != name_of(classes=FEW[1:])


def test_a_version_does_not_differ_from_itself() -> None:
    assert difference(said(), said()) == Difference(())
    assert difference(said(), replace(said(), name="the same under another name")).changes == ()


@settings(max_examples=25, deadline=None)
@given(versions, versions)
def test_the_way_back_takes_back_each_change(one: Snapshot, other: Snapshot) -> None:
    there, back = difference(one, other), difference(other, one)

    assert set(back.changes) == set(there.reverse.changes)


@settings(max_examples=25, deadline=None)
@given(versions, versions, versions)
def test_what_widens_over_two_steps_widens_in_one_of_them(one: Snapshot, two: Snapshot, three: Snapshot) -> None:
    over_both = difference(one, three).changes

    steps = (*difference(one, two).changes, *difference(two, three).changes)

    def about(changes: tuple[Change, ...], *, wider: bool) -> set[tuple[str, str | None, str | None]]:
        return {(each.data_class, each.party, each.purpose) for each in changes if each.kind.is_wider is wider}

    assert about(over_both, wider=True) <= about(steps, wider=True)
    assert about(over_both, wider=False) <= about(steps, wider=False)


@pytest.mark.clause("P9.3")
def test_whatever_opens_more_is_material() -> None:
    for rule in rules_of(Effect.FORBID):
        opened = difference(said(), said(less(rule)))
        assert all(change.kind.is_wider for change in opened.changes)
        assert opened.is_material is any(change.party not in THEMSELVES for change in opened.changes)
    without = less(PHONE_IN_WINDOW)
    assert difference(said(without), said()).is_material


def test_whatever_closes_something_is_not_material() -> None:
    for rule in [*rules_of(Effect.PERMIT), *rules_of(Effect.MASK)]:
        closed = difference(said(), said(less(rule)))
        assert not closed.is_material
        assert not any(change.kind.is_wider for change in closed.changes)


def test_a_condition_that_is_dropped_widens_without_a_new_recipient() -> None:
    always = replace(PHONE_IN_WINDOW, when=tuple(fact for fact in PHONE_IN_WINDOW.when if fact is not WINDOW_OPEN))

    (changed, *others) = difference(said(), said((*less(PHONE_IN_WINDOW), always))).awaiting_consent

    assert not others or {each.party for each in others} <= {party.name for party in PHONE_IN_WINDOW.parties}
    assert changed.kind in (ChangeKind.MASK_LOOSENED, ChangeKind.CONDITIONS_LOOSENED)
    assert changed.party == "SUPPLIER" or changed.party in {party.name for party in PHONE_IN_WINDOW.parties}


def test_a_mask_that_becomes_clear_is_told_as_that() -> None:
    shown = Rule(
        "P9.3", Effect.PERMIT, "Operators see phones.", frozenset({Party.OPERATOR}), frozenset({RECIPIENT_PHONE})
    )

    changes = difference(said(), said((*PROGRAM_RULES, shown))).changes

    kinds = {change.kind for change in changes}
    assert ChangeKind.MASK_LOOSENED in kinds
    assert {(change.party, change.data_class) for change in changes} == {("OPERATOR", "RECIPIENT_PHONE")}


def test_new_data_and_new_purposes_are_told_and_material() -> None:
    whole = said()
    terms = whole.classes["EMAIL"]
    fewer = replace(terms, purposes=terms.purposes - {Purpose.AFFILIATE_ACCOUNT.name})
    before = replace(whole, name="before", classes={**whole.classes, "EMAIL": fewer})
    without = replace(
        whole, name="less", classes={name: each for name, each in whole.classes.items() if name != "CART"}
    )

    purpose, data = difference(before, whole), difference(without, whole)

    assert purpose.changes == (Change(ChangeKind.PURPOSE_ADDED, "EMAIL", purpose=Purpose.AFFILIATE_ACCOUNT.name),)
    assert purpose.changes[0].says == (
        "Email (basic information) may also be used to serve people at affiliates by their account."
    )
    assert data.changes[0] == Change(ChangeKind.DATA_ADDED, "CART")
    assert purpose.is_material
    assert data.is_material


def test_what_people_see_of_their_own_is_a_right_and_what_others_see_is_none() -> None:
    own = find("P6.1", Party.SELF, EMAIL)

    taken = difference(said(), said(less(own)))
    from_others = difference(said(), said(less(PHONE_IN_WINDOW)))

    assert {change.party for change in taken.taken_rights} >= {"SELF"}
    assert not taken.is_material
    assert from_others.taken_rights == ()


def test_that_people_see_more_of_their_own_is_no_use_to_consent_to() -> None:
    own = find("P6.1", Party.SELF, EMAIL)

    assert not difference(said(less(own)), said()).is_material


@pytest.mark.clause("P9.3")
def test_nobody_else_is_shown_more_than_the_version_that_was_agreed_to_allows() -> None:
    stricter = replace(PHONE_IN_WINDOW, when=(*PHONE_IN_WINDOW.when, STAFF_TRAINED))
    agreed_rules = (*less(PHONE_IN_WINDOW, find("P2.7", Party.AGENT, EMAIL)), stricter)
    agreed = said(agreed_rules)
    pending = pending_uses(agreed, said())
    assert pending is not None

    for party in Party:
        for about in FEW:
            facts = (*facts_read(party, about), "staff_trained")
            for ask in asks(party, about, tuple(dict.fromkeys(fact for fact in facts if fact != "version_pending"))):
                before, now = shown_by(agreed, ask) == CLEAR, decide(ask).is_clear
                is_covered = pending.covers(ask, party.purpose)
                if ask.purpose_fits and party.name not in THEMSELVES:
                    assert is_covered is (now and not before), ask
                if is_covered and not ask.legal_ground:
                    assert not decide(ask._replace(version_pending=True)).is_clear, ask


def test_a_new_purpose_is_closed_to_whoever_asks_for_it_and_the_old_ones_are_not() -> None:
    whole = said()
    fewer = replace(whole.classes["ORDER"], purposes=frozenset({Purpose.FULFILMENT.name}))
    agreed = replace(whole, name="before", classes={**whole.classes, "ORDER": fewer})
    (ask,) = asks(Party.SUPPLIER, ORDER, ())

    pending = pending_uses(agreed, whole)

    assert pending is not None
    assert pending.covers(ask, Purpose.SECURITY)
    assert not pending.covers(ask, Purpose.FULFILMENT)


def test_nothing_waits_for_whoever_agreed_to_as_much_or_more() -> None:
    assert pending_uses(said(), said()) is None
    assert pending_uses(said(), said(less(PHONE_IN_WINDOW))) is None


def test_what_was_agreed_to_under_a_fact_that_is_gone_is_not_agreed_to() -> None:
    whole = said()
    cell = whole.cell("SUPPLIER", "RECIPIENT_PHONE")
    facts, values = ("a_fact_of_the_past", *cell.facts), (("no", "yes"), *cell.values)
    under_it = replace(cell, facts=facts, values=values, sights="0" * len(cell.sights) + cell.sights)
    agreed = replace(whole, name="past", cells={**whole.cells, ("SUPPLIER", "RECIPIENT_PHONE"): under_it})
    (ask,) = asks(Party.SUPPLIER, RECIPIENT_PHONE, ())

    pending = pending_uses(agreed, whole)

    assert decide(ask).is_clear
    assert pending is not None
    assert pending.covers(ask, Purpose.FULFILMENT)


def test_every_process_calls_what_the_rules_say_alike() -> None:
    ask = [sys.executable, "-c", "from policy.versions import program_name; print(program_name())"]

    names = {
        subprocess.run(  # it is this program
            ask, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout.strip()
        for seed in ("1", "2", "3")
    }

    assert names == {program_name()}
