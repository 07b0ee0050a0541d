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
from policy.viewer import Viewer
from schema import schema
from tests.graphql.asking import Answer, ask
from tests.graphql.expected import things
from tests.graphql.expected_sights import expected_withheld, shown_of, withheld_in, without_id
from tests.graphql.things import Thing
from tests.graphql.ways import Way, by_ids, by_root, ids_of, selection
from tests.graphql.world import World
from tests.graphql.world_partners import AFFILIATES
from tests.reporting import report

TYPES = sorted(type_.name for type_ in output_types(schema) if is_about_somebody(type_))
NOTICED = ("orderAnomalies", "nodes")
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


async def _one_by_one(viewer: Viewer, shelf: dict[str, list[Thing]], type_name: str) -> tuple[Answer, Sequence[str]]:
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


async def _by_number(viewer: Viewer, shelf: dict[str, list[Thing]], type_name: str) -> tuple[Answer, Sequence[str]]:
    fields = " ".join(
        f'n{number}: order(number: "{thing.values["number"]}") {{ {selection("Order")} }}'
        for number, thing in enumerate(shelf["Order"])
    )
    answer = await ask(f"{{ {fields} }}", as_=viewer)
    withheld = [{**entry, "path": ["all", *entry["path"][1:]]} for entry in answer.withheld]
    return Answer({"all": list(answer.data.values())}, answer.errors, withheld), ("all",)


