"""What an operation can cost: worked out from its text, the schema and its variables, before it runs."""

from typing import Any

import pytest

from execution.cost import FIELDS_PER_INTROSPECTION, FIELDS_PER_UNIT, CostAnalyser, OperationCost, units
from execution.documents import MOST_COSTS, Documents, core_schema
from execution.limits import DocumentLimits
from execution.refusals import OperationTooCostly
from models.bounds import PRICE_TIERS, PRODUCT_OPTIONS, PRODUCT_VARIANTS
from permissions.fields import FIELDS_PER_MUTATION, FIELDS_PER_ROOT, USUALLY
from schema import schema

DOCUMENTS = Documents(schema)
UNLIMITED = CostAnalyser(core_schema(schema), DocumentLimits(cost=10**15))


def cost(text: str, name: str | None = None, /, **variables: Any) -> OperationCost:
    """Work a cost out without a limit."""
    prepared = DOCUMENTS.prepare(text)
    return UNLIMITED.cost(prepared.document, prepared.operation(name), variables)


def fields(text: str, **variables: Any) -> int:
    return cost(text, **variables).fields - FIELDS_PER_ROOT


def test_a_page_counts_as_long_as_it_is_asked_for_each_object_with_its_fields() -> None:
    assert fields("{ products(first: 7) { nodes { title handle } } }") == 7 * 2
    assert fields("{ products(last: 7) { edges { cursor node { title } } pageInfo { endCursor } } }") == 7 * 3
    assert fields("query ($n: Int) { products(first: $n) { nodes { title } } }", n=9) == 9
    assert fields("query ($n: Int = 8) { products(first: $n) { nodes { title } } }") == 8


@pytest.mark.parametrize("size", [None, 101, -1, "7", 7.5, True, [7]])
def test_a_page_whose_length_is_not_known_counts_as_the_longest(size: Any) -> None:
    assert fields("query ($n: Int) { products(first: $n) { nodes { title } } }", n=size) == 100
    assert fields("query ($n: Int) { products(first: $n) { nodes { title } } }") == 100
    assert fields("{ products { nodes { title } } }") == 100


def test_what_objects_lead_to_counts_for_each_of_them_and_what_the_page_leads_to_once() -> None:
    supplier = "supplier { name slug }"

    assert fields(f"{{ products(first: 10) {{ nodes {{ title {supplier} }} }} }}") == 10 * (2 + 2)
    assert fields(f"{{ products(first: 10) {{ edges {{ node {{ {supplier} }} }} nodes {{ {supplier} }} }} }}") == (
        10 * 2 + 10 * 2 + 10 * 2
    )
    # The total is a field that is asked of each object as well, as the page's fields are.
    assert fields("{ products(first: 10) { totalCount nodes { title } } }") == 10 * 2 + 1


def test_a_list_counts_as_long_as_it_may_be_and_for_a_refusal_as_long_as_it_usually_is() -> None:
    found = cost("{ products(first: 10) { nodes { variants { sku priceTiers { minimumQuantity } } } } }")
    usual = 10 + 10 * USUALLY * (2 + USUALLY)

    assert found.fields == FIELDS_PER_ROOT + 10 + 10 * PRODUCT_VARIANTS * (2 + PRICE_TIERS)
    assert found.asked == units(FIELDS_PER_ROOT + usual)
    # No list is longer than it can be.
    assert fields('{ product(handle: "a") { options { name } } }') == 1 + PRODUCT_OPTIONS


