"""The policy as it can be asked: how fields are guarded, what a party sees and why, what an operation would touch."""

import json
import random
from typing import Any

import pytest
from graphql import GraphQLObjectType

from execution.documents import core_schema
from permissions.fields import plan_of
from permissions.register import subject_of
from policy.classes import BY_NAME, CLASSES
from policy.matrix import cell
from policy.parties import Party
from policy.subjects import Subject
from policy.viewer import ANONYMOUS
from schema import schema
from tests.graphql.asking import Answer, ask
from tests.graphql.world import World

ORDERS = """{ orders(first: 20) { nodes {
  number total { amount } buyer { email profile { name birthDate } }
  recipient { name phone city } lines { title quantity }
} } }"""
PREVIEW = """query ($document: String!, $party: Party!, $variables: String, $name: String) {
  disclosurePreview(document: $document, as: $party, variables: $variables, operationName: $name) {
    party isPersonal purposes consents
    disclosures { field { typeName fieldName dataClass { name } } explanation { sight } }
  }
}"""


async def preview(document: str, party: Party, **variables: Any) -> Any:
    answer = await ask(PREVIEW, as_=ANONYMOUS, document=document, party=party.name, **variables)
    assert not answer.errors, answer.errors
    return answer.data["disclosurePreview"]


def touched(told: Any) -> set[str]:
    return {f"{each['field']['typeName']}.{each['field']['fieldName']}" for each in told["disclosures"]}


def code_of(answer: Answer) -> str:
    (error,) = answer.errors
    return error.original_error.code


def _name_of(subject: Subject | None) -> str | None:
    return subject and subject.name


async def test_the_privacy_of_every_field_of_the_schema_is_told() -> None:
    answer = await ask(
        "{ privacySchema { classes { name mask } fields { typeName fieldName kind subject dataClass { name } } } }",
        as_=ANONYMOUS,
    )

    told = {
        (field["typeName"], field["fieldName"]): (field["dataClass"] and field["dataClass"]["name"], field["subject"])
        for field in answer.data["privacySchema"]["fields"]
    }
    declared = {
        (type_.name, name): (plan.data_class and plan.data_class.name, _name_of(subject_of(type_, plan)))
        for type_ in core_schema(schema).type_map.values()
        if isinstance(type_, GraphQLObjectType)
        for name, field in type_.fields.items()
        if (plan := plan_of(field)) is not None
    }
    assert told == declared
    assert {each["name"]: each["mask"] for each in answer.data["privacySchema"]["classes"]} == {
        each.name: each.mask for each in CLASSES
    }


@pytest.mark.parametrize(
    "path", ["OrderRecipient.phone", "order.recipient.phone", "viewer.account.orders.nodes.recipient.phone"]
)
async def test_a_field_is_found_by_its_type_and_by_the_way_to_it(path: str) -> None:
    answer = await ask(
        """query ($path: String!) {
          fieldPrivacy(path: $path) { typeName fieldName kind subject dataClass { name } }
          title: fieldPrivacy(path: "Product.title") { kind subject dataClass { name } }
        }""",
        as_=ANONYMOUS,
        path=path,
    )

    assert answer.data["fieldPrivacy"] == {
        "typeName": "OrderRecipient",
        "fieldName": "phone",
        "kind": "CLASSIFIED",
        "subject": "RECIPIENT",
        "dataClass": {"name": "RECIPIENT_PHONE"},
    }
    assert answer.data["title"] == {"kind": "PUBLIC", "subject": None, "dataClass": None}


@pytest.mark.parametrize(
    "path", ["Nothing.phone", "order.secret", "order.number.more", "", ".", "OrderRecipient", "__x"]
)
async def test_a_path_that_leads_nowhere_is_refused(path: str) -> None:
    answer = await ask(
        "query ($path: String!) { explainAccess(path: $path, as: SELF) { sight } }", as_=ANONYMOUS, path=path
    )

    assert code_of(answer) == "FIELD_NOT_FOUND"


async def test_what_is_explained_is_what_is_decided() -> None:
    answer = await ask(
        "{ policyMatrix { cells { party dataClass { name } sight underGround rules { clause effect says } } } }",
        as_=ANONYMOUS,
    )

    told = {(each["party"], each["dataClass"]["name"]): each for each in answer.data["policyMatrix"]["cells"]}
    assert len(told) == len(Party) * len(CLASSES)
    for (party, data_class), each in told.items():
        about = BY_NAME[data_class]
        assert each["sight"] == cell(Party[party], about)
        assert each["underGround"] == cell(Party[party], about, under_ground=True)
    assert {rule["clause"] for rule in told["SUPPLIER", "RECIPIENT_PHONE"]["rules"]} >= {"P2.6", "P7.1", "P4.5"}


async def test_nothing_is_explained_of_what_is_not_personal() -> None:
    answer = await ask('{ explainAccess(path: "Product.title", as: STRANGER) { sight } }', as_=ANONYMOUS)

    assert answer.data == {"explainAccess": None}


