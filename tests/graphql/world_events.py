"""What happens in the shop of the world beside its orders: reports of carriers, signs, searches."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from models import clock
from models.anomalies import AnomalyKind
from models.ids import new_id
from models.orders import OrderStatus
from models.sealed import seal
from models.searches import Search
from models.tracking import TrackingStatus
from server.demo_partners import add_anomaly
from server.demo_tracking import add_tracking_event
from tests.graphql.world_types import Noticed, Reported, Sent, Sought

if TYPE_CHECKING:
    from tests.graphql.world import World


async def report(world: "World", sent: Sent) -> None:
    """Let a carrier tell where a parcel is."""
    is_over = sent.sale.order.status is OrderStatus.DELIVERED
    last = TrackingStatus.DELIVERED if is_over else TrackingStatus.OUT_FOR_DELIVERY
    for status, country in ((TrackingStatus.IN_TRANSIT, "DE"), (last, "NL")):
        row = await add_tracking_event(sent.shipment, status, country)
        world.reports.append(Reported(sent, row, country))


async def notice(world: "World") -> None:
    """Notice something of orders of people of every age; of some of them long ago."""
    for subject in world.subjects.values():
        for part, kind, days in ((0, AnomalyKind.VELOCITY, 1), (3, AnomalyKind.AMOUNT, 1), (4, AnomalyKind.AMOUNT, 40)):
            sale = world.sales_of(subject)[part]
            if days == 1 and subject.name == "other":
                continue
            row = await add_anomaly(sale.order, kind, noticed_at=clock.now() - timedelta(days=days))
            world.noticed.append(Noticed(sale, row, days == 1))


async def search(world: "World", seed: int) -> None:
    """Let everybody have searched for something."""
    for subject in world.subjects.values():
        # Written as rows, whether or not they consent to it now.
        key, words = new_id(), f"Lamp of {subject.name} {seed}"
        cells: dict[str, Any] = await seal(Search, key, subject.account.id, words=words)
        row = await Search.create(id=key, account_id=subject.account.id, searched_at=clock.now(), **cells)
        world.searches.append(Sought(subject, row, words))
