"""Somebody accepts a version of the policy: every process opens what it adds with the next request."""

from pathlib import Path

import httpx

from commerce import acceptances, sessions
from models.ids import new_id
from models.orders import OrderStatus
from policy.classes import RECIPIENT_PHONE
from policy.parties import Party
from server.demo_rows import Line, Parcel, Purchase, add_order, add_supplier, add_supplier_token
from server.embedded import Embedded
from tests.commerce.people import Browser
from tests.graphql.policies import ACCEPT, agrees_to, version_in_force, version_of_the_past, without
from tests.graphql.wards import somebody
from tests.reporting import report
from tests.server.test_withdrawal_in_workers import asked
from tests.server.worker_processes import serving

PHONE = "+46701239873"
PARTS = "{ fulfillmentOrders(first: 2) { nodes { recipient { name phone } } } }"
REQUESTS = 16


def _phone(response: httpx.Response) -> str | None:
    data = response.json().get("data")
    return data and data["fulfillmentOrders"]["nodes"][0]["recipient"]["phone"]


async def test_what_a_version_adds_is_open_to_every_process_once_it_is_accepted(
    database: Embedded, tmp_path: Path
) -> None:
    buyer, supplier = await somebody(), await add_supplier("Nordhof", f"nordhof-{new_id().hex}", "DE")
    await version_in_force()
    await agrees_to(buyer.account.id, await version_of_the_past(without(Party.SUPPLIER, RECIPIENT_PHONE)))
    parcel = Parcel("Edda Holm", PHONE, "Storgatan 77", "Lund", "22100", "SE", True)
    line = Line(supplier.id, "SKU-1", "Lamp", 1, 1_000)
    await add_order(Purchase(buyer.account.id, parcel, (line,), OrderStatus.PAID))
    token = await add_supplier_token(supplier)
    session = (await sessions.begin(buyer.account.id, client=Browser())).credential
    current = await acceptances.in_force()
    wanted = {"version": current.version, "highlightedTerms": sorted(acceptances.term_ids(current))}

    async with serving(database, tmp_path) as url:
        # More requests than processes, each by a connection of its own.
        before = [await asked(url, token, PARTS) for _ in range(REQUESTS)]
        accepted = (await asked(url, session, ACCEPT, input=wanted)).json()
        after = [await asked(url, token, PARTS) for _ in range(REQUESTS)]

    assert accepted["data"]["policyAccept"] == {"account": {"policyVersion": current.version}, "userErrors": []}
    assert {response.text for response in before if _phone(response) != RECIPIENT_PHONE.mask} == set()
    assert {response.text for response in after if _phone(response) != PHONE} == set()
    report(f"acceptance: open with the first of {len(after)} requests to 4 processes")
