"""Somebody withdraws while a supplier walks through pages: every process closes what consent had opened."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from commerce import consents, sessions
from models.ids import new_id, public_id
from models.orders import OrderStatus
from models.suppliers import Supplier
from policy.partners import PartnerType
from policy.purposes import Purpose
from server.demo_partners import Company, add_partner
from server.demo_rows import Line, Parcel, Purchase, add_order, add_supplier, add_supplier_token
from server.embedded import Embedded
from tests.commerce.people import Browser
from tests.graphql.wards import WITHDRAW, Somebody, family, somebody
from tests.reporting import report
from tests.server.worker_processes import serving

PHONE = "+46701239876"
PARTS = """query ($after: String) {
  fulfillmentOrders(first: 2, after: $after) {
    nodes { recipient { name phone street } } pageInfo { endCursor hasNextPage }
  }
}"""
WITHDRAW_OWN = """mutation ($input: ConsentWithdrawInput!) {
  consentWithdraw(input: $input) { account { consents } userErrors { code } }
}"""
ORDERS = 12
WITHIN_S = 5.0


async def asked(url: str, credential: str, document: str, **variables: Any) -> httpx.Response:
    """Ask over a connection of its own, so that any of the processes may answer."""
    async with httpx.AsyncClient(timeout=30) as client:
        return await client.post(
            f"{url}/graphql",
            json={"query": document, "variables": variables},
            headers={"Authorization": f"Bearer {credential}"},
        )


async def add_orders(buyer: Somebody, supplier: Supplier) -> None:
    """Write orders that are on their way, so that their recipients are shown."""
    parcel = Parcel("Edda Holm", PHONE, "Storgatan 77", "Lund", "22100", "SE", True)
    for _ in range(ORDERS):
        line = Line(supplier.id, "SKU-1", "Lamp", 1, 1_000)
        await add_order(Purchase(buyer.account.id, parcel, (line,), OrderStatus.SHIPPED))


@pytest.mark.parametrize("years", [9, 16])
async def test_a_withdrawal_in_the_middle_of_a_walk_closes_the_next_page(
    years: int, database: Embedded, tmp_path: Path
) -> None:
    minor, guardian = await family(years)
    supplier = await add_supplier("Nordhof", f"nordhof-{new_id().hex}", "DE")
    await add_orders(minor, supplier)
    token = await add_supplier_token(supplier)
    session = (await sessions.begin(guardian.account.id, client=Browser())).credential

    async with serving(database, tmp_path) as url:
        pages = [(await asked(url, token, PARTS)).json()["data"]["fulfillmentOrders"]]
        pages.append(
            (await asked(url, token, PARTS, after=pages[0]["pageInfo"]["endCursor"])).json()["data"][
                "fulfillmentOrders"
            ]
        )
        wanted = {"wardId": public_id("User", minor.account.id), "purposes": ["FULFILMENT"]}
        withdrawn = (await asked(url, session, WITHDRAW, input=wanted)).json()
        began, after = time.monotonic(), pages[1]["pageInfo"]["endCursor"]
        # More requests than processes, each by a connection of its own, and the walk goes on from where it was.
        later = [await asked(url, token, PARTS, after=cursor) for cursor in [after, None] * 12]
        took = time.monotonic() - began

    assert [node["recipient"]["phone"] for page in pages for node in page["nodes"]] == [PHONE] * 4
    assert withdrawn["data"]["guardianConsentWithdraw"]["userErrors"] == []
    assert took < WITHIN_S
    for response in later:
        assert response.json().get("errors") is None
        for told in (PHONE, "Edda", "Storgatan"):
            assert told not in response.text
    report(f"withdrawal: closed with the first of {len(later)} requests to 4 processes, all within {took:.1f} s")


async def test_a_persons_own_withdrawal_in_the_middle_of_a_walk_closes_the_next_page(
    database: Embedded, tmp_path: Path
) -> None:
    buyer = await somebody()
    supplier = await add_supplier("Nordhof", f"nordhof-{new_id().hex}", "DE")
    # It works with the data abroad of its buyers, who did not deal there: their consent alone lets it see them.
    await add_partner(Company(PartnerType.SUPPLIER, "Nordhof", "DE", supplier=supplier, works_in="US"))
    await add_orders(buyer, supplier)
    await consents.give(frozenset({Purpose.CROSS_BORDER}), by=buyer.viewer)
    token = await add_supplier_token(supplier)
    session = (await sessions.begin(buyer.account.id, client=Browser())).credential

    async with serving(database, tmp_path) as url:
        first = (await asked(url, token, PARTS)).json()["data"]["fulfillmentOrders"]
        cursor = first["pageInfo"]["endCursor"]
        # Each process has answered before, so none finds out by asking for the first time.
        before = [await asked(url, token, PARTS, after=cursor) for _ in range(12)]
        withdrawn = (await asked(url, session, WITHDRAW_OWN, input={"purposes": ["CROSS_BORDER"]})).json()
        began = time.monotonic()
        later = [await asked(url, token, PARTS, after=after) for after in [cursor, None] * 12]
        took = time.monotonic() - began

    assert [node["recipient"]["phone"] for node in first["nodes"]] == [PHONE] * 2
    assert all(PHONE in response.text for response in before)
    assert withdrawn["data"]["consentWithdraw"]["userErrors"] == []
    assert took < WITHIN_S
    for response in later:
        assert response.json()["data"]["fulfillmentOrders"]["nodes"] == []
    report(f"own withdrawal: closed with the first of {len(later)} requests to 4 processes, all within {took:.1f} s")