# Type -> way -> how it is gone, and whether it leads to every object that the viewer may know of.
WAYS: dict[str, dict[str, tuple[Way, bool]]] = {
    "Order": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "order(number)": (_by_number, True),
        "orders.nodes": (by_root("{ orders(first: 100) { nodes { {} } } }", "orders", "nodes"), True),
        "orders.edges": (by_root("{ orders(first: 100) { edges { node { {} } } } }", "orders", "edges", "node"), True),
        "User.orders": (
            by_ids(of="User", inside="orders(first: 50) {{ nodes {{ {} }} }}", path=("orders", "nodes")),
            False,
        ),
    },
    "OrderLine": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "Order.lines": (by_ids(of="Order", inside="lines {{ {} }}", path=("lines",)), True),
        "FulfillmentOrder.lines": (by_ids(of="FulfillmentOrder", inside="lines {{ {} }}", path=("lines",)), True),
    },
    "FulfillmentOrder": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "fulfillmentOrders.nodes": (
            by_root("{ fulfillmentOrders(first: 100) { nodes { {} } } }", "fulfillmentOrders", "nodes"),
            True,
        ),
    },
    "Shipment": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "Order.shipments": (
            by_ids(of="Order", inside="shipments(first: 9) {{ nodes {{ {} }} }}", path=("shipments", "nodes")),
            True,
        ),
        "FulfillmentOrder.shipments": (
            by_ids(of="FulfillmentOrder", inside="shipments {{ {} }}", path=("shipments",)),
            True,
        ),
    },
    "ShipmentLine": {
        "Shipment.lines": (by_ids(of="Shipment", inside="lines {{ {} }}", path=("lines",)), True),
    },
    "TrackingEvent": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "Shipment.trackingEvents": (
            by_ids(
                of="Shipment", inside="trackingEvents(first: 9) {{ nodes {{ {} }} }}", path=("trackingEvents", "nodes")
            ),
            True,
        ),
    },
    "Payment": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "payments.nodes": (by_root("{ payments(first: 100) { nodes { {} } } }", "payments", "nodes"), True),
    },
    "OrderAnomaly": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "orderAnomalies.nodes": (by_root("{ orderAnomalies(first: 100) { nodes { {} } } }", *NOTICED), True),
        "Order.anomalies": (by_ids(of="Order", inside="anomalies {{ {} }}", path=("anomalies",)), True),
    },
    "Cart": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "cart": (by_root("{ cart { {} } }", "cart"), False),
    },
    "CartLine": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "Cart.lines": (by_ids(of="Cart", inside="lines {{ {} }}", path=("lines",)), True),
        "cart.lines": (by_root("{ cart { lines { {} } } }", "cart", "lines"), False),
    },
    "Search": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "User.searches": (
            by_ids(of="User", inside="searches(first: 50) {{ nodes {{ {} }} }}", path=("searches", "nodes")),
            False,
        ),
    },
    "OrderRecipient": {
        "FulfillmentOrder.recipient": (
            by_ids(of="FulfillmentOrder", inside="recipient {{ {} }}", path=("recipient",)),
            False,
        ),
        "Order.recipient": (by_ids(of="Order", inside="recipient {{ {} }}", path=("recipient",)), True),
        "orders.nodes.recipient": (
            by_root("{ orders(first: 100) { nodes { recipient { {} } } } }", "orders", "nodes", "recipient"),
            True,
        ),
    },
    "User": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "users.nodes": (by_root("{ users(first: 100) { nodes { {} } } }", "users", "nodes"), True),
        "users.edges": (by_root("{ users(first: 100) { edges { node { {} } } } }", "users", "edges", "node"), True),
        "viewer.account": (by_root("{ viewer { account { {} } } }", "viewer", "account"), False),
        "viewer.account.wards": (
            by_root("{ viewer { account { wards { {} } } } }", "viewer", "account", "wards"),
            False,
        ),
        "Order.buyer": (by_ids(of="Order", inside="buyer {{ {} }}", path=("buyer",)), False),
        "Ticket.account": (by_ids(of="Ticket", inside="account {{ {} }}", path=("account",)), False),
    },
    "Guardianship": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "User.guardianship": (by_ids(of="User", inside="guardianship {{ {} }}", path=("guardianship",)), True),
    },
    "GuardianChallenge": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "User.guardianChallenge": (
            by_ids(of="User", inside="guardianChallenge {{ {} }}", path=("guardianChallenge",)),
            False,
        ),
    },
    "Verification": {
        "User.verification": (by_ids(of="User", inside="verification {{ {} }}", path=("verification",)), True)
    },
    "IdentityVerification": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "User.identityVerification": (
            by_ids(of="User", inside="identityVerification {{ {} }}", path=("identityVerification",)),
            False,
        ),
        "identityChecks.nodes": (
            by_root("{ identityChecks(first: 100) { nodes { {} } } }", "identityChecks", "nodes"),
            True,
        ),
    },
    "EnterpriseVerification": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "Enterprise.verification": (
            by_ids(of="Enterprise", inside="verification {{ {} }}", path=("verification",)),
            False,
        ),
        "enterpriseChecks.nodes": (
            by_root("{ enterpriseChecks(first: 100) { nodes { {} } } }", "enterpriseChecks", "nodes"),
            True,
        ),
    },
    "PurchaseApproval": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "User.purchaseApprovals": (
            by_ids(
                of="User",
                inside="purchaseApprovals(first: 50) {{ nodes {{ {} }} }}",
                path=("purchaseApprovals", "nodes"),
            ),
            True,
        ),
    },
    "Consent": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "User.consentHistory": (
            by_ids(
                of="User", inside="consentHistory(first: 50) {{ nodes {{ {} }} }}", path=("consentHistory", "nodes")
            ),
            True,
        ),
    },
    "GuardianConsent": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "User.guardianConsentHistory": (
            by_ids(
                of="User",
                inside="guardianConsentHistory(first: 50) {{ nodes {{ {} }} }}",
                path=("guardianConsentHistory", "nodes"),
            ),
            True,
        ),
    },
    "UserProfile": {"User.profile": (by_ids(of="User", inside="profile {{ {} }}", path=("profile",)), True)},
    "Address": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "User.addresses": (by_ids(of="User", inside="addresses {{ {} }}", path=("addresses",)), True),
    },
    "LegalGround": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "legalGrounds.nodes": (
            by_root("{ legalGrounds(first: 100) { nodes { {} } } }", "legalGrounds", "nodes"),
            True,
        ),
        "User.legalGrounds": (
            by_ids(of="User", inside="legalGrounds(first: 50) {{ nodes {{ {} }} }}", path=("legalGrounds", "nodes")),
            False,
        ),
        "viewer.legalGrounds": (
            by_root("{ viewer { legalGrounds(first: 50) { nodes { {} } } } }", "viewer", "legalGrounds", "nodes"),
            False,
        ),
    },
    "LegalGroundUse": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "LegalGround.uses": (
            by_ids(of="LegalGround", inside="uses(first: 50) {{ nodes {{ {} }} }}", path=("uses", "nodes")),
            True,
        ),
    },
    "Disclosure": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "User.disclosures": (
            by_ids(of="User", inside="disclosures(last: 50) {{ nodes {{ {} }} }}", path=("disclosures", "nodes")),
            False,
        ),
        "viewer.disclosures": (
            by_root("{ viewer { disclosures(last: 50) { nodes { {} } } } }", "viewer", "disclosures", "nodes"),
            False,
        ),
    },
    "Enterprise": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "User.enterprise": (by_ids(of="User", inside="enterprise {{ {} }}", path=("enterprise",)), True),
    },
    "EnterpriseContact": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "Enterprise.contacts": (by_ids(of="Enterprise", inside="contacts {{ {} }}", path=("contacts",)), False),
        "thirdParty.enterpriseContacts": (
            by_root(
                "{ thirdParty { enterpriseContacts(first: 50) { nodes { {} } } } }",
                "thirdParty",
                "enterpriseContacts",
                "nodes",
            ),
            False,
        ),
    },
    "ThirdPartyRecord": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "thirdParty.records": (
            by_root("{ thirdParty { records(first: 50) { nodes { {} } } } }", "thirdParty", "records", "nodes"),
            True,
        ),
    },
    "ThirdPartyDisclosure": {
        "ThirdPartyRecord.disclosures": (
            by_ids(
                of="ThirdPartyRecord",
                inside="disclosures(last: 50) {{ nodes {{ {} }} }}",
                path=("disclosures", "nodes"),
            ),
            True,
        ),
    },
    "ObjectionNotice": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "objectionNotices.nodes": (
            by_root("{ objectionNotices(first: 100) { nodes { {} } } }", "objectionNotices", "nodes"),
            True,
        ),
    },
    "Transfer": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "transfers.nodes": (by_root("{ transfers(first: 100) { nodes { {} } } }", "transfers", "nodes"), True),
        "User.transfers": (
            by_ids(of="User", inside="transfers(first: 50) {{ nodes {{ {} }} }}", path=("transfers", "nodes")),
            False,
        ),
        "viewer.transfers": (
            by_root("{ viewer { transfers(first: 50) { nodes { {} } } } }", "viewer", "transfers", "nodes"),
            False,
        ),
    },
    "Ticket": {
        "nodes": (by_ids(), True),
        "node": (_one_by_one, True),
        "viewer.tickets": (
            by_root("{ viewer { tickets(first: 100) { nodes { {} } } } }", "viewer", "tickets", "nodes"),
            False,
        ),
    },
}
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
