"""The whole server in four processes: two hundred people want fifty pieces, over HTTP, all at once."""

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from commerce import sessions
from models.ids import public_id
from models.orders import Order
from server.embedded import Embedded
from tests.commerce.buyers import buyer
from tests.commerce.goods import add_goods, filled_cart, journal_differs, levels
from tests.commerce.people import Browser
from tests.reporting import report
from tests.server.worker_processes import serving

# On a busy machine some run out of time; with the same key it is safe to ask again, whatever was done.
ASKED_AGAIN = frozenset({"UNAVAILABLE", "SERVER_BUSY", "DEADLINE_EXCEEDED"})
CHECKOUT = """
  mutation ($input: CheckoutCompleteInput!) {
    checkoutComplete(input: $input) { order { id number } userErrors { code } }
  }
"""


def wanted(cart_id: Any, key: str) -> dict[str, Any]:
    return {
        "cartId": public_id("Cart", cart_id),
        "recipient": {
            "isSelf": True,
            "name": "Mara de Wit",
            "phone": "+31612345678",
            "street": "Dam 1",
            "city": "Amsterdam",
            "country": "NL",
        },
        "expectedTotal": {"amount": "12.50", "currencyCode": "EUR"},
        "payment": {"institution": "SANDBOX"},
        "confirmsSensitive": True,
        "idempotencyKey": key,
    }


async def bought(client: httpx.AsyncClient, url: str, credential: str, given: dict[str, Any]) -> tuple[str, int]:
    """Check out, and again with the same key for as long as the server asks to come back."""
    for attempt in range(1, 60):
        answer = await client.post(
            f"{url}/graphql",
            json={"query": CHECKOUT, "variables": {"input": given}},
            headers={"Authorization": f"Bearer {credential}"},
        )
        body = answer.json()
        if body.get("errors"):
            assert {error["extensions"]["code"] for error in body["errors"]} <= ASKED_AGAIN, body
            await asyncio.sleep(0.2)
            continue
        payload = body["data"]["checkoutComplete"]
        return (payload["order"]["id"] if payload["order"] else payload["userErrors"][0]["code"]), attempt
    return "GAVE_UP", 60


async def test_two_hundred_buyers_of_fifty_pieces_get_fifty_over_http(database: Embedded, tmp_path: Path) -> None:
    goods = await add_goods(stock_at=(50,), price_minor=1_250)
    buyers = [await buyer() for _ in range(200)]
    carts = [await filled_cart(by, (goods, 1)) for by in buyers]
    credentials = [(await sessions.begin(by.account, client=Browser())).credential for by in buyers if by.account]

    async with serving(database, tmp_path) as url, httpx.AsyncClient(timeout=60) as client:
        began = time.monotonic()
        asked = zip(credentials, carts, strict=True)
        ended = await asyncio.gather(
            *(bought(client, url, credential, wanted(cart, "over http")) for credential, cart in asked)
        )
        took = time.monotonic() - began
        first = next(place for place, (end, _) in enumerate(ended) if end != "INSUFFICIENT_STOCK")
        repeated = await asyncio.gather(
            *(bought(client, url, credentials[first], wanted(carts[first], "over http")) for _ in range(100))
        )

    counted = Counter(end if end == "INSUFFICIENT_STOCK" else "ORDERED" for end, _ in ended)
    assert counted == {"ORDERED": 50, "INSUFFICIENT_STOCK": 150}
    assert {end for end, _ in repeated} == {ended[first][0]}
    assert await Order.filter(buyer_id__in=[by.account for by in buyers]).count() == 50
    assert await levels(goods) == (0, 0)
    assert await journal_differs() == 0
    again = sum(attempts > 1 for _, attempts in ended)
    report(f"overselling over HTTP: 200 checkouts by 4 processes in {took:.1f} s, {again} of them asked again")
