"""Writes migrations: what the models declare and the migrations before do not yet do."""

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.operations import AddConstraint, AlterModelOptions, CreateModel, Operation
from tortoise.migrations.writer import MigrationWriter, format_migration_name

from models import migrations
from models.migrating import APP_LABEL, MIGRATIONS, declared, models_config, models_loaded

USAGE = "Usage: python -m models.migrating make NAME, where NAME says what changes, such as `add_wallets`."

_LINTING = "# ruff: noqa: RUF012 -- Tortoise reads these lists from the class."
_DEFAULTS = (
    "auto_now=False",
    "auto_now_add=False",
    "unique=False",
    "db_constraint=True",
    "encoder=JSON_DUMPS",
    "decoder=loads",
    "'app': 'shop'",
    "bases=['Model'],",
)


# A docstring is not part of a table, and which column is the key follows from the columns.
AlterModelOptions.UNMANAGED_OPTION_KEYS |= {"table_description", "pk_attr"}


async def changes() -> list[Operation]:
    """
    List the operations that bring the migrated tables to what the models declare; none if they agree.

    Tortoise leaves constraints out of the tables that it creates, so each becomes an operation of its own.

    Raises:
        ValueError: A constraint has no name.
    """
    async with models_loaded() as context:
        assert context.apps is not None
        writers = await MigrationAutodetector(context.apps, models_config()["apps"]).changes()
    operations = [operation for writer in writers for operation in writer.operations]
    return [part for operation in operations for part in with_constraints_apart(operation)]


async def make(name: str) -> Path | None:
    """
    Write a migration.

    Args:
        name: What changes; it becomes part of the file's name after the next number.

    Returns:
        The file; None if there is nothing to do.
    """
    operations = await changes()
    if not operations:
        return None
    before = declared()
    number = int(before[-1][:4]) + 1 if before else 1
    writer = MigrationWriter(
        format_migration_name(number, name),
        APP_LABEL,
        operations,
        dependencies=[(APP_LABEL, before[-1])] if before else [],
        initial=not before,
        migrations_module=MIGRATIONS,
    )
    path = Path(next(iter(migrations.__path__))) / f"{writer.name}.py"
    sentence = name.replace("_", " ").strip().capitalize()
    path.write_text(f'"""{sentence}."""\n\n{_LINTING}\n\n{_without_defaults(writer.as_string())}', encoding="utf-8")
    _format(path)
    return path


async def main(arguments: Sequence[str]) -> int:
    """Run the command line; see `USAGE`."""
    match arguments:
        case ["make", name] if re.fullmatch(r"[a-z0-9_]{1,60}", name):
            path = await make(name)
            print(f"Wrote {path}." if path else "The migrations do all that the models declare.")
            return 0
        case _:
            print(USAGE, file=sys.stderr)
            return 2


def with_constraints_apart(operation: Operation) -> list[Operation]:
    """
    Take the constraints out of the creation of a table, each into an operation of its own.

    Raises:
        ValueError: A constraint has no name.
    """
    if not isinstance(operation, CreateModel):
        return [operation]
    options = dict(operation.options or {})
    constraints = options.pop("constraints", ())
    options.pop("table_description", None)
    for constraint in constraints:
        if not constraint.name:
            raise ValueError(f"A constraint of `{operation.name}` has no name; give it one.")
    bare = CreateModel(operation.name, operation.fields, options, operation.bases)
    return [
        bare,
        *(AddConstraint(model_name=operation.name, constraint=constraint) for constraint in constraints),
    ]


def _without_defaults(source: str) -> str:
    # Tortoise writes out every default; without them a migration can be read, and means the same.
    source = re.sub(r"description='(?:[^'\\]|\\.)*', (?=enum_type=)", "", source)
    source = source.replace("primary_key=True, default=new_id, unique=True, db_index=True", "primary_key=True")
    for default in _DEFAULTS:
        source = source.replace(f", {default}", "").replace(f"{default}, ", "").replace(default, "")
    return source


def _format(path: Path) -> None:
    # Where the development tools are not installed, the file is only less pretty.
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff:
        subprocess.run(
            [ruff, "check", "--fix", "--quiet", "--select", "I,F401", str(path)],
            check=False,
            timeout=60,
        )
        subprocess.run([ruff, "format", "--quiet", str(path)], check=False, timeout=60)
