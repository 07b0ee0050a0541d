"""Whom a column says that it is about is whose key seals it, and on whose facts the policy decides (P1.0)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

import pytest
from tortoise.models import Model

from models import clock
from models.accounts import Account, Staff
from models.columns import About, holding, subject_of
from models.enterprises import EnterpriseContact
from models.guardianships import Guardianship, GuardianshipState
from models.ids import new_id
from models.keys import subject_keys
from models.migrating import declared_models
from models.orders import Recipient
from models.rows import PageRequest
from models.sealed import CellTampered, SealedField, open_cells
from models.sessions import Session
from policy.ages import AgeBand
from policy.classes import CLASSES, DataClass
from policy.facts import HAS_OBJECTED
from policy.rules import RULES, Effect
from policy.subjects import Subject
from policy.viewer import ANONYMOUS
from tests.clauses.mutants import scoped_models
from tests.graphql.world import World

Column = tuple[type[Model], str, DataClass, About | None]
OF_ACCOUNTS = frozenset({Subject.ACCOUNT_HOLDER, Subject.WARD, Subject.GUARDIAN, Subject.STAFF})
AT_MOST = 500


def _columns(*, of: type[Model] | None = None) -> Iterator[Column]:
    """List the personal columns that are declared; those that point here from elsewhere, and copies, are none."""
    for model in declared_models() if of is None else (of,):
        for name, field in cast("dict[str, Any]", model._meta.fields_map).items():
            held = holding(field)
            if isinstance(held, DataClass) and field.reference is None:
                yield model, name, held, subject_of(model, field)


async def _ids(model: Any, by: str, *beside: str) -> list[tuple[Any, ...]]:
    return await model.all().order_by(f"-{model._meta.pk_attr}").limit(AT_MOST).values_list(by, *beside)


@pytest.mark.clause("P1.0")
async def test_a_sealed_column_opens_under_the_key_of_whom_it_is_about_and_under_nobody_elses(world: World) -> None:
    stranger, opened = new_id(), 0
    await subject_keys([stranger], create=True)

    for model, name, _, about in _columns():
        if not isinstance(model._meta.fields_map[name], SealedField):
            continue
        assert about is not None, f"{model.__name__}.{name}"
        rows = [row for row in await _ids(model, about.by, "id", name) if row[2] is not None]
        for subject, row, cell in rows[:20]:
            (plain,) = await open_cells([(model, name, row, subject, cell)])
            assert isinstance(plain, str), f"{model.__name__}.{name}"
            with pytest.raises(CellTampered):
                await open_cells([(model, name, row, stranger, cell)])
        opened += bool(rows)

    assert opened > 20


@pytest.mark.clause("P1.0")
async def test_the_facts_that_decide_are_of_whom_a_row_is_about_or_of_the_account_that_gave_it(world: World) -> None:
    await _sign_in(world)
    models = [model for model in cast("list[Any]", scoped_models()) if model.visible_to(ANONYMOUS).scope.facts]
    compared: set[Any] = set()

    for model in models:
        abouts = {about for _, _, _, about in _columns(of=model)}
        assert None not in abouts, model.__name__
        paths = {about.case or about.by for about in cast("set[About]", abouts)} - {""}
        assert paths, model.__name__
        for viewer in world.viewers.values():
            for seen in (await model.visible_to(viewer).page(PageRequest(50))).rows:
                for path in paths:
                    decides = await model.get(id=seen.row.id).values_list(path, flat=True)
                    assert seen.case.subject == decides, f"{model.__name__}: {path}"
                compared.add(model)

    assert compared == set(models)


async def _sign_in(world: World) -> None:
    instant = clock.now()
    await Session.create(
        account_id=world.subjects["adult"].account.id,
        client_kind="web",
        user_agent_family="Firefox",
        ip_hash=bytes(32),
        created_at=instant,
        last_seen_at=instant,
        expires_at=instant + timedelta(days=1),
    )


@pytest.mark.clause("P1.0")
async def test_a_column_is_about_somebody_of_the_kind_that_it_says(world: World) -> None:
    accounts = {row["id"]: row["age_band"] for row in await Account.all().values("id", "age_band")}
    active = await Guardianship.filter(state=GuardianshipState.ACTIVE).values("minor_id", "guardian_id")
    # Of one that has ended, an age may have been corrected since.
    wards, guardians = {row["minor_id"] for row in active}, {row["guardian_id"] for row in active}
    staff = {row["account_id"] for row in await Staff.all().values("account_id")}
    rows_of = {Subject.RECIPIENT: Recipient, Subject.CONTACT: EnterpriseContact}
    met: set[Subject] = set()

    for model, name, _, about in _columns():
        assert about is not None, f"{model.__name__}.{name}"
        for subject in {row[0] for row in await _ids(model, about.by)} - {None} if about.by else ():
            where = f"{model.__name__}.{name}"
            met.add(about.subject)
            if model.__name__ == "PolicyVersion" and about.subject is Subject.ACCOUNT_HOLDER:
                continue
            assert (subject in accounts) is (about.subject in OF_ACCOUNTS), where
            if about.subject is Subject.STAFF:
                assert subject in staff, where
            if about.subject is Subject.WARD:
                assert accounts[subject] is not AgeBand.ADULT or subject not in wards, where
            if about.subject is Subject.GUARDIAN:
                assert accounts[subject] is AgeBand.ADULT or subject not in guardians, where
            if about.subject in rows_of:
                assert await rows_of[about.subject].exists(id=subject), where

    assert met >= OF_ACCOUNTS | {Subject.RECIPIENT, Subject.CONTACT}


def test_what_others_gave_is_closed_by_the_objection_of_whom_it_is_about_and_nothing_else_is() -> None:
    looked_at = {
        data_class
        for rule in RULES
        for data_class in rule.classes
        if rule.effect is Effect.FORBID and HAS_OBJECTED in rule.when
    }

    assert looked_at == {each for each in CLASSES if each.about is not None and each.about.is_named_by_others}


@pytest.mark.clause("P1.0")
def test_a_column_of_a_class_about_one_kind_of_person_is_about_them() -> None:
    compared = 0
    for model, name, held, about in _columns():
        if held.about is not None:
            assert about is not None, f"{model.__name__}.{name}"
            assert about.subject is held.about, f"{model.__name__}.{name}"
            compared += 1

    assert compared > 10
