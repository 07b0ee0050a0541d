"""How an operation would be run is told in text, and a field that cannot be decided stops the server."""

import pytest

from execution.documents import Documents
from execution.executor import Executor, UnplannedField
from execution.outline import coverage, outline
from schema import schema
from schema.privacy import report
from server.app import create
from tests.graphql.comparing import unsettled
from tests.graphql.guards import without_its_guard
from tests.server.small_shop import no_databases, settings

DOCUMENT = """
  query Own($more: Boolean!) { viewer { account { email orders(first: 2) { nodes {
    number total { amount } recipient @include(if: $more) { name } ...Kind
  } } } } }
  query Any { node(id: "x") { __typename ... on Product { title } } }
  mutation Clear { searchesClear { __typename } }
  fragment Kind on Node { kind: __typename }
"""


def lines(text: str) -> list[str]:
    return outline(Documents(schema).prepare(text))


def test_each_field_is_told_with_its_source_and_its_class() -> None:
    said = lines(DOCUMENT)

    assert said[:12] == [
        "query Own",
        "  viewer  resolver",
        "    account  batch",
        "      email  column, decided as EMAIL",
        "      orders  batch",
        "        nodes  column",
        "          number  column, decided as ORDER_NUMBER",
        "          total  column, composed whole, decided as ORDER_AMOUNT",
        "          recipient  batch",
        "            name  column, decided as RECIPIENT_NAME",
        "          kind  name of the type",
        "query Any",
    ]


def test_what_an_interface_leads_to_is_told_for_the_types_that_are_named() -> None:
    said = lines(DOCUMENT)

    assert said[12:] == [
        "  node  resolver",
        "    on Product",
        "      __typename  name of the type",
        "      title  column",
        "mutation Clear",
        "  searchesClear  resolver",
        "    __typename  name of the type",
    ]


def test_every_field_has_a_plan_and_what_never_has_is_told() -> None:
    said = coverage()

    assert said[0] == "0 declared fields are without a plan."
    assert "variables do not fit" in " ".join(said[1:])


def test_a_field_without_its_guard_is_told_with_the_reason() -> None:
    reason = "`Order.number` is not decided by what its declaration says."

    with without_its_guard("Order", "number"):
        covered = coverage()
        outlined = lines("{ orders(first: 1) { nodes { number } } }")

    assert covered[:2] == [f"Order.number: {reason}", "1 declared fields are without a plan."]
    assert outlined == ["query", f"  by stock execution: {reason}"]


@pytest.mark.parametrize(("type_name", "name"), [("Order", "number"), ("User", "consentsAskedAnew")])
def test_a_server_does_not_start_with_a_classified_field_that_nothing_decides(type_name: str, name: str) -> None:
    with (
        without_its_guard(type_name, name),
        pytest.raises(UnplannedField, match=f"`{type_name}.{name}` is not decided"),
    ):
        create(settings(), schema=schema, storage=no_databases)

    # With it, there is nothing to say.
    assert Executor(schema, Documents(schema), settle=unsettled, report=report).unplanned == {}
