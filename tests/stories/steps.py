"""What happens in every story: somebody registers, something is in the shop, it is bought and sent."""

import re
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest_asyncio

from commerce import notices, sessions, step_up
from commerce.acceptances import in_force, term_ids
from models.ids import new_id, public_id
from models.products import Product, ProductVariant
from policy.classes import CLASSES
from policy.matrix import cell
from policy.parties import Party
from policy.viewer import StaffRole
from server.app import create
from server.demo_rows import add_staff, add_supplier, add_supplier_token
from server.embedded import Embedded
from server.jobs import Pace, running
from server.messages import outbound
from tests.at_home import at_home
from tests.commerce.goods import add_goods
from tests.commerce.identities import checking
from tests.commerce.people import PASSWORD, Browser, policy
from tests.graphql.world import person
from tests.server.small_shop import calling, no_databases, settings
from tests.stories.telling import Story

REGISTER = """mutation ($input: AccountRegisterInput!) {
  accountRegister(input: $input) { registration { id } userErrors { code message } }
}"""
CONFIRM = """mutation ($input: AccountConfirmInput!) {
  accountConfirm(input: $input) { account { state } token userErrors { code message } }
}"""
CART = "mutation { cartCreate { cart { id } userErrors { code } } }"
ADD = """mutation ($input: CartLinesAddInput!) {
  cartLinesAdd(input: $input) { cart { total { amount currencyCode } problems { code } } userErrors { code message } }
}"""
CHECKOUT = """mutation ($input: CheckoutCompleteInput!) {
  checkoutComplete(input: $input) {
    order { id number status recipient { name } lines { title quantity } } userErrors { code message }
  }
}"""
ASKS = """mutation ($input: CheckoutCompleteInput!) {
  checkoutComplete(input: $input) {
    order { status }
    userErrors { code message ... on GuardianApprovalRequired { approval { id state expiresAt } } }
  }
}"""
CONSENT = """mutation ($input: ConsentGiveInput!) {
  consentGive(input: $input) { account { consents } userErrors { code message } }
}"""
VERIFY = """mutation ($input: IdentityVerifyInput!) {
  identityVerify(input: $input) { verification { state } userErrors { code message } }
}"""
LIMIT = """mutation ($input: GuardianPurchaseLimitSetInput!) {
  guardianPurchaseLimitSet(input: $input) {
    ward { guardianship { purchaseLimit { amount currencyCode } } } userErrors { code message }
  }
}"""
APPROVE = """mutation ($input: GuardianPurchaseApproveInput!) {
  guardianPurchaseApprove(input: $input) { approval { state expiresAt } userErrors { code message } }
}"""
STEP_UP = """mutation ($input: StepUpInput!) {
  stepUp(input: $input) { session { provenUntil } userErrors { code message } }
}"""
PARTS = """{
  fulfillmentOrders(first: 5) { nodes {
    id orderNumber status version allowedActions
    lines { title quantity }
    recipient { name phone street city }
  } }
}"""
SHIP = """mutation ($input: ShipmentCreateInput!) {
  shipmentCreate(input: $input) { shipment { status carrier trackingNumber } userErrors { code message } }
}"""
RECEIVED = """mutation ($input: OrderReceiptConfirmInput!) {
  orderReceiptConfirm(input: $input) {
    order { status shipments(first: 5) { nodes { carrier trackingNumber status } } } userErrors { code message }
  }
}"""
AT_HOME = {
    "isSelf": True,
    "name": "Robin Amsel",
    "phone": "+436641234567",
    "street": "Lindengasse 5",
    "city": "Graz",
    "postalCode": "8010",
    "country": "AT",
}
NUMBERS = {
    "the first blanket": "7K3M-Q2XA-W9TD",
    "the second blanket": "C4VN-8HRP-2E6Y",
    "the third blanket": "M8TQ-3VKX-R5HN",
    "the chandelier": "H2WQ-7CNE-X4PM",
}


@pytest_asyncio.fixture(loop_scope="session")
async def story(database: Embedded, tmp_path: Path) -> AsyncIterator[Story]:
    """Serve the shop, with its messages going to files."""
    way_out = outbound(relay=None, mail_from="shop@shop.example", folder=at_home(tmp_path / "messages"))
    app = create(settings(tmp_path), storage=no_databases)
    async with (
        running(database.shop.app_url, partial(notices.tell, through=way_out), pace=Pace()),
        calling(app) as client,
        checking(),
    ):
        yield Story(client, tmp_path / "messages")


