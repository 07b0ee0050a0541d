"""The data catalogue as a Fides manifest, read by Fides' own models and compared with its own taxonomy."""

from typing import Any

import pytest
import yaml
from fideslang.default_taxonomy import DEFAULT_TAXONOMY
from fideslang.models import DataCategory, Dataset, DataSubject, System

from models.database import fetch
from policy.purposes import Purpose
from policy.subjects import Subject
from server.fides import DATA_SUBJECTS, DATA_USES, EXTENSION, SUBJECT_EXTENSION, manifest
from server.policy_pages import columns, declared_columns


@pytest.fixture(scope="module")
def told() -> Any:
    return yaml.safe_load(manifest())


@pytest.fixture(scope="module")
def known() -> set[str]:
    return {category.fides_key for category in DEFAULT_TAXONOMY.data_category or ()}


def test_fides_reads_every_part(told: Any) -> None:
    (dataset,) = [Dataset.model_validate(part) for part in told["dataset"]]
    (system,) = [System.model_validate(part) for part in told["system"]]
    extension = [DataCategory.model_validate(part) for part in told["data_category"]]
    subjects = [DataSubject.model_validate(part) for part in told["data_subject"]]

    assert dataset.collections
    assert system.privacy_declarations
    assert [category.fides_key for category in extension] == list(EXTENSION)
    assert [subject.fides_key for subject in subjects] == list(SUBJECT_EXTENSION)


def test_every_key_is_fides_own_or_a_declared_extension(told: Any, known: set[str]) -> None:
    used = {
        key
        for table in told["dataset"][0]["collections"]
        for column in table["fields"]
        for key in column["data_categories"]
    } | {key for declared in told["system"][0]["privacy_declarations"] for key in declared["data_categories"]}

    assert used <= known | set(EXTENSION)
    assert not known & set(EXTENSION)
    assert {key.rpartition(".")[0] for key in EXTENSION} <= known


def test_every_purpose_has_a_use_that_fides_knows() -> None:
    assert set(DATA_USES) == set(Purpose)
    assert set(DATA_USES.values()) <= {use.fides_key for use in DEFAULT_TAXONOMY.data_use or ()}


def test_every_kind_of_subject_has_a_key_that_is_fides_own_or_a_declared_extension(told: Any) -> None:
    known = {subject.fides_key for subject in DEFAULT_TAXONOMY.data_subject or ()}
    used = {key for declared in told["system"][0]["privacy_declarations"] for key in declared["data_subjects"]}

    assert set(DATA_SUBJECTS) == set(Subject)
    assert len(set(DATA_SUBJECTS.values())) == len(Subject)
    assert used <= set(DATA_SUBJECTS.values()) <= known | set(SUBJECT_EXTENSION)
    assert not known & set(SUBJECT_EXTENSION)


@pytest.mark.clause("P1.0")
def test_every_personal_column_is_there_with_its_class_and_its_subject(told: Any) -> None:
    found = {
        (table["name"], column["name"], *column["data_categories"], *column["data_subjects"])
        for table in told["dataset"][0]["collections"]
        for column in table["fields"]
        if "data_subjects" in column
    }

    assert found == {
        (table, column, held.taxonomy, DATA_SUBJECTS[subject])
        for table, column, held, subject in declared_columns()
        if held is not None and subject is not None
    }
    assert {each[:2] for each in found} == {each[:2] for each in columns()}
    assert len(found) > 200


def test_each_use_is_declared_for_each_kind_of_subject_whose_data_it_takes(told: Any) -> None:
    declared = {
        (each["name"].partition(":")[0], category)
        for each in told["system"][0]["privacy_declarations"]
        for category in each["data_categories"]
    }

    assert declared >= {
        (f"{purpose.name}, {subject.name}", held.taxonomy)
        for _, _, held, subject in declared_columns()
        if held is not None and subject is not None
        for purpose in held.purposes
    }
    assert ("FULFILMENT, RECIPIENT", "user.contact.address") in declared
    assert ("FULFILMENT, ACCOUNT_HOLDER", "user.contact.address") not in declared


@pytest.mark.usefixtures("database")
async def test_every_column_of_the_database_is_there(told: Any) -> None:
    found = {
        (table["name"], column["name"]) for table in told["dataset"][0]["collections"] for column in table["fields"]
    }
    rows = await fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name NOT LIKE 'avow_pgqueuer%' AND table_name <> 'tortoise_migrations'"
    )

    assert {(row["table_name"], row["column_name"]) for row in rows} - found == set()
