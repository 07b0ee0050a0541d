"""The queue of the outbox: the tables of pgqueuer, as the library itself installs them, under our names."""

# ruff: noqa: RUF012 -- Tortoise reads the lists from the class.

from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel
from tortoise import migrations
from tortoise.migrations import operations as ops

# What `commerce.outbox.NAMES` names, repeated because a migration does not change with the code. Every name is given,
# because the library would take those that are left out from the environment.
NAMES = DBSettings(
    prefix="avow_",
    db_schema=None,
    channel=Channel("avow_ch_pgqueuer"),
    function="avow_fn_pgqueuer_changed",
    statistics_table="avow_pgqueuer_statistics",
    queue_status_type="avow_pgqueuer_status",
    queue_table="avow_pgqueuer",
    queue_table_log="avow_pgqueuer_log",
    schedules_table="avow_pgqueuer_schedules",
    trigger="avow_tg_pgqueuer_changed",
    durability=Durability.durable,
    widen_id=False,
)
TABLES = ", ".join(f"avow_pgqueuer{part}" for part in ("", "_log", "_schedules", "_statistics"))
SEQUENCES = ", ".join(f"avow_pgqueuer{part}_id_seq" for part in ("", "_schedules", "_statistics"))
# The release is pinned, and tests/commerce/test_outbox.py compares the tables with what it expects: a new release that
# installs others needs a migration of its own.
INSTALL = QueryBuilderEnvironment(NAMES).build_install_query(create_schema=False)


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]

    operations = [
        ops.RunSQL(
            [
                INSTALL,
                f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLES} TO avow_app",
                f"GRANT USAGE ON SEQUENCE {SEQUENCES} TO avow_app",
            ],
            [
                f"DROP TABLE {TABLES}",
                "DROP FUNCTION avow_fn_pgqueuer_changed()",
                "DROP TYPE avow_pgqueuer_status",
            ],
        )
    ]
