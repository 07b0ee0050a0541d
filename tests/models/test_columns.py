"""Every stored column says what it holds and whom that is about (P1.0)."""

from typing import cast

import pytest
from tortoise.fields import TextField
from tortoise.models import Model

from models.columns import NOT_PERSONAL, About, Undeclared, check, holding, identity, personal
from models.migrating import all_models, models_loaded
from models.sealed import SealedField, sealed
from policy.classes import ACCOUNT, CREDENTIAL, RECIPIENT_NAME, SENSITIVE, DataClass
from policy.subjects import Subject

# Direct identifiers and registration texts are sealed whatever their class.
ALWAYS_SEALED = {
    *("PERSON_NAME", "PHONE", "EMAIL", "RECIPIENT_NAME", "RECIPIENT_PHONE"),
    *("GENDER", "NATIONALITY", "CONTACT_PERSON"),
}


@pytest.mark.clause("P1.0")
async def test_every_column_is_classified_or_declared_not_personal(database: object) -> None:
    undeclared: list[str] = []
    async with models_loaded() as context:
        for model in all_models(context):
            for name, field in cast(dict[str, object], model._meta.fields_map).items():
                if name in model._meta.db_fields and holding(field) is None:
                    undeclared.append(f"{model.__name__}.{name}")

    assert undeclared == []


@pytest.mark.clause("P1.0")
def test_a_column_that_does_not_say_whom_it_is_about_stops_the_start() -> None:
    class Unattributed(Model):
        id = identity()
        note = personal(ACCOUNT, TextField())

    with pytest.raises(Undeclared, match=r"`Unattributed.note` does not say whom it is about; give its model"):
        check([Unattributed])


@pytest.mark.clause("P1.0")
def test_a_column_that_does_not_say_what_it_holds_stops_the_start() -> None:
    class Unclassified(Model):
        about = About(Subject.STAFF)

        id = identity()
        note = TextField()

    with pytest.raises(Undeclared, match=r"`Unclassified.note` does not say what it holds"):
        check([Unclassified])


@pytest.mark.clause("P1.0")
def test_a_column_about_somebody_else_than_its_class_or_its_key_stops_the_start() -> None:
    class Misattributed(Model):
        about = About(Subject.ACCOUNT_HOLDER, by="account_id")

        id = identity()
        name = sealed(RECIPIENT_NAME, subject="recipient_id")

    with pytest.raises(Undeclared) as refused:
        check([Misattributed])

    assert "`Misattributed.name` is about ACCOUNT_HOLDER, but `RECIPIENT_NAME` is about RECIPIENT" in str(refused.value)
    assert "is sealed under the key of `recipient_id`, but its subject is found by `account_id`" in str(refused.value)


async def test_what_is_sensitive_or_identifies_directly_is_stored_sealed(database: object) -> None:
    in_clear: list[str] = []
    async with models_loaded() as context:
        for model in all_models(context):
            for name, field in cast(dict[str, object], model._meta.fields_map).items():
                held = holding(field)
                if not isinstance(held, DataClass) or isinstance(field, SealedField):
                    continue
                if (held in SENSITIVE or held.name in ALWAYS_SEALED) and not _is_derived(name):
                    in_clear.append(f"{model.__name__}.{name}")

    assert in_clear == []
    assert NOT_PERSONAL


def _is_derived(column: str) -> bool:
    # A keyed hash to look up by, and whether a recipient is the account's owner, hold nothing of the value.
    return column.endswith("_index") or column == "is_account_holder"


async def test_tables_with_credentials_are_hidden_from_the_reading_role(database: object) -> None:
    shown: list[str] = []
    async with models_loaded() as context:
        for model in all_models(context):
            held = [holding(field) for field in cast(dict[str, object], model._meta.fields_map).values()]
            if CREDENTIAL in held and not vars(model).get("hidden_from_reader"):
                shown.append(model.__name__)

    assert shown == []
