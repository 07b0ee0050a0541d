"""The queue library's statements, with this program's table names; `commerce.outbox` says what is queued."""

from typing import cast

from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel
from pgqueuer.ports.driver import Driver

from models import database


class _Statements:
    """The part of the queue library's driver that needs no connection of its own: the transaction's, or any."""

    async def fetch(self, query: str, *values: object) -> list[dict[str, object]]:
        return [dict(row) for row in await database.fetch(query, *values)]

    async def execute(self, query: str, *values: object) -> str:
        return f"{await database.execute(query, *values)}"


# Every name is given, because the library would take those that are left out from the environment.
NAMES = DBSettings(
    prefix="avow_",
    db_schema=None,
    channel=Channel("avow_ch_pgqueuer"),
    function="avow_fn_pgqueuer_changed",
    statistics_table="avow_pgqueuer_statistics",
    queue_status_type="avow_pgqueuer_status",
    queue_table="avow_pgqueuer",
    queue_table_log="avow_pgqueuer_log",
    trigger="avow_tg_pgqueuer_changed",
    schedules_table="avow_pgqueuer_schedules",
    durability=Durability.durable,
    widen_id=False,
)


def queries(driver: Driver) -> Queries:
    """Build the queue library's statements over a driver, with this program's table names."""
    return Queries(
        driver,
        qbe=QueryBuilderEnvironment(NAMES),
        qbq=QueryQueueBuilder(NAMES),
        qbs=QuerySchedulerBuilder(NAMES),
    )


def here() -> Queries:
    """Build the statements over this program's connections, in the present transaction if there is one."""
    return queries(cast(Driver, _Statements()))
