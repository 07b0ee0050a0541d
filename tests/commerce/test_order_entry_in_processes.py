"""Orders of the past brought in by several programs at once: each order, and its note, is there once."""

import asyncio
import json
import secrets
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from models.accounts import Account
from models.audit import AuditEvent
from models.orders import Order
from policy.viewer import StaffRole
from server.demo_rows import add_staff
from server.embedded import Embedded
from tests.commerce.goods import add_goods
from tests.conftest import SECRETS
from tests.graphql.world import person

ROOT = Path(__file__).parents[2]
MOST_SECONDS = 60


@pytest.mark.parametrize("prefixes", [("same ", "same ", "same "), ("one ", "two ", "three ")])
async def test_of_several_programs_one_imports_each_order_and_no_key_is_left_over(
    prefixes: tuple[str, ...], database: Embedded
) -> None:
    mark, goods = secrets.token_hex(5), await add_goods()
    staff = await add_staff(person("operator", 35, secrets.randbelow(9_000_000)), StaffRole.OPERATOR, password="p" * 20)
    references = [f"{mark}-{number}" for number in range(12)]
    given = {
        "shop_url": database.shop.app_url,
        "keys_url": database.keys.app_url,
        "master": SECRETS.master.hex(),
        "key": SECRETS.key_encryption_keys["test"].hex(),
        "operator": str(staff.id),
        "supplier": str(goods.supplier_id),
        "buyer": mark,
        "references": references,
    }
    keys_before = await _living_keys(database)

    answers = await _run([given | {"prefix": prefix} for prefix in prefixes])

    assert len({tuple(answer) for answer in answers}) == 1
    orders = await Order.filter(external_source="old-shop", external_reference__in=references)
    assert {str(order.id) for order in orders} == set(answers[0])
    assert len(orders) == len(references)
    assert await AuditEvent.filter(actor_id=staff.id, action="orderImport").count() == len(references)
    assert await Account.filter(external_source="old-shop", external_reference=mark).count() == 1
    assert await _living_keys(database) == keys_before + len(references)


async def _run(parts: list[dict[str, Any]]) -> list[list[str]]:
    with ExitStack() as stack:
        programs = [stack.enter_context(_program()) for _ in parts]
        try:
            for program, part in zip(programs, parts, strict=True):
                _tell(program, json.dumps(part))
            assert [await _heard(program) for program in programs] == ["ready\n"] * len(programs)
            for program in programs:
                _tell(program, "go")
            return [json.loads(await _heard(program)) for program in programs]
        finally:
            for program in programs:
                program.kill()


def _program() -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.commerce.order_entry_worker"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _tell(program: "subprocess.Popen[str]", line: str) -> None:
    assert program.stdin is not None
    program.stdin.write(line + "\n")
    program.stdin.flush()


async def _heard(program: "subprocess.Popen[str]") -> str:
    assert program.stdout is not None
    return await asyncio.wait_for(asyncio.to_thread(program.stdout.readline), MOST_SECONDS)


async def _living_keys(database: Embedded) -> int:
    connection = await asyncpg.connect(database.keys.app_url)
    try:
        return await connection.fetchval("SELECT count(*) FROM subject_key WHERE wrapped IS NOT NULL")
    finally:
        await connection.close()