async def registered(story: Story, email: str, born: str, *, is_shown: bool) -> str:
    """Register somebody and confirm it with the code from the message; give the token."""
    await policy()
    current = await in_force()
    given: dict[str, Any] = {
        "contact": {"email": email},
        "password": PASSWORD,
        "birthDate": born,
        "region": "AT",
        "acceptance": {"version": current.version, "highlightedTerms": sorted(term_ids(current))},
    }
    asked = await story.ask(REGISTER, input=given, is_shown=False)
    registration = asked["data"]["accountRegister"]["registration"]["id"]
    letter = await story.letter(email, "REGISTRATION_CODE", is_shown=False)
    code = re.findall(r"\b\d{8}\b", letter)[0]
    story.replaced[code] = "27182818"
    opened = await story.ask(CONFIRM, input={"registrationId": registration, "code": code}, is_shown=is_shown)
    return opened["data"]["accountConfirm"]["token"]


async def blanket() -> tuple[str, str]:
    """Put a blanket into the shop; give the id of what is bought, and a token of its supplier."""
    supplier = await add_supplier("Nordhof Textil", f"nordhof-{new_id().hex}", "DE")
    goods = await add_goods(supplier=supplier.id, price_minor=5_990)
    variant = await ProductVariant.get(id=goods.variant_id)
    await Product.filter(id=variant.product_id).update(title="Lambswool blanket, heather")
    return public_id("ProductVariant", variant.id), await add_supplier_token(supplier)


async def verified(story: Story, token: str, *, is_shown: bool) -> None:
    """Consent to a check of who one is, and have it made."""
    await story.ask(CONSENT, token=token, input={"purposes": ["IDENTITY_VERIFICATION"]}, is_shown=is_shown)
    document = {"name": "Alex Amsel", "identityNumber": "P 4471 2093", "ofAge": True, "confirmsSensitive": True}
    checked = await story.ask(VERIFY, token=token, input=document, is_shown=is_shown)
    assert checked["data"]["identityVerify"]["verification"]["state"] == "VERIFIED"


async def filled(story: Story, token: str, variant: str, *, is_shown: bool) -> str:
    """Fill a cart; give its id."""
    begun = await story.ask(CART, token=token, is_shown=False)
    cart = begun["data"]["cartCreate"]["cart"]["id"]
    lines = {"cartId": cart, "lines": [{"variantId": variant, "quantity": 1}]}
    await story.ask(ADD, token=token, input=lines, is_shown=is_shown)
    return cart


def wish(cart: str, key: str, recipient: dict[str, Any]) -> dict[str, Any]:
    """Put together what is wanted of a checkout."""
    return {
        "cartId": cart,
        "recipient": recipient,
        "expectedTotal": {"amount": "59.90", "currencyCode": "EUR"},
        "payment": {"institution": "SANDBOX"},
        "confirmsSensitive": True,
        "idempotencyKey": key,
    }


async def orders(story: Story, token: str, wanted: dict[str, Any], *, is_shown: bool) -> str:
    """Order what is in a cart; give the order's id."""
    bought = await story.ask(CHECKOUT, token=token, input=wanted, is_shown=is_shown)
    order = bought["data"]["checkoutComplete"]["order"]
    story.replaced[order["number"]] = NUMBERS[wanted["idempotencyKey"]]
    return order["id"]


async def officer() -> str:
    """Employ a privacy officer who has signed in and just proven who they are; give the token."""
    number = new_id().int % 10_000_000
    account = await add_staff(person("officer", 40, number), StaffRole.PRIVACY_OFFICER, password=PASSWORD)
    opened = await sessions.begin(account.id, client=Browser())
    await step_up.by_password(PASSWORD, by=await sessions.authenticate(opened.credential))
    return opened.credential


def table(party: Party) -> str:
    """Write what a party sees of each class, as the rules have it."""
    cells = {each.name: cell(party, each) for each in CLASSES}
    lines = ["| class | sight |", "|---|---|"]
    lines += [f"| `{name}` | {sight} |" for name, sight in cells.items() if sight != "NULL"]
    nothing = ", ".join(f"`{name}`" for name, sight in cells.items() if sight == "NULL")
    return "\n".join([*lines, "", f"Nothing, whatever holds: {nothing}."])


async def wish_for(story: Story, token: str, variant: str, key: str, *, is_shown: bool) -> dict[str, Any]:
    """Fill a cart; give the input with which it is ordered for oneself."""
    return wish(await filled(story, token, variant, is_shown=is_shown), key, AT_HOME)


async def buys(story: Story, token: str, variant: str, key: str, *, is_shown: bool) -> str:
    """Fill a cart and order what is in it; give the order's id."""
    cart = await filled(story, token, variant, is_shown=is_shown)
    return await orders(story, token, wish(cart, key, AT_HOME), is_shown=is_shown)