async def test_a_preview_tells_fields_classes_purposes_and_consents() -> None:
    told = await preview(ORDERS, Party.SUPPLIER)

    assert touched(told) >= {"Order.number", "OrderRecipient.name", "OrderRecipient.phone", "User.email"}
    assert "OrderLine.quantity" in touched(told)
    assert told["purposes"] == ["FULFILMENT"]
    assert "guardian_consent" in told["consents"]
    assert told["isPersonal"]


async def test_what_touches_nobody_says_so() -> None:
    told = await preview("{ products(first: 3) { nodes { title } } }", Party.STRANGER)

    assert told == {
        "party": "STRANGER",
        "isPersonal": False,
        "purposes": [],
        "consents": [],
        "disclosures": [],
    }


@pytest.mark.parametrize(
    ("variables", "fields"),
    [
        ({"yes": True, "no": False}, {"OrderRecipient.name"}),
        ({"yes": False, "no": False}, set[str]()),
        ({"yes": True, "no": True}, {"OrderRecipient.name", "OrderRecipient.phone"}),
        ({}, {"OrderRecipient.name", "OrderRecipient.phone"}),
    ],
)
async def test_what_is_left_out_by_variables_is_not_touched(variables: dict[str, bool], fields: set[str]) -> None:
    document = """query Q($yes: Boolean!, $no: Boolean!) { order(number: "X") { ...Whom @include(if: $yes) } }
      fragment Whom on Order { recipient {
        name ... @skip(if: false) { phone @include(if: $no) } city @skip(if: true)
      } }"""

    assert touched(await preview(document, Party.SELF, variables=json.dumps(variables))) == fields


async def test_one_operation_of_several_is_named() -> None:
    document = '{ __typename } query B { order(number: "X") { recipient { phone } } }'.replace("{ __", "query A { __")

    assert touched(await preview(document, Party.SELF, name="B")) == {"OrderRecipient.phone"}
    for name in (None, "C"):
        answer = await ask(PREVIEW, as_=ANONYMOUS, document=document, party="SELF", name=name)
        assert code_of(answer) == "OPERATION_NAME_REQUIRED"


@pytest.mark.parametrize(
    ("document", "variables", "code"),
    [
        ("{", None, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("{ a: " + "node(id: 1) { id } b: ".join("" for _ in range(3_000)) + "__typename }", None, None),
        ("{ __typename }", "[1]", "BAD_VARIABLES"),
        ("{ __typename }", "{", "BAD_VARIABLES"),
    ],
)
async def test_a_document_that_could_not_be_run_is_not_previewed(
    document: str, variables: Any, code: str | None
) -> None:
    answer = await ask(PREVIEW, as_=ANONYMOUS, document=document, variables=variables, party="SELF")

    assert code is None or code_of(answer) == code
    assert answer.data is None
    assert answer.errors


async def test_a_preview_misses_nothing_that_an_answer_decides(world: World) -> None:
    """Whatever a viewer is shown or refused was foretold, for random selections."""
    random_ = random.Random(7)
    parts = ["number", "buyer { email }", "recipient { name phone }", "lines { title }", "total { amount }", "placedAt"]
    for viewer in world.viewers.values():
        chosen = " ".join(random_.sample(parts, k=random_.randint(1, len(parts))))
        document = f"{{ orders(first: 5) {{ nodes {{ {chosen} }} }} }}"
        answer = await ask(document, as_=viewer, explained=True)
        told = await preview(document, Party.SELF)
        classes = {each["field"]["dataClass"]["name"] for each in told["disclosures"]}
        assert {entry["dataClass"] for entry in answer.decisions} <= classes
        assert answer.decisions or not answer.data["orders"]["nodes"]


async def test_decisions_tell_the_person_why_they_see_something(world: World) -> None:
    answer = await ask("{ viewer { account { email } } }", as_=world.viewers["adult"], explained=True)

    assert [entry for entry in answer.decisions if entry["path"] == ["viewer", "account", "email"]] == [
        {
            "path": ["viewer", "account", "email"],
            "dataClass": "EMAIL",
            "effect": "CLEAR",
            "party": "SELF",
            "clauses": ["P6.1"],
            "missing": [],
        }
    ]


async def test_partners_are_told_what_became_of_a_field_and_not_why(world: World) -> None:
    supplier = world.viewers["supplier_one"]
    answer = await ask(
        "{ fulfillmentOrders(first: 20) { nodes { recipient { phone } } } }", as_=supplier, explained=True
    )

    assert {entry["effect"] for entry in answer.decisions} == {"CLEAR", "MASK"}
    assert not any({"party", "clauses", "missing"} & set(entry) for entry in answer.decisions)


async def test_what_was_withheld_is_the_part_of_the_decisions_that_is_not_clear(world: World) -> None:
    for viewer in world.viewers.values():
        answer = await ask(ORDERS, as_=viewer, explained=True)
        plain = await ask(ORDERS, as_=viewer)

        assert (answer.data, answer.withheld, plain.decisions) == (plain.data, plain.withheld, [])
        assert {(*entry["path"], entry["effect"]) for entry in answer.decisions if entry["effect"] != "CLEAR"} == {
            (*entry["path"], entry["effect"]) for entry in answer.withheld
        }
