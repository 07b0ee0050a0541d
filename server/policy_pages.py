"""Collects from all layers what keeps the clauses of the policy, for the generated page and for the tests."""

import ast
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, cast

from tortoise.fields import Field
from tortoise.fields.relational import ForeignKeyFieldInstance
from tortoise.models import MetaInfo, Model

from models.columns import holding, subject_of
from models.migrating import declared_models
from permissions.register import classified_fields
from policy.classes import DataClass
from policy.enforcement import GUARDS, Kept
from policy.pages import Held, Keeping, render
from policy.rules import RULES
from policy.subjects import Subject
from schema import schema

ROOT = Path(__file__).parents[1]
LAYERS = ("models", "commerce", "permissions", "resolvers", "schema", "execution", "server")


class ClauseNotReadable(Exception):
    """A mark names its clause by something else than a text, so that a reader of the test cannot see which it is."""

    def __init__(self, file: str, line: int) -> None:
        super().__init__(f'The mark at `{file}:{line}` must name its clause as a text: `pytest.mark.clause("P5.7")`.')


def clauses_page() -> str:
    """Write `docs/policy/clauses.md` from the code as it is."""
    return render(keeping())


def keeping() -> Keeping:
    """Collect all that keeps the clauses of the register."""
    return Keeping(RULES, guards(), fields(), columns(), marked_tests(ROOT / "tests"))


def guards() -> list[Kept]:
    """List the guards of all layers; a guard is known once its module is imported, so all of them are."""
    for layer in LAYERS:
        package = import_module(layer)
        for module in pkgutil.walk_packages(package.__path__, f"{layer}."):
            if not module.name.endswith(".__main__"):
                import_module(module.name)
    return list(GUARDS)


def fields() -> list[Held]:
    """List the classified fields of the finished schema."""
    return [
        (type_name, name, plan.data_class)
        for type_name, name, plan in classified_fields(schema)
        if plan.data_class is not None
    ]


def columns() -> list[Held]:
    """List the columns that hold personal data, of every table."""
    return [(each.table, each.column, each.held) for each in declared_columns() if each.held is not None]


class Declared(NamedTuple):
    """A column, the class of what it holds and whom that is about; None where it is not personal."""

    table: str
    column: str
    held: DataClass | None
    subject: Subject | None


def declared_columns() -> list[Declared]:
    """List all columns of every table, with what they declare."""
    return [column for model in declared_models() for column in _columns_of(model)]


def _columns_of(model: type[Model]) -> Iterator[Declared]:
    meta: MetaInfo = model._meta  # pyright: ignore[reportPrivateUsage]
    for name, field in cast("dict[str, Field[Any]]", meta.fields_map).items():
        held = holding(field)
        # Once Tortoise is started, each foreign key has a second field, made after the key that it points to; what
        # points here from other tables is no column.
        if field.reference is not None or held is None:
            continue
        column = f"{name}_id" if isinstance(field, ForeignKeyFieldInstance) else name
        about = subject_of(model, field)
        if isinstance(held, DataClass):
            yield Declared(meta.db_table, column, held, about.subject if about is not None else None)
        else:
            yield Declared(meta.db_table, column, None, None)


def marked_tests(folder: Path) -> dict[str, list[tuple[str, str]]]:
    """
    List by clause the tests that are marked with it, as file and name.

    The marks are read from the source, so that the page can be written without running or importing a test.

    Args:
        folder: Where the tests are; files are named from its parent.

    Raises:
        ClauseNotReadable: A mark names its clause by something else than a text.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        file = path.relative_to(folder.parent).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for clause_id, name in _marks(tree, file, []):
            found.setdefault(clause_id, []).append((file, name))
    return found


def _marks(node: ast.Module | ast.ClassDef, file: str, inherited: list[str]) -> Iterator[tuple[str, str]]:
    here = [*inherited]
    for statement in node.body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "pytestmark" for target in statement.targets
        ):
            here += _clauses_in([statement.value], file)
    for statement in node.body:
        if isinstance(statement, ast.ClassDef):
            yield from _marks(statement, file, [*here, *_clauses_in(statement.decorator_list, file)])
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name.startswith("test_"):
            for clause_id in dict.fromkeys([*here, *_clauses_in(statement.decorator_list, file)]):
                yield clause_id, statement.name


def _clauses_in(expressions: list[ast.expr], file: str) -> list[str]:
    named: list[str] = []
    for call in (node for expression in expressions for node in ast.walk(expression)):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.clause":
            for argument in call.args:
                if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                    raise ClauseNotReadable(file, call.lineno)
                named.append(argument.value)
    return named
