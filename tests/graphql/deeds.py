"""What can be done in the shop of the tests, by whom and with what, for mutations that are drawn by chance."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from commerce import messages
from commerce.acceptances import in_force, term_ids
from commerce.messages import Channel
from models import clock
from models.accounts import PolicyVersion
from models.carts import CartLine
from models.fulfilments import FulfillmentOrder
from models.ids import public_id
from models.partners import PartnerStatus
from models.products import Product, ProductVariant
from models.purchase_approvals import ApprovalState, PurchaseApproval
from policy.partners import PartnerType
from policy.viewer import ANONYMOUS, StaffRole, Viewer
from tests.commerce.goods import Goods, add_goods, filled_cart
from tests.commerce.receivers import new_phone, proven, sent_to
from tests.graphql import operating, registry, test_order_entry, test_shipments, test_tracking, wards
from tests.graphql.asking import ask
from tests.graphql.officers import act as act_on_ground
from tests.graphql.officers import member, officer, opened, wanted
from tests.graphql.own_profiles import HOME, first_address, id_of
from tests.graphql.shelves import Shelves
from tests.graphql.test_age_corrections import born, signed_in
from tests.graphql.test_checkout import given as checking_out
from tests.graphql.test_enterprises import REGISTER
from tests.graphql.test_enterprises import given as contact_given
from tests.graphql.test_policy_making import drafted
from tests.graphql.world import World


@dataclass(frozen=True, slots=True)
class Deed:
    """
    A mutation that can be done.

    Args:
        input: What it is given; None for one that takes nothing.
    """

    name: str
    by: Viewer
    input: dict[str, Any] | None = None


async def deeds(world: World, shelves: Shelves) -> list[Deed]:
    """Prepare the shop, and list what can be done in it: each of them alone, and most of them one after another."""
    return [
        *await _of_operators(world, shelves),
        *await _of_buyers(),
        *await _of_guardians(world),
        *await _of_officers(world),
        *await _of_partners(),
        *await _of_strangers(),
    ]


@contextmanager
def texting() -> Iterator[None]:
    """Send text messages for as long as a `with` block runs: recipients are reached by their phone."""
    messages.serve(Channel)
    try:
        yield
    finally:
        messages.serve({Channel.EMAIL})


def by_actor(possible: Sequence[Deed]) -> dict[Viewer, list[Deed]]:
    """Sort what can be done by who can."""
    actors: dict[Viewer, list[Deed]] = {}
    for deed in possible:
        actors.setdefault(deed.by, []).append(deed)
    return actors


def _variant(goods: Goods) -> str:
    return public_id("ProductVariant", goods.variant_id)


async def _of_operators(world: World, shelves: Shelves) -> Sequence[Deed]:
    by, goods = world.viewers["operator"], await add_goods()
    made = await operating.product(by, options=["Size"])
    hidden = await operating.product(by, options=["Size"])
    await operating.done("productVariantCreate", by, productId=hidden["id"], price="7", optionValues=["S"])
    shown = {name: await Product.get(id=product.id) for name, product in shelves.products.items()}
    (variant, *_) = await ProductVariant.filter(product_id=shown["cup"].id)
    tea = shelves.categories["tea"]

    def of(name: str, **more: Any) -> dict[str, Any]:
        return {"id": public_id("Product", shown[name].id), "expectedVersion": shown[name].version, **more}

    at = {"variantId": _variant(goods), "locationId": public_id("StockLocation", goods.locations[0])}
    variant_id = public_id("ProductVariant", variant.id)
    category = {"id": public_id("Category", tea.id), "expectedVersion": tea.version}
    supplier = public_id("Supplier", shelves.suppliers[0].id)
    tiers = [{"minimumQuantity": 10, "price": "1.00"}, {"minimumQuantity": 4, "price": "2.00"}]
    return [
        Deed("productCreate", by, {"supplierId": supplier, "title": "Jug", "currencyCode": "EUR", "tags": ["clay"]}),
        Deed("productUpdate", by, of("teapot", title="Another pot", tags=["new"], categoryId=category["id"])),
        Deed("productPublish", by, {"id": hidden["id"], "expectedVersion": 1}),
        Deed("productUnpublish", by, of("kettle")),
        Deed("productArchive", by, of("saucer")),
        Deed("productVariantCreate", by, {"productId": made["id"], "price": "7.00", "optionValues": ["L"]}),
        Deed("productVariantUpdate", by, {"id": variant_id, "expectedVersion": variant.version, "price": "9.50"}),
        Deed("priceTiersSet", by, {"variantId": variant_id, "expectedVersion": variant.version, "tiers": tiers}),
        Deed("categoryCreate", by, {"name": "Mugs", "parentId": category["id"], "position": 3}),
        Deed("categoryUpdate", by, category | {"name": "All tea"}),
        Deed("inventoryAdjust", by, at | {"delta": 3, "reason": "RECEIVED", "idempotencyKey": "deed"}),
        Deed("inventorySet", by, at | {"onHand": 4, "expectedOnHand": 10}),
        Deed("orderImport", by, test_order_entry.given(goods)),
    ]


async def _of_buyers() -> Sequence[Deed]:
    somebody = await wards.somebody()
    by, goods = await signed_in(somebody), await add_goods()
    address = id_of(await first_address(somebody.account))
    bought = await test_shipments.bought(1, 1, by=by)
    cart = await filled_cart(by, (goods, 2))
    line = public_id("CartLine", (await CartLine.get(cart_id=cart)).id)
    of_cart = {"cartId": public_id("Cart", cart)}
    one = [{"variantId": _variant(goods), "quantity": 1}]
    ground = await in_force()
    terms = {"version": ground.version, "highlightedTerms": sorted(term_ids(ground))}
    assert (await ask(REGISTER, as_=by, input={"name": "Holm & Co", "registrationNumber": "HRB 9"})).codes == []
    elder = await signed_in(await wards.somebody())
    return [
        Deed("cartCreate", by, {"lines": one}),
        Deed("cartLinesAdd", by, of_cart | {"lines": one}),
        Deed("cartLinesUpdate", by, of_cart | {"lines": [{"id": line, "quantity": 3}]}),
        Deed("cartLinesRemove", by, of_cart | {"lineIds": [line]}),
        Deed("checkoutComplete", by, checking_out(cart, "25.00", key="deed")),
        Deed("addressCreate", by, HOME | {"confirmsSensitive": True}),
        Deed("addressUpdate", by, {"id": address, "expectedVersion": 1, "city": "Kiruna", "confirmsSensitive": True}),
        Deed("addressDefaultSet", by, {"id": address}),
        Deed("addressDelete", by, {"id": address}),
        Deed("profileUpdate", by, {"expectedVersion": 1, "name": "Edda H.", "confirmsSensitive": True}),
        Deed("consentGive", by, {"purposes": ["AFFILIATE_ACCOUNT", "AFFILIATE_SAFETY"]}),
        Deed("consentWithdraw", by, {"purposes": ["AFFILIATE_ACCOUNT"]}),
        Deed("searchesClear", by),
        Deed("policyAccept", by, terms),
        Deed("orderCancel", by, {"id": bought[2]["id"]}),
        Deed("enterpriseContactAdd", by, await contact_given(confirmsSensitive=True)),
        Deed("stepUpCodeSend", by),
        Deed("sessionEndOthers", by),
        Deed("sessionRotate", elder, {"delivery": "TOKEN"}),
        Deed("logout", elder),
        Deed("enterpriseRegister", elder, {"name": "Another", "registrationNumber": "HRB 10"}),
        Deed("birthDateCorrect", elder, {"birthDate": born(50).isoformat()}),
    ]


async def _of_guardians(world: World) -> Sequence[Deed]:
    minor, adult = await wards.family()
    ward, guardian = {"wardId": minor.id}, world.viewers["guardian"]
    pending = await PurchaseApproval.filter(
        minor_id=world.subjects["consented_child"].account.id, state=ApprovalState.PENDING
    ).first()
    assert pending is not None
    alone = await wards.somebody(9)
    invitation = {"contact": {"email": "somebody@people.example"}, "firstName": "Edda"}
    limit = {"amount": "20.00", "currencyCode": "EUR"}
    return [
        Deed("guardianConsentSet", adult.viewer, ward | {"purpose": "PERSONALISATION", "isGiven": False}),
        Deed("guardianConsentWithdraw", adult.viewer, ward | {"purposes": ["PAYMENT"]}),
        Deed("guardianPurchaseLimitSet", adult.viewer, ward | {"limit": limit}),
        Deed("guardianPurchaseApprove", guardian, {"id": public_id("PurchaseApproval", pending.id)}),
        Deed("guardianPurchaseRefuse", guardian, {"id": public_id("PurchaseApproval", pending.id)}),
        Deed("guardianInvite", alone.viewer, invitation),
    ]


async def _of_officers(world: World) -> Sequence[Deed]:
    by, other, holder = await officer(), await officer(), await member(StaffRole.AGENT)
    adult = world.subjects["adult"]
    waiting = {"id": await opened(other, adult, holder, "ACCOUNT", "EMAIL")}
    standing = {"id": await opened(by, adult, holder, "ACCOUNT", "ORDER")}
    assert (await act_on_ground("legalGroundApprove", other, **standing))[1] == []
    partner = await registry.carrier()
    key, scopes = {"id": registry.id_of(partner)}, ["orders:read"]
    paused = await registry.registered(by)
    assert (await registry.act("partnerSuspend", by, "partner { id }", id=paused))[1] == []
    token = await registry.comes_by(partner)
    terms = [{"id": "sharing", "title": "Suppliers learn more."}]
    version = await drafted(other)
    later = (clock.now() + timedelta(days=60)).isoformat()
    assert (await PolicyVersion.get(version=version)).announced_at is None
    assert partner.status is PartnerStatus.ACTIVE
    return [
        Deed("legalGroundOpen", by, wanted(adult, holder, "ACCOUNT", "PERSON_NAME")),
        Deed("legalGroundApprove", by, waiting),
        Deed("legalGroundReject", by, waiting),
        Deed("legalGroundRevoke", by, standing),
        Deed("partnerRegister", by, registry.wanted(PartnerType.LOGISTICS)),
        Deed("partnerUpdate", by, key | {"name": "New post", "policyUrl": "https://x.example/p", "expectedVersion": 1}),
        Deed("partnerSuspend", by, key),
        Deed("partnerResume", by, {"id": paused}),
        Deed("agreementSign", by, registry.agreement(key["id"])),
        Deed("securityReviewRecord", by, registry.examination(key["id"])),
        Deed("accessTokenCreate", by, registry.token(key["id"], scopes=scopes)),
        Deed("accessTokenRevoke", by, {"id": registry.key_of(token)}),
        Deed("policyVersionDraft", by, {"highlightedTerms": terms}),
        Deed("policyVersionAnnounce", by, {"version": version, "effectiveAt": later}),
        Deed("policyVersionWithdraw", by, {"version": version}),
    ]


async def _of_partners() -> Sequence[Deed]:
    found: list[Deed] = []
    _, (goods,), _ = await test_shipments.bought(2)
    supplier = test_shipments.token(goods)
    part = await test_shipments.part_of(goods)
    reason = {"reason": "OUT_OF_STOCK"}
    found += [
        Deed("fulfillmentOrderAccept", supplier, test_shipments.acting(part)),
        Deed("fulfillmentOrderReject", supplier, test_shipments.acting(part, **reason)),
        Deed("shipmentCreate", supplier, test_shipments.sending(part, "other key")),
    ]
    parcel = await test_tracking.carried()
    received = {"id": parcel.order["id"]}
    found += [
        Deed("shipmentTrackingReport", parcel.by, test_tracking.of(parcel.id, "IN_TRANSIT", country="DE")),
        Deed("shipmentTrackingReport", parcel.by, test_tracking.of(parcel.id, "DELIVERED", "another")),
        Deed("orderReceiptConfirm", parcel.buyer, received),
    ]
    courier = await registry.comes_by(await registry.carrier())
    assert await FulfillmentOrder.filter(supplier_id=goods.supplier_id).count() == 1
    return [*found, Deed("accessTokenDelegate", courier, registry.delegation())]


async def _of_strangers() -> Sequence[Deed]:
    phone, goods = new_phone(), await add_goods()
    await sent_to(phone)
    receiver = await proven(phone)
    held = await ask("{ thirdParty { records(first: 5) { nodes { id } } } }", as_=receiver)
    records = [record["id"] for record in held.data["thirdParty"]["records"]["nodes"]]
    return [
        Deed("thirdPartyObject", receiver, {"recordIds": records}),
        Deed("thirdPartyChallenge", ANONYMOUS, {"contact": {"phone": new_phone()}}),
        Deed("cartCreate", ANONYMOUS, {"lines": [{"variantId": _variant(goods), "quantity": 2}]}),
    ]
