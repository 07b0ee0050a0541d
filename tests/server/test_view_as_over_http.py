"""`viewAs` over HTTP: an officer looks at an order as its buyer and its supplier, and pays for it."""

import json
import secrets
from itertools import count

import httpx
import pytest

from commerce import sessions
from models.audit import AuditEvent
from models.disclosures import Disclosure
from models.ids import new_id, public_id
from models.orders import OrderStatus
from permissions.context import Client
from policy.viewer import StaffRole
from schema import schema
from server.app import create
from server.demo_partners import partner_of
from server.demo_rows import Line, Parcel, Purchase, add_order, add_staff, add_supplier
from tests.commerce.people import member
from tests.graphql.world import person
from tests.server.small_shop import ask, calling, no_databases, settings

pytestmark = pytest.mark.usefixtures("database")
VIEW_AS = """query ($as: [ViewAsInput!]!, $variables: String) {
  viewAs(
    document: "query ($number: String!) { order(number: $number) { number recipient { phone } total { amount } } }"
    as: $as, variables: $variables, caseReference: "PRIV-2026/118"
  ) { viewers { kind } rows { path sights { viewer outcome } } }
}"""
_numbers = count(secrets.randbelow(1_000_000) + 1_000_000)


async def test_an_officer_is_told_outcomes_and_pays_for_them() -> None:
    supplier = await add_supplier("Nordhof", f"nordhof-{new_id().hex}", "DE")
    partner, (buyer, _) = await partner_of(supplier), await member(region="SE")
    parcel = Parcel("Edda Holm", "+46701239876", "Storgatan 77", "Lund", "22100", "SE")
    line = Line(supplier.id, "SKU-1", "Lamp", 1, 1_000)
    order = await add_order(Purchase(buyer.id, parcel, (line,), OrderStatus.PAID))
    officer = await add_staff(
        person("officer", 40, next(_numbers)), StaffRole.PRIVACY_OFFICER, password="a password of nobody 7731"
    )
    opened = await sessions.begin(officer.id, client=Client(ip_hash=secrets.token_bytes(32)))
    given = {
        "as": [{"accountId": public_id("User", buyer.id)}, {"partner": {"id": public_id("Partner", partner.id)}}],
        "variables": json.dumps({"number": order.number}),
    }

    async with calling(create(settings(), schema=schema, storage=no_databases)) as client:
        response: httpx.Response = await ask(
            client, VIEW_AS, given, headers={"Authorization": f"Bearer {opened.credential}"}
        )

    answer = response.json()
    assert "errors" not in answer, answer
    assert [each["kind"] for each in answer["data"]["viewAs"]["viewers"]] == ["PERSON", "SUPPLIER"]
    told = {
        ".".join(row["path"]): [sight["outcome"] for sight in row["sights"]] for row in answer["data"]["viewAs"]["rows"]
    }
    assert told == {
        "order": ["SHOWN", "SHOWN"],
        "order.number": ["SHOWN", "SHOWN"],
        "order.recipient": ["SHOWN", "SHOWN"],
        "order.recipient.phone": ["SHOWN", "SHOWN"],
        "order.total": ["SHOWN", "WITHHELD"],
    }
    assert parcel.phone not in response.text
    assert order.number not in response.text
    assert answer["extensions"]["cost"]["actual"] >= 800
    noted = await AuditEvent.filter(actor_id=officer.id).order_by("id")
    assert [(event.action, event.request_id) for event in noted] == [
        ("viewAs", response.headers["avow-request-id"])
    ] * 2
    assert [row.party for row in await Disclosure.filter(account_id=buyer.id)] == ["PRIVACY_OFFICER"] * 2
