"""Plans are made of a document alone: of what requests send, they keep and depend on what their conditions say."""

import gc
from typing import Any
from weakref import ref

import pytest
import strawberry
from graphql.execution.values import VariableValues
from graphql.language import Token

from execution.documents import Documents, core_schema
from execution.executor import MOST_PLANS, Executor
from execution.planner import Planner, conditions
from permissions import OperationContext
from permissions.fields import root
from policy.viewer import ANONYMOUS
from resolvers.cells import open_cells
from schema import schema
from schema.privacy import report
from tests.graphql.comparing import executing, unsettled

LARGE = "x" * 100_000


async def answered(
    text: str, variables: dict[str, Any] | None = None, name: str | None = None, *, is_planning: bool
) -> tuple[Any, list[str], list[str | None]]:
    """Run an operation as nobody: its data, its errors with their places, and for what reason it had no plan."""
    documents = Documents(schema)
    executor, reasons = executing(is_planning=is_planning)
    reasons.clear()
    context = OperationContext(open_cells=open_cells, prepare=documents.parsed, viewer=ANONYMOUS, budget=10**9)
    result = await executor.execute(documents.prepare(text), name, variables or {}, context)
    return result.data, [f"{error.path} {error.message}" for error in result.errors or ()], list(reasons)


@pytest.mark.parametrize(
    ("text", "variables", "name"),
    [
        pytest.param(
            "query A { __typename } query B($x: Boolean!) { ...F }"
            " fragment F on Query { t: __typename @include(if: $x) }",
            {},
            "A",
            id="a condition of another operation",
        ),
        pytest.param(
            "query A($x: Boolean!) { ...F ...G } fragment F on Query { ...G a: __typename @skip(if: $x) }"
            " fragment G on Query { b: __typename @include(if: $x) }",
            {"x": True},
            "A",
            id="conditions in fragments of fragments",
        ),
        pytest.param(
            '{ __type(name: "Money") { name ...K } t: __typename privacySchema { classes { name } } }'
            " fragment K on __Type { kind fields { name } }",
            {},
            None,
            id="the schema beside data",
        ),
        pytest.param(
            "query ($n: String!, $d: Boolean = true) { privacySchema { classes { name } }"
            " t: __type(name: $n) { fields(includeDeprecated: $d) { name } } t: __type(name: $n) { kind } }",
            {"n": "Order"},
            None,
            id="the schema by variables",
        ),
        pytest.param(
            '{ privacySchema { classes { name } } __type(name: "Nothing") { name } __schema { queryType { name } } }',
            {},
            None,
            id="a type that there is not",
        ),
    ],
)
async def test_a_plan_answers_as_stock_execution_does(text: str, variables: dict[str, Any], name: str | None) -> None:
    data, errors, reasons = await answered(text, variables, name, is_planning=True)

    assert reasons == [None]
    assert (data, errors) == (await answered(text, variables, name, is_planning=False))[:2]
    assert list(data) == list((await answered(text, variables, name, is_planning=False))[0])
    assert errors == []


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("query ($x: Boolean = true) { a: __typename b: __typename @include(if: $x) }", {"x": None}),
        (
            "query ($d: Boolean = true) { privacySchema { classes { name } }"
            ' __type(name: "Order") { fields(includeDeprecated: $d) { name } } }',
            {"d": None},
        ),
    ],
)
async def test_a_null_in_place_of_a_default_fails_its_field_alone(text: str, variables: dict[str, Any]) -> None:
    data, errors, _ = await answered(text, variables, is_planning=True)

    assert errors
    assert (data, errors) == (await answered(text, variables, is_planning=False))[:2]


async def test_plans_keep_nothing_that_was_sent() -> None:
    documents = Documents(schema)
    executor = Executor(schema, documents, settle=unsettled, report=report)
    gc.collect()
    before = _kept()

    for number in range(20):
        text = f"query ($w: String!, $x: Boolean!) {{ s{number}: search(query: $w) {{ totalCount @skip(if: $x) }} }}"
        context = OperationContext(open_cells=open_cells, prepare=documents.parsed, viewer=ANONYMOUS, budget=10**9)
        await executor.execute(documents.prepare(text), None, {"w": LARGE, "x": True}, context)

    gc.collect()
    assert len(documents) == 20
    assert _kept() <= before


