"""A guardian withdraws while a supplier walks through pages: every process closes what consent had opened."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from commerce import sessions
from models.ids import new_id, public_id
from models.orders import OrderStatus
from server.demo_rows import Line, Parcel, Purchase, add_order, add_supplier, add_supplier_token
from server.embedded import Embedded
from tests.commerce.people import Browser
from tests.graphql.wards import WITHDRAW, family
from tests.reporting import report
from tests.server.worker_processes import serving

PHONE = "+46701239876"
PARTS = """query ($after: String) {
  fulfillmentOrders(first: 2, after: $after) {
    nodes { recipient { name phone street } } pageInfo { endCursor hasNextPage }
  }
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


@pytest.mark.parametrize("years", [9, 16])
async def test_a_withdrawal_in_the_middle_of_a_walk_closes_the_next_page(
    years: int, database: Embedded, tmp_path: Path
) -> None:
    minor, guardian = await family(years)
    supplier = await add_supplier("Nordhof", f"nordhof-{new_id().hex}", "DE")
    parcel = Parcel("Edda Holm", PHONE, "Storgatan 77", "Lund", "22100", "SE", True)
    for _ in range(ORDERS):
        line = Line(supplier.id, "SKU-1", "Lamp", 1, 1_000)
        await add_order(Purchase(minor.account.id, parcel, (line,), OrderStatus.SHIPPED))
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
