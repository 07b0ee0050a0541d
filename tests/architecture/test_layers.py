"""Who may import whom."""

import ast
import sys

import pytest

from tests.architecture.sources import LAYERS, Source, sources

# Each layer may import itself and these. The explorer is a built page with a route to it, and knows of no other layer.
MAY_IMPORT: dict[str, frozenset[str]] = {
    "policy": frozenset(),
    "models": frozenset({"policy"}),
    "commerce": frozenset({"models", "policy"}),
    "permissions": frozenset({"policy"}),
    "resolvers": frozenset({"commerce", "models", "policy"}),
    "schema": frozenset({"resolvers", "permissions", "policy", "models"}),
    "execution": frozenset({"schema", "permissions", "models", "policy"}),
    "explorer": frozenset(),
    "server": frozenset(LAYERS),
}
OURS = frozenset({*LAYERS, "tests", "benchmarks", "examples", "dev"})
_VALUE_BASES = {"Enum", "IntEnum", "StrEnum", "NamedTuple"}


def imported(source: Source) -> list[tuple[str, str, int]]:
    """List what a file imports anywhere in it, as module, name (empty for a whole module) and line."""
    found: list[tuple[str, str, int]] = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, "", node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            # A relative import stays in its package, which is its layer.
            module = node.module if node.level == 0 and node.module else source.layer
            found += [(module, alias.name, node.lineno) for alias in node.names]
    return found


def upward(source: Source) -> list[str]:
    """List the imports of a file that its layer may not make."""
    allowed = MAY_IMPORT[source.layer] | {source.layer}
    return [
        f"{source.path}:{line} imports `{module}`; {source.layer} may import {', '.join(sorted(allowed))}."
        for module, _, line in imported(source)
        if (top := module.partition(".")[0]) in OURS and top not in allowed
    ]


def foreign(source: Source) -> list[str]:
    """List the imports of a file that are neither its own layer's nor the standard library's."""
    return [
        f"{source.path}:{line} imports `{module}`; this layer runs on the standard library alone."
        for module, _, line in imported(source)
        if (top := module.partition(".")[0]) not in OURS and top not in sys.stdlib_module_names
    ]


def more_than_values(source: Source, modules: dict[str, ast.Module]) -> list[str]:
    """List what a file imports of `models` that is neither an enum, nor a value type, nor a constant."""
    return [
        f"{source.path}:{line} imports `{module}.{name}`; the schema takes enums, value types and constants of models, "
        "and leaves rows to the resolvers."
        for module, name, line in imported(source)
        if module.partition(".")[0] == "models" and not (module in modules and _is_value(modules[module], name))
    ]


def _is_value(module: ast.Module, name: str) -> bool:
    for node in module.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
            decorators = {ast.unparse(each).partition("(")[0] for each in node.decorator_list}
            return bool(bases & _VALUE_BASES) or "dataclass" in decorators
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if name.isupper() and any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return True
    return False


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_what_is_below_it(layer: str) -> None:
    files = sources(layer)

    assert files
    assert [fault for source in files for fault in upward(source)] == []


def test_the_policy_runs_on_the_standard_library_alone() -> None:
    assert [fault for source in sources("policy") for fault in foreign(source)] == []


def test_the_schema_takes_only_values_of_models() -> None:
    modules = {source.path.removesuffix(".py").replace("/", "."): source.tree for source in sources("models")}

    assert [fault for source in sources("schema") for fault in more_than_values(source, modules)] == []


def test_nothing_imports_the_command_file() -> None:
    """It runs before anything is installed, so it is no library."""
    users = [
        source.path
        for source in sources()
        if source.layer != "tests" and any(module == "dev" for module, _, _ in imported(source))
    ]

    assert users == []


@pytest.mark.parametrize(
    ("path", "text", "is_allowed"),
    [
        ("policy/rules.py", "from policy.facts import Fact", True),
        ("policy/rules.py", "from models.orders import Order", False),
        ("models/rows.py", "def read():\n    import server.settings", False),
        ("models/rows.py", "if TYPE_CHECKING:\n    from schema.orders import Order", False),
        ("models/rows.py", "from . import scoping", True),
        ("resolvers/orders.py", "from permissions.context import Client", False),
        ("commerce/orders.py", "from models import clock\nfrom tortoise import fields", True),
        ("server/app.py", "from execution.analyser import Analyser", True),
        ("explorer/page.py", "from server.settings import Settings", False),
    ],
)
def test_imports_are_found_wherever_they_stand(path: str, text: str, is_allowed: bool) -> None:
    assert (upward(Source(path, text)) == []) is is_allowed


@pytest.mark.parametrize(
    ("text", "is_allowed"), [("import enum\nfrom collections.abc import Iterator", True), ("import attrs", False)]
)
def test_libraries_are_told_from_the_standard_library(text: str, is_allowed: bool) -> None:
    assert (foreign(Source("policy/rules.py", text)) == []) is is_allowed


@pytest.mark.parametrize(
    ("text", "is_allowed"),
    [
        ("from models.orders import OrderStatus", True),
        ("from models.orders import EXPONENTS", True),
        ("from models.orders import Sum", True),
        ("from models.orders import Order", False),
        ("from models.orders import read", False),
        ("from models import orders", False),
        ("import models.orders", False),
    ],
)
def test_rows_are_told_from_values(text: str, is_allowed: bool) -> None:
    orders = ast.parse(
        "EXPONENTS = {}\nclass OrderStatus(StrEnum): ...\n@dataclass(frozen=True)\nclass Sum: ...\n"
        "class Order(Model): ...\ndef read(): ..."
    )

    assert (more_than_values(Source("schema/orders.py", text), {"models.orders": orders}) == []) is is_allowed
