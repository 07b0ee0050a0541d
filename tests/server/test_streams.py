"""Subscriptions over server-sent events: what is sent, to whom, and when it ends."""

import pytest

from commerce import sessions
from models import clock
from models.access_tokens import AccessToken
from models.disclosures import Disclosure
from models.ids import new_id
from models.orders import Order, OrderLine, OrderStatus
from models.sessions import SessionToken
from server.demo_rows import Line, Parcel, Purchase, add_order, add_supplier, add_supplier_token
from server.limits import RequestLimits
from tests.commerce.people import Browser
from tests.graphql.asking import ask
from tests.graphql.wards import Somebody, family, somebody, withdraw
from tests.server.streaming import EVENTS, UPDATED, following, serving

pytestmark = pytest.mark.usefixtures("database")
QUICK = RequestLimits(look_seconds=0.1, keep_alive_seconds=0.2)
PHONE = "+46701239876"
PARCEL = Parcel("Edda Holm", PHONE, "Storgatan 77", "Lund", "22100", "SE", True)
LEAN = "subscription Follow($number: String!) { orderUpdated(number: $number) { status } }"


async def signed_in(person: Somebody) -> str:
    return (await sessions.begin(person.account.id, client=Browser())).credential


async def bought(buyer: Somebody, *, lines: int = 1, status: OrderStatus = OrderStatus.PAID) -> tuple[Order, list[str]]:
    """Write an order, each line of another supplier, and give it with the tokens of these."""
    suppliers = [await add_supplier("Nordhof", f"nordhof-{new_id().hex}", "DE") for _ in range(lines)]
    parts = tuple(Line(supplier.id, f"SKU-{at}", "Lamp", 1, 1_000) for at, supplier in enumerate(suppliers))
    order = await add_order(Purchase(buyer.account.id, PARCEL, parts, status))
    return order, [await add_supplier_token(supplier) for supplier in suppliers]


async def moved(order: Order, status: OrderStatus) -> None:
    await Order.filter(id=order.id).update(status=status)


async def test_a_stream_tells_what_is_and_what_changes() -> None:
    buyer = await somebody()
    order, _ = await bought(buyer)

    async with serving(QUICK) as (url, _server), following(url, await signed_in(buyer), order.number) as stream:
        first = await stream.shown()
        await moved(order, OrderStatus.SHIPPED)
        second = await stream.shown()
        headers = stream.response.headers

    assert (first["status"], second["status"]) == ("PAID", "SHIPPED")
    assert first["recipient"] == second["recipient"] == {"name": "Edda Holm", "phone": PHONE}
    assert headers["content-type"] == f"{EVENTS}; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["avow-request-id"]


async def test_an_order_of_others_is_as_one_that_does_not_exist_and_the_stream_ends() -> None:
    stranger = await signed_in(await somebody())
    order, _ = await bought(await somebody())

    async with serving(QUICK) as (url, _server):
        told: list[object] = []
        for number in (order.number, "K7QM-2XVD-9RTP"):
            async with following(url, stranger, number) as stream:
                event = await stream.next()
                assert event is not None
                told.append({name: value for name, value in event.items() if name != "extensions"})
                assert await stream.next() is None

    assert told == [{"data": {"orderUpdated": None}}] * 2


async def test_a_change_that_a_viewer_does_not_see_is_not_told_to_them() -> None:
    order, tokens = await bought(await somebody(), lines=2)

    async with (
        serving(QUICK) as (url, _server),
        following(url, tokens[0], order.number) as one,
        following(url, tokens[1], order.number) as two,
    ):
        first = await one.shown()
        await two.shown()
        await OrderLine.filter(order_id=order.id, sku="SKU-1").update(title="Lantern")
        seen = await two.shown()
        await moved(order, OrderStatus.SHIPPED)
        next_ = await one.until("SHIPPED")

    assert [line["title"] for line in seen["lines"]] == ["Lantern"]
    assert {line["title"] for each in [first, *next_] for line in each["lines"]} == {"Lamp"}
    # Whatever this supplier hears of after the beginning is of the second change.
    assert first not in next_


async def test_a_stream_ends_with_the_session_it_was_begun_in() -> None:
    buyer = await somebody()
    order, _ = await bought(buyer)
    opened = await sessions.begin(buyer.account.id, client=Browser())

    async with serving(QUICK) as (url, _server), following(url, opened.credential, order.number) as stream:
        await stream.shown()
        viewer = await sessions.authenticate(opened.credential)
        await sessions.end(viewer.session, by=viewer)
        await moved(order, OrderStatus.SHIPPED)
        code = await stream.code()

    assert code == "UNAUTHENTICATED"


