"""Rows and fields are scoped and decided each on its own: where one of them fails, the other still holds."""

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from graphql import get_named_type, is_leaf_type
from tortoise.models import Model

from models import clock
from models.accounts import UserProfile
from models.ids import new_id, public_id
from models.orders import Recipient
from models.sessions import Session
from models.shipments import ShipmentLine
from permissions.fields import plan_of
from permissions.register import classified_fields, is_about_somebody, output_types
from policy.viewer import Viewer
from resolvers.nodes import MODELS
from schema import schema
from tests.clauses.mutants import rows_open, scoped_models
from tests.graphql.asking import ask
from tests.graphql.expected import things
from tests.graphql.things import Thing
from tests.graphql.world import World, build

# Not reached by the scope of a table: `tests/graphql/test_devices.py`, `test_affiliates.py`, `test_searches.py` and
# `test_third_parties.py` ask as everybody.
ELSEWHERE = frozenset({"Device", "DeviceSighting", "UnlinkedSearch", "ThirdPartyRecord", "ThirdPartyDisclosure"})
TYPES = {
    type_.name: type_ for type_ in output_types(schema) if is_about_somebody(type_) and type_.name not in ELSEWHERE
}
CLASSIFIED: dict[str, list[str]] = {}
for _type, _name, _ in classified_fields(schema):
    CLASSIFIED.setdefault(_type, []).append(_name)
TABLES: dict[str, type[Model]] = {
    **{name: model for name, model in MODELS.items() if model in scoped_models() and name in TYPES},
    "OrderRecipient": Recipient,
    "ShipmentLine": ShipmentLine,
    "UserProfile": UserProfile,
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(database: object) -> World:
    world = await build()
    instant = clock.now()
    await Session.create(
        account_id=world.subjects["adult"].account.id,
        client_kind="web",
        user_agent_family="Firefox",
        ip_hash=bytes(32),
        created_at=instant,
        last_seen_at=instant,
        expires_at=instant + timedelta(days=1),
    )
    return world


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shelf(world: World) -> dict[str, list[Thing]]:
    return await things(world)


def test_every_scoped_table_is_that_of_a_type() -> None:
    about_somebody = {model for model in scoped_models() if _facts(model)}

    assert set(TABLES.values()) == about_somebody


def _facts(model: Any) -> Any:
    return model.visible_to(Viewer()).scope.facts


@pytest.mark.parametrize("type_name", [pytest.param(name, marks=pytest.mark.matrix(name)) for name in TYPES])
async def test_a_stranger_who_gets_hold_of_a_row_is_shown_nothing_of_it(type_name: str, world: World) -> None:
    stranger = Viewer(account=new_id())
    holder, link = _holder(type_name)
    rows: list[Any] = await TABLES[holder].all().order_by("-id").limit(100).values_list("id", flat=True)
    fields = " ".join(_selected(type_name, name) for name in CLASSIFIED[type_name])
    inner = f"{link} {{ {fields} }}" if link else fields
    document = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {holder} {{ {inner} }} }} }}"

    with rows_open(*scoped_models()):
        answer = await ask(document, as_=stranger, ids=[public_id(holder, row, None) for row in rows])

    assert answer.errors == []
    # A guest's cart is about nobody, so it is no node whatever the scope.
    nodes = [node for node in answer.data["nodes"] if node is not None]
    # Other tests leave accounts without a profile behind.
    reached: list[Any] = [node[link] if link else node for node in nodes]
    lists: list[list[Any]] = [found if isinstance(found, list) else [found] for found in reached]
    shown = [one for found in lists for one in found if one is not None]
    assert shown
    assert {value for one in shown for value in one.values()} == {None}
    assert {entry["path"][-1] for entry in answer.withheld} == set(CLASSIFIED[type_name])


@pytest.mark.parametrize(
    "type_name",
    [
        pytest.param(name, marks=pytest.mark.scope(model.__name__))
        for name, model in TABLES.items()
        if name != "Session"
    ],
)
async def test_a_viewer_finds_a_row_exactly_when_the_policy_shows_the_class_that_it_is_known_by(
    type_name: str, world: World, shelf: dict[str, list[Thing]]
) -> None:
    model: Any = TABLES[type_name]
    ids = [thing.row_id for thing in shelf[type_name]]

    for name, viewer in world.viewers.items():
        found = {row for row, rows in (await model.visible_to(viewer).by("id", ids)).items() if rows}

        assert found == {thing.row_id for thing in shelf[type_name] if thing.is_known_to(viewer, world)}, name


@pytest.mark.scope("Session")
async def test_a_session_is_found_by_nobody_but_its_owner(world: World) -> None:
    owner = world.subjects["adult"].account.id
    ids: list[Any] = await Session.filter(account_id=owner).values_list("id", flat=True)

    for name, viewer in world.viewers.items():
        found = [row for rows in (await Session.visible_to(viewer).by("id", ids)).values() for row in rows]

        assert bool(found) is (viewer.person == owner), name


def _holder(type_name: str) -> tuple[str, str]:
    """Name the type with ids through which a type is reached, and the link that leads there; itself needs none."""
    if type_name in MODELS:
        return type_name, ""
    for holder in (type_ for type_ in output_types(schema) if type_.name in MODELS):
        for link, field in holder.fields.items():
            plan = plan_of(field)
            if str(field.type).strip("[]!") == type_name and plan is not None and plan.kind == "link":
                return holder.name, link
    raise LookupError(f"No type with ids links to `{type_name}`.")


def _selected(type_name: str, name: str) -> str:
    is_leaf = is_leaf_type(get_named_type(TYPES[type_name].fields[name].type))
    return name if is_leaf else f"{name} {{ __typename }}"
