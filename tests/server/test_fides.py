"""The data catalogue as a Fides manifest, read by Fides' own models and compared with its own taxonomy."""

from typing import Any

import pytest
import yaml
from fideslang.default_taxonomy import DEFAULT_TAXONOMY
from fideslang.models import DataCategory, Dataset, System

from models.database import fetch
from policy.purposes import Purpose
from server.fides import DATA_USES, EXTENSION, manifest
from server.policy_pages import columns


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

    assert dataset.collections
    assert system.privacy_declarations
    assert [category.fides_key for category in extension] == list(EXTENSION)


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


def test_every_personal_column_is_there_with_its_class(told: Any) -> None:
    found = {
        (table["name"], column["name"], *column["data_categories"])
        for table in told["dataset"][0]["collections"]
        for column in table["fields"]
        if "description" in column
    }

    assert found == {(table, column, held.taxonomy) for table, column, held in columns()}


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
