"""Documents are prepared once, kept within bounds, and used by Strawberry as they are."""

import gc
import tracemalloc
from importlib import import_module
from typing import Any

import pytest

from execution.documents import Documents, attach, core_schema, running
from execution.refusals import DocumentInvalid, DocumentRefused
from execution.variables import misfits
from tests.execution.small_schema import schema


def test_the_same_text_is_prepared_once() -> None:
    documents = Documents(schema)

    first = documents.prepare("{ item { name } }")

    assert documents.prepare("{ item { name } }") is first
    assert (documents.hits, documents.misses) == (1, 1)


def test_nothing_that_was_refused_is_kept() -> None:
    documents = Documents(schema)
    for text in ("{", "{ nothing }", "{ item { name " + "x " * 1_000 + "} }"):
        with pytest.raises((DocumentRefused, DocumentInvalid)):
            documents.prepare(text)

    assert len(documents) == 0
    assert documents.weight == 0


def test_the_least_recently_used_documents_make_room() -> None:
    texts = [f"query Q{i} {{ item {{ name }} }}" for i in range(10)]
    weight = Documents(schema).prepare(texts[0]).weight
    documents = Documents(schema, capacity_bytes=weight * 3 + weight // 2)
    for text in texts[:3]:
        documents.prepare(text)

    documents.prepare(texts[0])
    documents.prepare(texts[3])

    misses = documents.misses
    documents.prepare(texts[0])
    assert documents.misses == misses
    documents.prepare(texts[1])
    assert documents.misses == misses + 1
    assert len(documents) == 3
    assert documents.weight <= weight * 3 + weight // 2


def test_a_document_weighs_at_least_what_it_takes_in_memory() -> None:
    documents = Documents(schema)
    texts = [
        f"query Q{i} {{ item {{ child {{ "
        + " ".join(f'n: name(number: {i}, text: "t")' for _ in range(1))
        + "name " * 60
        + "} } }"
        for i in range(40)
    ]
    documents.prepare("{ item { name } }")
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]

        said = sum(documents.prepare(text).weight for text in texts)

        gc.collect()
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert taken < said < 6 * taken


def test_the_operation_is_chosen_by_name_or_because_it_is_the_only_one() -> None:
    documents = Documents(schema)
    only = documents.prepare("query A { item { name } }")
    two = documents.prepare("query A { item { name } } mutation B { first }")

    assert only.operation(None).name == only.operation("A").name == "A"
    assert two.operation("B").kind == "mutation"
    for prepared, name, code in ((two, None, "OPERATION_NAME_REQUIRED"), (two, "C", "OPERATION_UNKNOWN")):
        with pytest.raises(DocumentRefused) as refused:
            prepared.operation(name)
        assert refused.value.code == code


async def test_strawberry_executes_the_prepared_document_and_not_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    attach(schema)
    attach(schema)
    documents = Documents(schema)
    text = "{ item { name } }"
    prepared = documents.prepare(text)
    parsed: list[str] = []
    strawberry_schema: Any = import_module("strawberry.schema.schema")

    original = strawberry_schema.parse

    def parse(source: str) -> object:
        parsed.append(source)
        return original(source)

    monkeypatch.setattr(strawberry_schema, "parse", parse)
    with running(prepared):
        with_prepared = await schema.execute(text)
        of_other_text = await schema.execute("{ item { id } }")
    without = await schema.execute(text)

    assert with_prepared.data == without.data == {"item": {"name": "node"}}
    assert of_other_text.data == {"item": {"id": "1"}}
    assert parsed == ["{ item { id } }", text]


def test_misfits_are_places_of_known_names() -> None:
    documents = Documents(schema)
    operation = documents.prepare(
        "query ($range: Range, $ids: [Int!], $n: Int!, $d: Int! = 1) "
        "{ item(ids: $ids) { child(within: $range, number: $n) { name(number: $d) } } }"
    ).operation(None)

    def places(**values: object) -> list[str]:
        return misfits(core_schema(schema), operation.definition, values)

    assert places(n=1, range={"inner": {"least": 1}}, ids=[1]) == []
    assert places(range={"inner": {"least": "secret"}}, ids=[1, "secret"]) == ["$range.inner.least", "$ids.1", "$n"]
    assert places(n=1, range={"inner": {"secret": 1}}) == ["$range.inner"]
    assert places(n=1, d=None) == ["$d"]
