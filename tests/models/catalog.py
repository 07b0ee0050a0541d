"""Reads what PostgreSQL itself says of tables, for comparison."""

from typing import Any

COLUMNS = """
    SELECT format('%s.%s %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                  CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
                  coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), ''))
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
"""
# PostgreSQL 18 lists NOT NULL among the constraints; the columns say it already.
CONSTRAINTS = """
    SELECT format('%s %s %s', c.relname, o.conname, pg_get_constraintdef(o.oid))
    FROM pg_constraint AS o JOIN pg_class AS c ON c.oid = o.conrelid
    WHERE c.relnamespace = 'public'::regnamespace AND o.contype <> 'n'
"""
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
TRIGGERS = """
    SELECT pg_get_triggerdef(t.oid) FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal
"""

# Tortoise's own note of what was applied belongs to no model, and the queue's tables to a library, with which
# tests/commerce/test_outbox.py compares them.
APART = ("tortoise_migrations", "avow_pgqueuer", "avow_tg_pgqueuer")


async def catalog(connection: Any) -> list[str]:
    """List every column, constraint, index and trigger in one line each."""
    lines: list[str] = []
    for sql in (COLUMNS, CONSTRAINTS, INDEXES, TRIGGERS):
        lines += [row[0] for row in await connection.fetch(sql)]
    return sorted(line for line in lines if not any(name in line for name in APART))