async def test_a_guardians_withdrawal_shows_in_streams_as_in_queries() -> None:
    minor, guardian = await family(9)
    order, (supplier,) = await bought(minor, status=OrderStatus.SHIPPED)
    query = UPDATED.replace("subscription", "query").replace("orderUpdated", "orderUpdated: order")

    async with serving(QUICK) as (url, _server):
        async with (
            following(url, supplier, order.number) as supplied,
            following(url, await signed_in(guardian), order.number) as guarded,
        ):
            before = [await supplied.shown(), await guarded.shown()]
            assert (await withdraw(guardian.viewer, minor.id, "FULFILMENT")).codes == []
            await moved(order, OrderStatus.DELIVERED)
            # The withdrawal closes the order's window, which is a change as well.
            after = [(await each.until("DELIVERED"))[-1] for each in (supplied, guarded)]
        token = await sessions.authenticate(supplier)

    answers = [await ask(query, as_=viewer, number=order.number) for viewer in (token, guardian.viewer)]
    assert before[0]["recipient"]["phone"] == PHONE
    assert after == [answer.data["orderUpdated"] for answer in answers]
    assert after[0]["recipient"]["phone"] != PHONE


@pytest.mark.clause("P4.1")
async def test_each_event_is_on_record_before_it_leaves() -> None:
    buyer = await somebody()
    order, (supplier,) = await bought(buyer)

    async def noted() -> list[str]:
        rows = await Disclosure.filter(account_id=buyer.account.id).order_by("id")
        return [row.operation or "" for row in rows if "RECIPIENT_PHONE" in row.classes]

    async with serving(QUICK) as (url, _server), following(url, supplier, order.number) as stream:
        await stream.shown()
        first = await noted()
        await moved(order, OrderStatus.SHIPPED)
        await stream.shown()
        second = await noted()

    assert (first, second) == (["Follow"], ["Follow"] * 2)


async def test_events_are_paid_for_from_the_bucket_of_all_operations() -> None:
    buyer = await somebody()
    order, _ = await bought(buyer)

    async with (
        serving(QUICK, cost_maximum=5, cost_per_second=1) as (url, _server),
        following(url, await signed_in(buyer), order.number, LEAN) as stream,
    ):
        paid = [await stream.next()]
        for status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.SHIPPED, OrderStatus.DELIVERED):
            await moved(order, status)
            paid.append(await stream.next())
            if "data" not in (paid[-1] or {}):
                break
        ended = await stream.next()

    costs = [event["extensions"]["cost"] for event in paid if event is not None]
    assert costs[0]["actual"] == costs[0]["requested"] == 2
    assert costs[1]["throttle"]["available"] < costs[0]["throttle"]["available"]
    assert paid[-1] is not None
    assert paid[-1]["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert ended is None


async def test_a_token_asks_for_one_of_its_purposes_in_a_subscription_too() -> None:
    order, (supplier,) = await bought(await somebody())
    document = "subscription ($number: String!) @purpose(is: {}) {{ orderUpdated(number: $number) {{ status }} }}"

    async with serving(QUICK) as (url, _server):
        async with following(url, supplier, order.number, document.format("FULFILMENT")) as stream:
            allowed = await stream.next()
        async with following(url, supplier, order.number, document.format("PERSONALISATION")) as stream:
            refused = stream.response

    assert allowed is not None
    assert allowed["extensions"]["context"] == {"purpose": "FULFILMENT"}
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["extensions"]["code"] == "PURPOSE_NOT_ALLOWED"


async def test_a_stream_ends_by_itself_with_what_ends_its_credential() -> None:
    buyer = await somebody()
    order, (supplier,) = await bought(buyer)
    opened, kept = [await sessions.begin(buyer.account.id, client=Browser()) for _ in range(2)]
    token = await sessions.authenticate(supplier)

    async with (
        serving(QUICK) as (url, _server),
        following(url, opened.credential, order.number) as ended,
        following(url, supplier, order.number) as revoked,
        following(url, kept.credential, order.number) as other,
    ):
        for stream in (ended, revoked, other):
            await stream.shown()
        viewer = await sessions.authenticate(opened.credential)
        await sessions.end(viewer.session, by=viewer)
        await AccessToken.filter(id=token.session).update(revoked_at=clock.now())
        codes = [await ended.code(), await revoked.code()]
        await moved(order, OrderStatus.SHIPPED)
        goes_on = await other.shown()

    assert codes == ["UNAUTHENTICATED"] * 2
    assert goes_on["status"] == "SHIPPED"


async def test_a_stream_ends_with_the_key_it_was_begun_with_and_leaves_the_session_alone() -> None:
    buyer = await somebody()
    order, _ = await bought(buyer)
    opened = await sessions.begin(buyer.account.id, client=Browser())
    # A key is replaced at the earliest so long after it was made.
    await SessionToken.filter(session_id=opened.session.id).update(created_at=clock.now() - 2 * sessions.OVERLAP)

    async with serving(QUICK) as (url, _server), following(url, opened.credential, order.number) as stream:
        await stream.shown()
        rotated = await sessions.rotate(by=await sessions.authenticate(opened.credential))
        await SessionToken.filter(session_id=opened.session.id, rotated_at__isnull=False).update(
            rotated_at=clock.now() - 2 * sessions.OVERLAP
        )
        await moved(order, OrderStatus.SHIPPED)
        code = await stream.code()

    assert code == "UNAUTHENTICATED"
    assert (await sessions.authenticate(rotated.credential)).account == buyer.account.id
