"""The finished schema: every field decided, described, and as checked in."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import strawberry
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, GraphQLScalarType
from strawberry.permission import BasePermission, PermissionExtension

from permissions.fields import classified, part, plan_of, public, root, to_one
from permissions.register import UndecidedField, check, classified_fields, output_types, subject_of
from policy.classes import EMAIL, GENDER, NATIONALITY, PHONE, DataClass
from policy.subjects import Subject
from policy.viewer import Viewer
from resolvers.subjects import of_column
from schema import schema, sdl
from schema.subjects import SubjectsDisagree, agree

CHECKED_IN = Path(__file__).parents[2] / "schema" / "schema.graphql"
BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}


def test_the_checked_in_sdl_is_what_the_server_serves() -> None:
    assert CHECKED_IN.read_text(encoding="utf-8") == sdl(), "Run `python3 dev.py schema` and review the difference."


def test_every_personal_field_says_its_class_in_the_sdl() -> None:
    printed = sdl()

    assert printed.count('@personal(class: "') == len(classified_fields(schema))


def test_everything_in_the_schema_is_described() -> None:
    silent: list[str] = []
    for name, type_ in schema._schema.type_map.items():
        if name.startswith("__") or name in BUILT_IN:
            continue
        silent += [name] if not type_.description else []
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            silent += [f"{name}.{field}" for field, known in type_.fields.items() if not known.description]
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            silent += [
                f"{name}.{field}({argument})"
                for field, known in type_.fields.items()
                for argument, given in known.args.items()
                if not given.description
            ]
        if isinstance(type_, GraphQLEnumType):
            silent += [f"{name}.{value}" for value, known in type_.values.items() if not known.description]

    assert silent == []


def test_every_custom_scalar_says_by_what_it_is_specified() -> None:
    scalars = {
        name: type_.specified_by_url
        for name, type_ in schema._schema.type_map.items()
        if isinstance(type_, GraphQLScalarType) and name not in BUILT_IN
    }

    assert [name for name, url in scalars.items() if not url] == []


@pytest.mark.clause("P1.0")
def test_a_field_shows_a_column_under_the_columns_own_class_and_subject(database: object) -> None:
    compared = 0
    for type_name, name, plan in classified_fields(schema):
        if plan.rows is not None and not plan.columns:
            continue
        subject = subject_of(_type(type_name), plan)
        for column in plan.columns or (_python_name(type_name, name),):
            assert of_column(type_name, column) == (plan.data_class, subject), f"{type_name}.{name}"
            compared += 1

    assert compared > 50


def test_every_personal_field_says_in_the_sdl_whom_it_is_about() -> None:
    said = re.findall(r'@personal\(class: "\w+", category: "\w+", sensitive: \w+, subject: "(\w*)"', sdl())

    assert Counter(said) == Counter(
        subject.name
        for type_name, _, plan in classified_fields(schema)
        if (subject := subject_of(_type(type_name), plan)) is not None
    )
    assert len(said) == len(classified_fields(schema))


@pytest.mark.clause("P1.0")
def test_a_field_that_does_not_say_whom_it_is_about_stops_the_server() -> None:
    @strawberry.type(description="Somebody.")
    class Anyone:
        gender: str | None = classified(GENDER, "Their gender.")

    with pytest.raises(UndecidedField, match=r"`Anyone.gender` does not say whom it is about; give its type"):
        check(_query(Anyone))


@pytest.mark.clause("P1.0")
@pytest.mark.parametrize(
    ("subject", "data_class", "column", "fault"),
    [
        (Subject.STAFF, GENDER, "gender", "disagree: the column is `GENDER` about ACCOUNT_HOLDER"),
        (Subject.ACCOUNT_HOLDER, NATIONALITY, "gender", "disagree: the column is `GENDER` about ACCOUNT_HOLDER"),
        (Subject.ACCOUNT_HOLDER, GENDER, "id", "shows `id`, which is no personal column"),
    ],
    ids=["subject", "class", "no column"],
)
def test_a_field_that_disagrees_with_its_column_stops_the_server(
    subject: Subject, data_class: DataClass, column: str, fault: str
) -> None:
    @strawberry.type(description="Somebody.", name="UserProfile")
    class Profile:
        about = subject

        gender: str | None = classified(data_class, "Their gender.", columns=(column,))

    with pytest.raises(SubjectsDisagree, match=fault):
        agree(_query(Profile))


def _type(type_name: str) -> Any:
    return schema._schema.type_map[type_name]


def _python_name(type_name: str, name: str) -> str:
    return _type(type_name).fields[name].extensions["strawberry-definition"].python_name


@strawberry.type(description="Somebody.")
class Somebody:
    about = Subject.ACCOUNT_HOLDER

    email: str | None = classified(EMAIL, "Their address.")


def _query(type_: type) -> Any:
    def find() -> Any:
        return None

    @strawberry.type(description="What can be asked.")
    class Query:
        found: type_ | None = root("What was found.", resolver=find)  # type: ignore[valid-type]

    return strawberry.Schema(query=Query)


@pytest.mark.clause("P1.0")
def test_a_field_that_no_helper_declared_stops_the_server() -> None:
    @strawberry.type(description="Somebody.")
    class Plain:
        email: str | None

    with pytest.raises(UndecidedField, match=r"`Plain.email` is not declared; use one of the helpers"):
        check(_query(Plain))


def test_a_classified_field_that_cannot_be_withheld_stops_the_server() -> None:
    @strawberry.type(description="Somebody.")
    class Bold:
        gender: str = classified(GENDER, "Their gender.")

    with pytest.raises(Exception, match="optional"):
        check(_query(Bold))


def test_a_list_without_a_bound_stops_the_server() -> None:
    @strawberry.type(description="Somebody.")
    class Child:
        gender: str | None = classified(GENDER, "Their gender.")

    @strawberry.type(description="Somebody else.")
    class Parent:
        children: list[Child] | None = classified(GENDER, "Their children.", rows=_nobodies)

    with pytest.raises(UndecidedField, match=r"`Parent.children` is a list without a bound"):
        check(_query(Parent))


def test_a_list_of_parts_for_which_something_is_loaded_needs_a_bound() -> None:
    @strawberry.type(description="A row.")
    class Found:
        name: str = public("What it is called.")

    @strawberry.type(description="A part.")
    class Part:
        found: Found | None = to_one("What it leads to.", by="id", rows=_nobodies)

    @strawberry.type(description="A parent.")
    class Whole:
        parts: list[Part] = part("Its parts.")
        few: list[Part] = part("Its first parts.", at_most=3)

    with pytest.raises(UndecidedField, match=r"^`Whole.parts` is a list without a bound"):
        check(_query(Whole))


async def _nobodies(parents: Sequence[object], viewer: Viewer) -> list[list[object]]:
    return [[] for _ in parents]


def test_a_class_that_may_be_masked_shows_strings_only() -> None:
    @strawberry.type(description="Somebody.")
    class Numbered:
        phone: int | None = classified(PHONE, "Their phone.")

    with pytest.raises(UndecidedField, match=r"`Numbered.phone` has class `PHONE`, which may be masked"):
        check(_query(Numbered))


def test_a_field_that_lost_its_permission_by_being_declared_again_stops_the_server() -> None:
    @strawberry.interface(description="Whoever can be written to.")
    class Reachable:
        email: str | None = classified(EMAIL, "Their address.")

    @strawberry.type(description="Somebody.")
    class Again(Reachable):
        email: str | None = strawberry.field(description="Their address.")

    with pytest.raises(UndecidedField, match=r"`Again.email` is not declared"):
        check(_query(Again))


def test_a_field_whose_permission_was_taken_out_stops_the_server() -> None:
    broken = _query(Somebody)
    field = broken._schema.type_map["Somebody"].fields["email"]
    definition = field.extensions["strawberry-definition"]
    kept, definition.extensions = definition.extensions, []
    try:
        with pytest.raises(UndecidedField, match=r"`Somebody.email` has lost its permission"):
            check(broken)
    finally:
        definition.extensions = kept


def test_a_part_does_not_lead_to_somebody_around_a_decision() -> None:
    @strawberry.type(description="A box.")
    class Box:
        content: Somebody | None = part("Who is in it.")

    with pytest.raises(UndecidedField, match=r"`Box.content` leads to an object about somebody"):
        check(_query(Box))


def test_an_empty_list_of_permissions_would_allow_so_no_field_relies_on_one() -> None:
    for type_ in output_types(schema):
        for name, field in type_.fields.items():
            extensions = field.extensions["strawberry-definition"].extensions
            guards = [guard for guard in extensions if isinstance(guard, PermissionExtension)]
            assert all(guard.permissions for guard in guards), f"{type_.name}.{name}"


def test_no_input_field_relies_on_a_permission_which_would_do_nothing() -> None:
    for type_ in schema._schema.type_map.values():
        if isinstance(type_, GraphQLInputObjectType):
            for name, field in type_.fields.items():
                given: dict[str, Any] = field.extensions or {}
                extensions: list[Any] = getattr(given.get("strawberry-definition"), "extensions", None) or []
                assert not any(isinstance(guard, PermissionExtension) for guard in extensions), f"{type_.name}.{name}"


def test_every_root_field_is_declared_as_a_way_in() -> None:
    for name, kind in (("Query", "root"), ("Mutation", "mutation"), ("Subscription", "event")):
        type_: Any = schema._schema.type_map[name]
        assert {getattr(plan_of(field), "kind", None) for field in type_.fields.values()} == {kind}


def test_a_permission_answers_with_a_real_bool() -> None:
    guards: list[BasePermission] = [
        permission
        for type_ in output_types(schema)
        for field in type_.fields.values()
        for guard in field.extensions["strawberry-definition"].extensions
        if isinstance(guard, PermissionExtension)
        for permission in guard.permissions
    ]

    assert guards
    assert {type(guard).has_permission.__annotations__["return"] for guard in guards} == {bool}