def test_named_objects_count_as_many_as_there_are_ids() -> None:
    own = "... on Product { title }"

    assert fields(f'{{ nodes(ids: ["a", "b"]) {{ {own} }} }}') == 2
    assert fields(f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ {own} }} }}", ids=["a"] * 30) == 30
    assert fields(f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ {own} }} }}", ids="a") == 100
    # The id is loaded for each, whatever it is the id of.
    assert fields("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["a"] * 30) == 30 * 2


def test_what_is_left_out_for_sure_does_not_count() -> None:
    document = """query ($no: Boolean = false, $yes: Boolean!) {
      products(first: 10) { nodes { title handle @include(if: $no) ... @skip(if: $yes) { description vendor } } }
    }"""

    assert fields(document, yes=True) == 10
    assert fields(document, yes=False) == 10 * 3
    assert fields(document, yes=True, no=True) == 10 * 2
    assert fields(document, yes="true", no=None) == 10 * 4
    assert fields("{ products(first: 10) { nodes { title vendor @skip(if: true) } } }") == 10


def test_actions_and_introspection_weigh_more_than_what_they_answer() -> None:
    action = "mutation { logout { userErrors { code } } }"

    assert cost(action).fields == FIELDS_PER_MUTATION + 1
    assert cost("{ __schema { types { name } } }").fields == FIELDS_PER_INTROSPECTION
    assert cost("{ __schema { types { name } } }").at_once == FIELDS_PER_INTROSPECTION
    assert cost("{ __typename }").requested == 1


def test_each_operation_of_a_document_has_a_cost_of_its_own() -> None:
    text = """query Few { products(first: 1) { ...Some } } query Many { products(first: 50) { ...Some } }
      fragment Some on ProductConnection { nodes { title } }"""

    assert cost(text, "Few").fields == FIELDS_PER_ROOT + 1
    assert cost(text, "Many").fields == FIELDS_PER_ROOT + 50


def test_a_fragment_counts_at_each_of_its_places() -> None:
    text = """{ one: products(first: 3) { nodes { ...Card } } two: categories(first: 4) { nodes { products(first: 5) {
      nodes { ...Card } } } } } fragment Card on Product { title supplier { name } }"""

    assert cost(text).fields == 2 * FIELDS_PER_ROOT + 3 * 3 + 4 * (1 + 5 * 3)


def test_what_asks_for_too_much_is_refused_with_the_figures() -> None:
    text = """query ($n: Int!) { products(first: $n) { nodes { category { products(first: $n) { nodes {
      title vendor } } } } } }"""
    prepared = DOCUMENTS.prepare(text)
    operation = prepared.operation(None)

    within = DOCUMENTS.cost(prepared, operation, {"n": 20})
    with pytest.raises(OperationTooCostly) as refused:
        DOCUMENTS.cost(prepared, operation, {"n": 100})

    assert within.requested <= DOCUMENTS.limits.cost
    assert (refused.value.requested, refused.value.limit) == (units(15 + 100 * 2 + 100 * 200), 1_000)
    assert f"{refused.value.requested:,}, the limit is 1,000" in refused.value.message


def test_an_operation_with_lists_may_come_to_the_limit_and_no_further() -> None:
    prepared = DOCUMENTS.prepare("{ products(first: 100) { nodes { variants { sku } media { url } } } }")

    found = DOCUMENTS.cost(prepared, prepared.operation(None), {})

    assert found.asked < found.requested == DOCUMENTS.limits.cost
    assert found.fields == DOCUMENTS.limits.cost * FIELDS_PER_UNIT


def test_what_is_not_a_length_is_not_taken_for_a_null() -> None:
    prepared = DOCUMENTS.prepare("query ($n: Int, $m: Int) { products(first: $n, last: $m) { nodes { title } } }")
    operation = prepared.operation(None)
    costs = [DOCUMENTS.cost(prepared, operation, {"n": n, "m": 2}).fields for n in (None, 100.0, "100", None)]

    assert [each - FIELDS_PER_ROOT for each in costs] == [2, 100, 100, 2]


def test_a_cost_is_worked_out_once_for_the_values_that_decide_it() -> None:
    prepared = DOCUMENTS.prepare(
        "query ($n: Int, $after: String, $w: Boolean!) "
        "{ products(first: $n, after: $after) { nodes { title vendor @include(if: $w) } } }"
    )
    operation = prepared.operation(None)
    prepared.costs.clear()

    first = DOCUMENTS.cost(prepared, operation, {"n": 5, "w": True})

    assert set(prepared.deciding) == {"n", "w"}
    assert DOCUMENTS.cost(prepared, operation, {"n": 5, "w": True, "after": "x"}) is first
    assert DOCUMENTS.cost(prepared, operation, {"n": 5, "w": 1}) is not first
    assert DOCUMENTS.cost(prepared, operation, {"n": 6, "w": True}).fields == first.fields + 2
    assert DOCUMENTS.cost(prepared, operation, {"w": True}).fields == FIELDS_PER_ROOT + 200
    for n in range(100):
        DOCUMENTS.cost(prepared, operation, {"n": n, "w": False})
    assert len(prepared.costs) <= MOST_COSTS
