"""Arrays of few keys and rows, for which PostgreSQL keeps the plan of a statement."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from models.arrays import RECKONED_WITH, of_keys, of_rows
from models.database import fetch, transaction
from models.ids import new_id

pytestmark = pytest.mark.usefixtures("database")

BY_KEYS = "SELECT id FROM product_variant WHERE id = ANY($1::uuid[])"
BY_ROWS = """SELECT w.id, v.sku FROM unnest($1::uuid[], $2::int[]) AS w(id, n)
    LEFT JOIN product_variant v ON v.id = w.id WHERE w.id IS NOT NULL"""
# PostgreSQL tries this often what a plan for the values would cost, and then compares.
ATTEMPTS = 5


def keys_alone(keys: list[UUID]) -> list[list[Any]]:
    return [of_keys(keys)]


def keys_with_numbers(keys: list[UUID]) -> list[list[Any]]:
    return [of_rows(keys), of_rows(range(len(keys)))]


@pytest.mark.parametrize("size", [1, 2, RECKONED_WITH])
@pytest.mark.parametrize(("text", "listed"), [(BY_KEYS, keys_alone), (BY_ROWS, keys_with_numbers)])
async def test_a_statement_for_few_is_planned_no_more_after_some(
    text: str, listed: Callable[[list[UUID]], list[list[Any]]], size: int
):
    marked = f"{text} -- {new_id()}"

    async with transaction():
        for _ in range(ATTEMPTS + 3):
            await fetch(marked, *listed([new_id() for _ in range(size)]))
        (counted,) = await fetch(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement = $1", marked
        )

    assert dict(counted) == {"generic_plans": 3, "custom_plans": ATTEMPTS}


@pytest.mark.parametrize("size", [0, 1, RECKONED_WITH - 1, RECKONED_WITH, RECKONED_WITH + 5])
async def test_rows_that_only_fill_up_are_left_out(size: int):
    keys = [new_id() for _ in range(size)]

    found = await fetch(BY_ROWS, of_rows(keys), of_rows(range(size)))

    assert sorted(row["id"] for row in found) == keys