def _kept() -> int:
    return sum(isinstance(each, VariableValues) for each in gc.get_objects())


async def test_a_document_that_is_dropped_is_gone_at_once_with_its_plans() -> None:
    documents = Documents(schema)
    executor = Executor(schema, documents, settle=unsettled, report=report)
    context = OperationContext(open_cells=open_cells, prepare=documents.parsed, viewer=ANONYMOUS, budget=10**9)
    # What tells types of an interface apart is compiled for those that turn up, while the operation runs.
    text = '{ unheard: fieldPrivacy(path: "Order.total") { fieldName } node(id: "x") { id } products { nodes { id } } }'
    prepared = documents.prepare(text)
    await executor.execute(prepared, None, {}, context)
    of_document, of_plans = ref(prepared), [ref(kept) for kept in prepared.plans.values()]
    del context
    gc.collect()

    gc.disable()
    try:
        documents.grow(prepared, 10**9)
        del prepared
        left = [each for each in gc.get_objects() if type(each) is Token and each.value == "unheard"]
        gone = [of() for of in (of_document, *of_plans)]
    finally:
        gc.enable()

    assert len(documents) == 0
    assert gone == [None, None]
    assert left == []


async def test_of_many_ways_in_which_conditions_fall_out_the_latest_are_kept() -> None:
    documents = Documents(schema)
    executor = Executor(schema, documents, settle=unsettled, report=report)
    names = [f"v{number}" for number in range(5)]
    asked = " ".join(f"{name}: __typename @include(if: ${name})" for name in names)
    prepared = documents.prepare(f"query ({' '.join(f'${name}: Boolean!' for name in names)}) {{ {asked} }}")
    bare = documents.weight

    ways = [{name: bool(way & 1 << place) for place, name in enumerate(names)} for way in range(MOST_PLANS + 4)]
    for said in ways:
        context = OperationContext(open_cells=open_cells, prepare=documents.parsed, viewer=ANONYMOUS)
        result = await executor.execute(prepared, None, said, context)
        assert result.data == {name: "Query" for name, is_asked in said.items() if is_asked}

    kept = list(prepared.plans)
    assert kept == [("", *said.values()) for said in ways[-MOST_PLANS:]]
    assert documents.weight == prepared.weight == bare + sum(each.weight for each in prepared.plans.values())


def test_what_is_asked_of_a_union_is_planned_for_its_types() -> None:
    documents = Documents(with_a_union)
    prepared = documents.prepare(
        "{ found { ... on LeftRight { ... on Left { t: __typename } } ... on Right { u: __typename } } }"
    )
    operation = prepared.operation(None).definition

    plan = Planner(core_schema(with_a_union), prepared.fragments, _ignored).plan(operation, {})

    shape = plan.root.steps[0].shape
    assert shape.objects is not None
    assert {type_.name: shape.objects(type_).keys for type_ in shape.possible} == {"Left": ("t",), "Right": ("u",)}


def test_conditions_of_fragments_count_where_they_are_spread() -> None:
    prepared = Documents(schema).prepare(
        "query A($x: Boolean!) { a: __typename @skip(if: $x) } query B($y: Boolean!) { ...F @include(if: true) }"
        " fragment F on Query { b: __typename @include(if: $y) }"
    )

    found = {each.name: conditions(each.definition, prepared.fragments) for each in prepared.facts.operations}

    assert found == {"A": ("x",), "B": ("y",)}


def _ignored(_: int) -> None:
    """Nothing is kept."""


@strawberry.type
class Left:
    side: str = ""

    @classmethod
    def is_type_of(cls, value: Any, _: Any) -> bool:
        return value == "left"


@strawberry.type
class Right:
    side: str = ""

    @classmethod
    def is_type_of(cls, value: Any, _: Any) -> bool:
        return value == "right"


async def _found() -> Any:
    return "left"


@strawberry.type
class _Query:
    found: Left | Right = root("Either of two.", resolver=_found)


with_a_union = strawberry.Schema(query=_Query)
