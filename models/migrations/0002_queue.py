"""The queue of the outbox: the tables of pgqueuer, as the library itself installs them, under our names."""

# ruff: noqa: RUF012 -- Tortoise reads the lists from the class.

from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from pgqueuer.domain.settings import DBSettings
from tortoise import migrations
from tortoise.migrations import operations as ops

# What `commerce.outbox.NAMES` names. It is repeated because a migration does not change with the code.
PREFIX = "avow_"
TABLES = ", ".join(f"{PREFIX}pgqueuer{part}" for part in ("", "_log", "_schedules", "_statistics"))
SEQUENCES = ", ".join(f"{PREFIX}pgqueuer{part}_id_seq" for part in ("", "_schedules", "_statistics"))
# The release is pinned, and tests/commerce/test_outbox.py compares the tables with what it expects: a new release that
# installs others needs a migration of its own.
INSTALL = QueryBuilderEnvironment(DBSettings(prefix=PREFIX)).build_install_query(create_schema=False)


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
                f"DROP FUNCTION {PREFIX}fn_pgqueuer_changed()",
                f"DROP TYPE {PREFIX}pgqueuer_status",
            ],
        )
    ]
