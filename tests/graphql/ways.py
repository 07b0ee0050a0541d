"""Ways to reach objects of a type through the schema, for the generated matrix."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from graphql import get_named_type, is_leaf_type

from models.ids import public_id
from permissions.fields import plan_of
from policy.viewer import Viewer
from resolvers.nodes import audience_of
from schema import schema
from tests.graphql.asking import Answer, ask
from tests.graphql.things import Thing


def selection(type_name: str) -> str:
    """Select every field of a type that is classified and, for types with an id, the id."""
    fields: list[str] = []
    type_: Any = schema._schema.type_map[type_name]
    for name, field in type_.fields.items():
        plan = plan_of(field)
        if plan is not None and plan.kind == "classified":
            is_leaf = is_leaf_type(get_named_type(field.type))
            inner = "amount currencyCode" if get_named_type(field.type).name == "Money" else "__typename"
            fields.append(name if is_leaf else f"{name} {{ {inner} }}")
    return " ".join(["id" if "id" in type_.fields else "", *fields])


async def ids_of(viewer: Viewer, type_name: str, shelf: dict[str, list[Thing]]) -> list[str]:
    """List the ids of all objects of a type, as a viewer would have them."""
    return [public_id(type_name, thing.row_id, audience_of(viewer)) for thing in shelf[type_name]]


Way = Callable[[Viewer, dict[str, list[Thing]], str], Awaitable[tuple[Answer, Sequence[str]]]]


def by_ids(*, of: str | None = None, inside: str = "{}", path: Sequence[str] = ()) -> Way:
    """Reach objects by the ids of themselves, or of what leads to them."""

    async def way(viewer: Viewer, shelf: dict[str, list[Thing]], type_name: str) -> tuple[Answer, Sequence[str]]:
        parent = of or type_name
        body = inside.format(selection(type_name))
        ids = await ids_of(viewer, parent, shelf)
        document = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {parent} {{ {body} }} }} }}"
        return await ask(document, as_=viewer, ids=ids), ("nodes", *path)

    return way


def by_root(document: str, *path: str) -> Way:
    """Reach objects from a root field."""

    async def way(viewer: Viewer, shelf: dict[str, list[Thing]], type_name: str) -> tuple[Answer, Sequence[str]]:
        return await ask(document.replace("{}", selection(type_name)), as_=viewer), path

    return way


async def one_by_one(viewer: Viewer, shelf: dict[str, list[Thing]], type_name: str) -> tuple[Answer, Sequence[str]]:
    """Reach each object by `node`, all in one operation under aliases."""
    ids = await ids_of(viewer, type_name, shelf)
    fields = " ".join(
        f'n{number}: node(id: "{text}") {{ ... on {type_name} {{ {selection(type_name)} }} }}'
        for number, text in enumerate(ids)
    )
    answer = await ask(f"{{ {fields} }}", as_=viewer)
    data = {"all": list(answer.data.values())}
    withheld = [{**entry, "path": ["all", *entry["path"][1:]]} for entry in answer.withheld]
    return Answer(data, answer.errors, withheld), ("all",)


async def by_number(viewer: Viewer, shelf: dict[str, list[Thing]], type_name: str) -> tuple[Answer, Sequence[str]]:
    """Reach each order by its number, all in one operation under aliases."""
    fields = " ".join(
        f'n{number}: order(number: "{thing.values["number"]}") {{ {selection("Order")} }}'
        for number, thing in enumerate(shelf["Order"])
    )
    answer = await ask(f"{{ {fields} }}", as_=viewer)
    withheld = [{**entry, "path": ["all", *entry["path"][1:]]} for entry in answer.withheld]
    return Answer({"all": list(answer.data.values())}, answer.errors, withheld), ("all",)


async def by_event(viewer: Viewer, shelf: dict[str, list[Thing]], type_name: str) -> tuple[Answer, Sequence[str]]:
    """Reach each order by an event of a subscription to it."""
    fields, found, withheld = selection("Order"), list[Any](), list[dict[str, Any]]()
    for thing in shelf["Order"]:
        number = thing.values["number"]
        answer = await ask(f'subscription {{ orderUpdated(number: "{number}") {{ {fields} }} }}', as_=viewer)
        if answer.errors:
            return answer, ("orderUpdated",)
        found.append(answer.data["orderUpdated"])
        said = [{**entry, "path": ["all", *entry["path"][1:]]} for entry in answer.withheld]
        withheld += [entry for entry in said if entry not in withheld]
    return Answer({"all": found}, [], withheld), ("all",)
