"""
Every object type, for every viewer, by every way to reach it: exactly what the policy decides.

What is expected is worked out by `tests.graphql.expected` from the policy and from what was put into the shop; what is
seen comes through the schema. A type, a classified field or a way that is missing here fails the run.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

import pytest
import pytest_asyncio

from permissions.register import is_about_somebody, output_types
from policy.partners import PartnerType
from schema import schema
from tests.graphql.expected import things
from tests.graphql.expected_sights import expected_withheld, shown_of, withheld_in, without_id
from tests.graphql.things import Thing
from tests.graphql.ways_of_types import WAYS
from tests.graphql.world import World
from tests.graphql.world_partners import AFFILIATES
from tests.reporting import report

TYPES = sorted(type_.name for type_ in output_types(schema) if is_about_somebody(type_))
LISTS = (
    "orderAnomalies",
    "orders",
    "fulfillmentOrders",
    "legalGrounds",
    "transfers",
    "payments",
    "objectionNotices",
    "identityChecks",
    "enterpriseChecks",
    "users",
)
# The institution, risk control and affiliates see what other modules have put into the shop besides.
SERVING_MORE = AFFILIATES | {PartnerType.PAYMENT, PartnerType.RISK_CONTROL}
OTHERS = AFFILIATES | {PartnerType.LOGISTICS}
# Carriers, who know shipments, and affiliates, who know lines, never see the rows that these ways go by.
SUPPLIERS_ONLY = ("FulfillmentOrder.shipments", "FulfillmentOrder.lines")
# What is asked here is itself noted, so these grow meanwhile.
GROWING = ("LegalGround.uses", "ThirdPartyRecord.disclosures")
COVERED_ELSEWHERE = {
    "Session": "tests/graphql/test_sessions.py",
    "DeviceSighting": "tests/graphql/test_devices.py",
    "UnlinkedSearch": "tests/graphql/test_searches.py",
    "Device": "tests/graphql/test_affiliates.py",
}

Found = list[tuple[Any, tuple[str, ...]]]
"""Objects as they were seen, each with the response path at which it was."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shelf(world: World) -> dict[str, list[Thing]]:
    return await things(world)


def _objects(value: Any, path: Sequence[str], at: tuple[str, ...] = ()) -> Found:
    """Collect the objects at a response path."""
    if isinstance(value, list):
        return [found for item in cast(list[Any], value) for found in _objects(item, path, at)]
    if value is None:
        return []
    if not path:
        return [(value, at)]
    return _objects(value[path[0]], path[1:], (*at, path[0]))


CASES = [
    pytest.param(type_name, way, marks=pytest.mark.matrix(type_name), id=f"{type_name} by {way}")
    for type_name in TYPES
    for way in WAYS.get(type_name, {})
]


def test_no_type_about_somebody_is_left_out() -> None:
    assert set(TYPES) == set(WAYS) | (set(COVERED_ELSEWHERE) & set(TYPES))


@pytest.mark.parametrize(("type_name", "way"), CASES)
async def test_a_viewer_gets_of_an_object_exactly_what_the_policy_decides(
    type_name: str, way: str, world: World, shelf: dict[str, list[Thing]]
) -> None:
    go, leads_others_to_all = WAYS[type_name][way]
    compared = 0
    for name, viewer in world.viewers.items():
        is_in_the_way = viewer.partner_type not in OTHERS or way not in SUPPLIERS_ONLY
        leads_to_all = leads_others_to_all and is_in_the_way
        answer, path = await go(viewer, shelf, type_name)

        assert answer.errors == [], name
        known = [thing for thing in shelf[type_name] if thing.is_known_to(viewer, world)]
        # What these operations show is put on record as well; they have no name.
        found = [
            (value, at)
            for value, at in _objects(answer.data, path)
            if type_name != "Disclosure" or value["operation"] is not None
        ]
        seen = sorted(repr(without_id(value)) for value, _ in found)
        expected = {thing.row_id: repr(shown_of(thing, viewer, world, type_name)) for thing in known}
        if way in GROWING:
            assert Counter(expected.values()) <= Counter(seen), f"{name} by {way}"
        elif path[0] in LISTS:
            assert Counter(expected.values()) <= Counter(seen), f"{name} by {way}"
            sees_all = viewer.staff is not None or viewer.partner_type in SERVING_MORE
            assert sees_all or len(expected) == len(seen), f"{name} by {way}"
        elif leads_to_all:
            assert seen == sorted(expected.values()), f"{name} by {way}"
        else:
            assert set(seen) <= set(expected.values()), f"{name} by {way}"
        withheld = expected_withheld(known if leads_to_all else [], viewer, world, type_name, path)
        assert withheld_in(answer) >= withheld
        if leads_to_all and path[0] not in LISTS:
            assert withheld_in(answer) == withheld
        compared += len(found)
    report(f"matrix: {type_name} by {way}: {compared} objects as {len(world.viewers)} viewers")
