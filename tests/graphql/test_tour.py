"""One order, read by five viewers: the tour of the documentation, with the answers that the shop gives."""

import json
import os
from pathlib import Path
from typing import Any

from commerce.sessions import authenticate
from models.accounts import Account
from models.orders import Order, OrderStatus
from models.sealed import blind_index
from server import demo
from tests.graphql.asking import ask

PAGE = Path(__file__).parents[2] / "docs" / "tour.md"
NUMBER = "4WZY-8T8R-K6XR"
QUERY = """query ($number: String!) {
  order(number: $number) {
    number
    status
    total { amount currencyCode }
    buyer { email }
    recipient { name phone city }
    lines { title quantity unitPrice { amount } }
  }
}"""
VIEWERS = {
    "customer": "Mara bought two blankets and a lamp, and has them sent to a friend. She sees everything.",
    "supplier": "Nordhof Textil sees its own line and, while the window is open, whom to send it to; nothing of the "
    "lamp, the money or the buyer.",
    "agent": "Agnes of customer service has Mara's ticket open and has verified her membership, so she sees what she "
    "is asked about.",
    "operator": "Oskar runs the shop. He sees orders and amounts; that there is a recipient, and not who.",
    "other_customer": "Tomás is a stranger. The order is not there for him, exactly as one that does not exist.",
}
INTRODUCTION = """# One order, five viewers

The query is the same every time; only the token differs. `extensions.privacy.withheld` lists what the viewer did not
get: the field, whether it is null or a mask, and a code. Staff and the person concerned also see which clauses withheld
it and what is missing; others do not, because a clause can tell that a buyer is a child.

Run `python3 dev.py run` and follow with the viewer switch of the explorer.
"""


async def _tour() -> str:
    viewers = {viewer.name: viewer for viewer in await demo.fill()}
    mara = await Account.get(email_index=blind_index("account.email", "mara@example.com"))
    order = await Order.get(buyer_id=mara.id, status=OrderStatus.PAID)
    parts = [INTRODUCTION, f"```graphql\n{QUERY}\n```\n"]
    for name, about in VIEWERS.items():
        answer = await ask(QUERY, as_=await authenticate(viewers[name].token), number=order.number)
        assert answer.errors == []
        shown: dict[str, Any] = {"data": answer.data, "extensions": {"privacy": {"withheld": answer.withheld}}}
        text = _compact(shown).replace(order.number, NUMBER)
        parts.append(f"## {name}\n\n{about}\n\n```json\n{text}\n```\n")
    return "\n".join(parts)


def _compact(value: Any, indent: str = "") -> str:
    """Write JSON with what fits on one line on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(flat) <= 100 or not isinstance(value, dict | list):
        return flat
    inner = indent + "  "
    if isinstance(value, dict):
        items: list[str] = [f"{json.dumps(key)}: {_compact(item, inner)}" for key, item in value.items()]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        opening, closing = "{", "}"
    else:
        items = [_compact(item, inner) for item in value]  # pyright: ignore[reportUnknownVariableType]
        opening, closing = "[", "]"
    body = f",\n{inner}".join(items)
    return f"{opening}\n{inner}{body}\n{indent}{closing}"


async def test_the_tour_shows_what_the_shop_answers(database: object) -> None:
    toured = await _tour()
    if os.environ.get("AVOW_WRITE_TOUR"):
        PAGE.write_text(toured, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == toured, (
        "Run `AVOW_WRITE_TOUR=1 python3 dev.py test tests/graphql/test_tour.py`."
    )
