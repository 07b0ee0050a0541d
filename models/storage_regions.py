"""Each database remembers the region that it was made in, and serves no program that says another (P8.1)."""

from typing import Any

import asyncpg
from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from models import clock
from models.columns import not_personal
from models.faults import DatabaseElsewhere
from policy.regions import area_of, strays

_READ = "SELECT region FROM storage_region"
_IS_THERE = "SELECT to_regclass('public.storage_region') IS NOT NULL"
_NOTE = "INSERT INTO storage_region (id, region, noted_at) VALUES (1, $1, $2) ON CONFLICT DO NOTHING"


class StorageRegion(Model):
    """
    The region that the shop's database was made in: one row, which goes along with every copy of the database.

    The key store has a table of the same shape. Only `avow migrate` writes it, and once.
    """

    id = not_personal(fields.SmallIntField(primary_key=True, generated=False))
    region = not_personal(fields.CharField(max_length=8))
    noted_at = not_personal(fields.DatetimeField())

    class Meta(Model.Meta):
        table = "storage_region"
        constraints = (CheckConstraint(check="id = 1", name="storage_region_is_one"),)

    written_by_owner = True


async def noted(connection: Any) -> str | None:
    """
    Read in which region a database was made.

    Args:
        connection: Of the driver, so that it can be asked before anything else.

    Returns:
        None where its tables are older than this, or where there are none yet.
    """
    try:
        region: str | None = await connection.fetchval(_READ)
    except asyncpg.UndefinedTableError:
        return None
    return region


async def note(connection: Any, region: str) -> None:
    """Note where a database is made, unless it is noted already; one whose tables are older than this notes nothing."""
    if await connection.fetchval(_IS_THERE):
        await connection.execute(_NOTE, area_of(region), clock.now())


def refuse_elsewhere(database: str, found: str | None, *, region: str) -> None:
    """
    Refuse a database that was made in another region than the program says that it stands in.

    Raises:
        DatabaseElsewhere: It was. What it holds would have crossed a border by a variable that changed, or it is a copy
            that did (P8.1).
    """
    if found is not None and strays(found, home=region):
        raise DatabaseElsewhere(database, found, area_of(region))
