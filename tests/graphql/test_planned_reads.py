"""What plans read: nothing is decrypted that may not be shown, and a transaction is seen from inside of it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

import pytest

from execution.documents import Documents
from models.categories import Category
from models.database import transaction
from models.ids import new_id
from models.orders import Recipient
from models.records import Row
from permissions import OperationContext
from policy.classes import RECIPIENT_ADDRESS, RECIPIENT_NAME, RECIPIENT_PHONE
from policy.decide import Sight, decide
from policy.viewer import ANONYMOUS, Viewer
from resolvers.cells import open_cells
from schema import schema
from server.demo_catalogue import add_category
from tests.graphql.comparing import executing
from tests.graphql.world import Sale, World
from tests.reporting import report

CLASSES = {
    "name": RECIPIENT_NAME,
    "phone": RECIPIENT_PHONE,
    **dict.fromkeys(("street", "city", "postal_code", "country"), RECIPIENT_ADDRESS),
}
SELECTED = "number recipient { name phone street city postalCode country }"
ORDERS = f"{{ orders(first: 100) {{ nodes {{ {SELECTED} }} }} }}"
PARTS = "{ fulfillmentOrders(first: 100) { nodes { recipient { name phone street city postalCode country } } } }"
SEEING = ("adult", "guardian", "supplier_one", "carrier")
"""Who is shown something of some recipients, and nothing of others."""


async def ran(text: str, as_: Viewer, opening: Any = open_cells, *, is_planning: bool = True, **variables: Any) -> Any:
    """Run an operation by plan or by stock execution."""
    documents = Documents(schema)
    executor, reasons = executing(is_planning=is_planning)
    reasons.clear()
    context = OperationContext(open_cells=opening, prepare=documents.parsed, viewer=as_, budget=10**9)
    result = await executor.execute(documents.prepare(text), None, variables, context)
    assert result.errors is None
    assert (reasons == [None]) is is_planning
    return result.data


def may_be_opened(world: World, viewer: Viewer, sale: Sale, column: str) -> bool:
    """Whether a viewer is shown a value or a mask made of it, by what is known apart from the database."""
    decision = decide(viewer.asks(CLASSES[column], of=world.case(viewer, sale.subject, sale)))
    return decision.sight is not Sight.NULL


@pytest.mark.parametrize("is_planning", [True, False], ids=["by plan", "by stock execution"])
@pytest.mark.parametrize("document", [ORDERS, PARTS], ids=["orders", "parts"])
async def test_no_cell_is_decrypted_that_the_viewer_may_not_see(
    world: World, document: str, *, is_planning: bool
) -> None:
    sales = {sale.recipient.id: sale for sale in world.sales}
    counts: Counter[str] = Counter()
    for name in sorted(world.viewers):
        viewer = world.viewers[name]
        opened: list[tuple[Any, str]] = []

        async def noting(wanted: Sequence[tuple[Any, str]], opened: list[tuple[Any, str]] = opened) -> Any:
            opened += wanted
            return await open_cells(wanted)

        await ran(document, viewer, noting, is_planning=is_planning)

        cells = [(sales[row.id], column) for row, column in opened if _is_recipient(row) and row.id in sales]
        hidden = [
            (sale.parcel.name, column) for sale, column in cells if not may_be_opened(world, viewer, sale, column)
        ]
        assert hidden == [], name
        counts[name] += len(cells)
    report(f"decryption: {sum(counts.values())} cells of recipients opened for {len(counts)} viewers, none unseen")
    assert sum(counts[name] > 0 for name in SEEING) > 1
    # Where something is to be opened, something else is not.
    every = len(sales) * len(CLASSES)
    assert all(count < every for count in counts.values())
    assert counts["anonymous"] == 0


def _is_recipient(row: Any) -> bool:
    kind = cast("Any", type(row))
    return (kind.model if issubclass(kind, Row) else kind) is Recipient


class Undone(Exception):
    """Rolls back a transaction."""


async def test_a_planned_operation_inside_of_a_transaction_sees_what_that_wrote() -> None:
    document = "query ($slug: String!) { category(slug: $slug) { name children(first: 5) { nodes { name } } } }"
    slug = f"inside-{new_id().hex}"
    seen: list[Any] = []
    try:
        async with transaction():
            outer = await add_category("Inside", slug)
            await add_category("Further in", f"{slug}-1", outer)
            seen.append(await ran(document, ANONYMOUS, slug=slug))
            await Category.filter(id=outer.id).update(name="Renamed")
            seen.append(await ran(document, ANONYMOUS, slug=slug))
            raise Undone
    except Undone:
        seen.append(await ran(document, ANONYMOUS, slug=slug))

    children = {"nodes": [{"name": "Further in"}]}
    assert seen == [
        {"category": {"name": "Inside", "children": children}},
        {"category": {"name": "Renamed", "children": children}},
        {"category": None},
    ]
