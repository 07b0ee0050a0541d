"""Few and many of everything that has a list, and who sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any
from uuid import UUID

from commerce import disclosures, sessions, stock
from commerce.addresses import Address
from models import clock
from models.accounts import Account
from models.anomalies import AnomalyKind
from models.audit import AuditEvent
from models.carts import Cart, CartLine, CartState
from models.categories import Collection, CollectionMembership
from models.enterprises import Enterprise, EnterpriseContact
from models.fulfilments import FulfillmentOrder
from models.ids import public_id
from models.orders import Order, OrderStatus
from models.products import ProductMedia, ProductVariant
from models.shipments import Shipment
from models.stock import StockLocation
from models.suppliers import Supplier
from models.transfers import Receiver, Transfer, TransferGround
from permissions.context import Client
from permissions.disclosures import Release, Shown
from policy.classes import EMAIL, ORDER, PERSON_NAME, RECIPIENT_NAME, RECIPIENT_PHONE
from policy.parties import Party
from policy.purposes import Purpose
from policy.viewer import ANONYMOUS, Viewer
from resolvers.nodes import audience_of
from server.demo_grounds import add_use
from server.demo_partners import add_agreement, add_anomaly, add_review
from server.demo_rows import Line, Parcel, Purchase, add_order, add_shipment
from tests.commerce.goods import Goods, add_goods
from tests.graphql import outsiders, wards, world_events
from tests.graphql.asking import ask
from tests.graphql.own_profiles import CREATE, HOME
from tests.graphql.policies import version_of_the_past, without
from tests.graphql.seeking import keeping, search
from tests.graphql.shelves import Shelves
from tests.graphql.shelves import build as build_shelves
from tests.graphql.test_enterprises import ADD, company
from tests.graphql.test_enterprises import given as contact_given
from tests.graphql.wards import Somebody
from tests.graphql.world import World


@dataclass(frozen=True, slots=True)
class Asked:
    """
    Objects of a type, and who asks for them.

    Args:
        ids: Their ids; none where they are reached from the root.
        first: How long a page of each list is.
    """

    by: Viewer
    ids: Sequence[str] = ()
    first: int = 3


@dataclass(frozen=True, slots=True)
class Crowd:
    """
    Many, and few.

    Args:
        few: None where it is the one of many whose list is shortest.
    """

    many: Asked
    few: Asked | None = None


def _of(by: Viewer, type_name: str, keys: Sequence[Any]) -> Crowd:
    return Crowd(Asked(by, [public_id(type_name, key, audience_of(by)) for key in keys]))


def _at_the_root(few: Viewer, many: Viewer) -> Crowd:
    return Crowd(Asked(many), Asked(few, first=1))


async def gather(world: World, shelves: Shelves) -> dict[str, Crowd]:
    """Put more into the shop, and give whom to ask about what, by type, or by `Type.field` where others are asked."""
    await _fill(world, shelves)
    see = world.viewers
    people = [world.subjects[name] for name in ("consented_minor", "guardian", "consented_child")]
    more = await build_shelves()
    shown = [
        *(shelves.products[name].id for name in ("cup", "teapot", "kettle")),
        more.products["teapot"].id,
    ]
    categories = [shelves.categories[name].id for name in ("tea", "kitchen", "pots")]
    variants = (
        await ProductVariant.filter(product_id__in=shown)
        .order_by("product_id", "position")
        .values_list("id", flat=True)
    )
    bought = [order.id for order in await _sent_in_parts(world)]
    parts = await FulfillmentOrder.filter(order_id__in=bought).values_list("id", flat=True)
    sent = await Shipment.filter(order_id__in=bought).values_list("id", flat=True)
    one = see["supplier_one"]
    open_parts = await FulfillmentOrder.filter(supplier_id=one.supplier, status="OPEN").order_by("id")
    acting = Viewer(supplier=one.supplier, scopes=(one.scopes or frozenset()) | {"fulfillment_orders:write"})
    watched = [noticed.sale for noticed in world.noticed if noticed.is_open]
    return {
        "User": _of(see["guardian"], "User", [person.account.id for person in people]),
        "User.devices": _of(see["risk_control"], "User", [sale.subject.account.id for sale in watched]),
        "User.consentsAskedAnew": await _asked_anew(),
        "User.wards": Crowd(Asked(see["guardian"], [_id_of(world, "guardian")]), await _with_one_ward()),
        # The newest of them was sent, so that its parcels have something to open as well.
        "Order": _of(
            see["guardian"],
            "Order",
            [sale.order.id for each in people for sale in reversed(world.sales_of(each))],
        ),
        "Order.anomalies": _of(see["risk_control"], "Order", [sale.order.id for sale in watched]),
        "Category": _of(see["operator"], "Category", categories),
        "Category.ancestors": _of(see["operator"], "Category", categories),
        "Collection": _of(see["operator"], "Collection", await _collections(shelves)),
        "Product": _of(see["operator"], "Product", shown),
        "ProductVariant": _of(see["operator"], "ProductVariant", list(variants)),
        "Shipment": _of(
            see["operator"],
            "Shipment",
            [sent.shipment.id for sent in world.shipments if sent.sale.subject.name == "adult" and sent.carrier],
        ),
        "Shipment.lines": _of(see["operator"], "Shipment", [*sent]),
        "FulfillmentOrder": _of(see["operator"], "FulfillmentOrder", [*parts]),
        "FulfillmentOrder.allowedActions": _of(acting, "FulfillmentOrder", [part.id for part in open_parts]),
        "Partner": _of(see["officer"], "Partner", [partner.id for partner in world.partners.values()]),
        "LegalGround": _of(see["officer"], "LegalGround", [held.row.id for held in world.grounds[:3]]),
        "ThirdPartyRecord": _of(
            see["third_party"],
            "ThirdPartyRecord",
            [sale.recipient.id for sale in world.sales if sale.parcel.phone == world.proven_phone],
        ),
        "AuditEvent": _of(
            see["operator"],
            "AuditEvent",
            await AuditEvent.filter(object_id__in=shown).order_by("id").values_list("id", flat=True),
        ),
        "Enterprise": await _enterprises(world),
        **await _carts(world),
        "Viewer": _at_the_root(see["adult"], see["adult"]),
        "Viewer.tickets": _at_the_root(see["agent"], see["agent"]),
        "Viewer.sessions": _at_the_root(*[(await _signed_in(times)).viewer for times in (1, 3)]),
        "ThirdParty": _at_the_root(see["third_party"], see["third_party"]),
        "ThirdPartyDisclosure": _at_the_root(see["third_party"], see["third_party"]),
        "PrivacyPolicyVersion": _at_the_root(see["operator"], see["operator"]),
        "DeviceSightings": _at_the_root(see["operator"], see["operator"]),
        "UnlinkedSearches": _at_the_root(see["operator"], see["operator"]),
    }


async def _fill(world: World, shelves: Shelves) -> None:
    await _stock_up(shelves)
    await _tell(world)
    await _partner_and_use(world)
    await _let_people_act(world)
    for classes in ((EMAIL, ORDER), (PERSON_NAME,), (ORDER,)):
        await version_of_the_past(without(Party.OPERATOR, *classes))
    # What a version says never changes, so a process reads it once, and how two differ.
    await ask("{ policyVersions(first: 5) { nodes { changes { says } } } }", as_=world.viewers["operator"])


async def _stock_up(shelves: Shelves) -> None:
    products = [shelves.products[name] for name in ("cup", "teapot")]
    for variant in await ProductVariant.filter(product_id__in=[each.id for each in products]):
        for place in "12":
            location = await StockLocation.create(
                supplier_id=shelves.suppliers[0].id, name=f"Hall {place} {variant.sku}", created_at=clock.now()
            )
            await stock.adjust(variant.id, location.id, by=2)
    for each in products:
        await ProductMedia.create(product_id=each.id, url="/more.svg", alt="From behind", position=9)


async def _tell(world: World) -> None:
    """Put on record that people were shown to others, and that data of theirs went abroad."""
    supplier = await Supplier.get(id=world.viewers["supplier_one"].supplier)
    for _ in "12":
        await outsiders.disclose(world, supplier)
    sale = world.sales_of(world.subjects["adult"])[1]
    release = Release(sale.subject.account.id, Party.SUPPLIER, Purpose.FULFILMENT, sale.order.id, None)
    shown = Shown({RECIPIENT_NAME.name, RECIPIENT_PHONE.name}, {"P2.6"})
    await disclosures.note({release: shown}, by=world.viewers["supplier_one"], operation="Part")
    for name, region in product(("adult", "guardian", "consented_child"), ("CH", "JP")):
        await Transfer.create(
            account_id=world.subjects[name].account.id,
            from_region="SE",
            to_region=region,
            receiver=Receiver.DEPLOYMENT,
            ground=TransferGround.OWN_DEALING,
            classes=[ORDER.name],
            first_at=clock.now(),
            last_at=clock.now(),
        )


async def _partner_and_use(world: World) -> None:
    for partner in world.partners.values():
        await add_agreement(partner)
        await add_review(partner)
    for noticed in [each for each in world.noticed if each.is_open]:
        (other,) = set(AnomalyKind) - {noticed.row.kind}
        await add_anomaly(noticed.sale.order, other, noticed_at=clock.now())
    for held in world.grounds[:3]:
        await add_use(held.row, held.opening.opened_by, held.opening.classes, "Look again")


async def _let_people_act(world: World) -> None:
    """Let people sign in, search and have more than one address."""
    for subject, family in product(world.subjects.values(), ("Firefox", "Safari")):
        client = Client(user_agent_family=family, ip_hash=bytes(32), kind="web")
        await sessions.begin(subject.account.id, client=client)
    for _ in "12":
        await world_events.search(world, 1)
        home = HOME | {"confirmsSensitive": True}
        assert (await ask(CREATE, as_=world.viewers["guardian"], input=home)).codes == []
    async with keeping() as kept:
        for _ in "123":
            await search(ANONYMOUS, kept)


async def _signed_in(times: int) -> Somebody:
    somebody = await wards.somebody()
    for family in ("Firefox", "Safari", "Chrome")[:times]:
        client = Client(user_agent_family=family, ip_hash=bytes(32), kind="web")
        await sessions.begin(somebody.account.id, client=client)
    return somebody


def _id_of(world: World, name: str) -> str:
    return public_id("User", world.subjects[name].account.id)


async def _with_one_ward() -> Asked:
    _, guardian = await wards.family()
    return Asked(guardian.viewer, [guardian.id])


async def _asked_anew() -> Crowd:
    """Let two people have come of age; each sees only what waits for an answer of their own."""
    asked: list[Asked] = []
    for purposes in (["PERSONALISATION"], ["PERSONALISATION", "OPERATIONS", "PAYMENT"]):
        minor, _ = await wards.family(17, purposes)
        bits = sum(Purpose[name].bit for name in purposes)
        await Account.filter(id=minor.account.id).update(asked_anew=bits, unanswered=bits)
        asked.append(Asked(minor.viewer, [minor.id]))
    few, many = asked
    return Crowd(many, few)


async def _sent_in_parts(world: World) -> list[Order]:
    """Write orders of two lines from one supplier, sent in two parcels."""
    found: list[Order] = []
    adult, supplier = world.subjects["adult"], world.viewers["supplier_one"].supplier
    assert supplier is not None
    for number in "12":
        lines = tuple(Line(supplier, f"S-{each}", "Goods", 2, 1_000) for each in "12")
        parcel = Parcel("Recipient", f"+31619000{number}", "Road 1", "Town", "1000", "NL")
        order = await add_order(Purchase(adult.account.id, parcel, lines, OrderStatus.SHIPPED))
        for place in "12":
            await add_shipment(order, supplier, carrier="Postbode", tracking_number=f"T-{number}-{place}")
        found.append(order)
    return found


async def _collections(shelves: Shelves) -> list[UUID]:
    assert shelves.collection is not None
    more = await Collection.create(name=f"More {shelves.mark}", slug=f"more-{shelves.mark}", description="", position=7)
    for name in ("cup", "kettle", "table"):
        await CollectionMembership.create(collection_id=more.id, product_id=shelves.products[name].id)
    return [shelves.collection.id, more.id]


async def _enterprises(world: World) -> Crowd:
    """Give the companies of two people, who see their own alone, and of whose contacts some have proven a phone."""
    (few,) = [each.enterprise.id for each in world.companies if each.subject.name == "adult"]
    by = await company()
    for _ in "123":
        answer = await ask(ADD, as_=by, input=await contact_given(confirmsSensitive=True))
        assert answer.codes == []
    many = await Enterprise.get(account_id=by.account)
    # No telephone could have the number that the world made up.
    proven = Address("phone", world.proven_phone).index_of_given
    await EnterpriseContact.filter(enterprise_id=many.id).update(phone_index=proven)
    adult = world.viewers["adult"]
    return Crowd(Asked(by, [public_id("Enterprise", many.id)]), Asked(adult, [public_id("Enterprise", few)], 1))


async def _carts(world: World) -> dict[str, Crowd]:
    """Give the carts of two people, who see their own alone: with one line of which there is too little, and three."""
    few = world.carts[0]
    owner = await wards.somebody()
    goods: list[Goods] = [await add_goods(stock_at=(1,), price_minor=1_150) for _ in "123"]
    cart = await Cart.create(
        account_id=owner.account.id, state=CartState.OPEN, created_at=clock.now(), updated_at=clock.now()
    )
    lines = [
        await CartLine.create(
            cart_id=cart.id, variant_id=each.variant_id, quantity=2, currency="EUR", seen_price_minor=1_000
        )
        for each in goods
    ]
    by = world.viewers[few.subject.name]
    return {
        "Cart": Crowd(
            Asked(owner.viewer, [public_id("Cart", cart.id)]),
            Asked(by, [public_id("Cart", few.cart.id)]),
        ),
        "CartLine": Crowd(
            Asked(owner.viewer, [public_id("CartLine", line.id) for line in lines]),
            Asked(by, [public_id("CartLine", few.line.id)]),
        ),
    }
