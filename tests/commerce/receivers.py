"""People to whom others send something, for the tests of what they may do about it."""

import itertools
import os
from dataclasses import replace
from uuid import UUID

from commerce import addresses, objections, third_parties
from commerce.acceptances import in_force
from commerce.checkout import complete
from commerce.objections import Objection
from commerce.recipients import Attestation, Delivery
from commerce.sessions import authenticate
from models.ids import new_id
from models.orders import Order, Recipient
from policy.viewer import Viewer
from tests.commerce.buyers import buyer
from tests.commerce.goods import Goods, add_goods, filled_cart, wish
from tests.commerce.people import Browser

PRICE = 1_250
_numbers = itertools.count(int.from_bytes(os.urandom(3)) % 8_000_000 + 1_000_000)


def new_phone() -> str:
    """Make up a phone number that nobody has yet."""
    return f"+3161{next(_numbers):07d}"


def someone(phone: str) -> Delivery:
    """Somebody else than the buyer."""
    return Delivery(False, "Noor Visser", phone, "Kade 7", "Utrecht", "3511 AB", "NL")


async def sent_to(phone: str, *, by: Viewer | None = None, goods: Goods | None = None) -> UUID:
    """Order something for somebody, and pay for it."""
    return await bought_for(someone(phone), by=by, goods=goods)


async def bought_for(delivery: Delivery, *, by: Viewer | None = None, goods: Goods | None = None) -> UUID:
    """Order something, and pay for it."""
    return await bought(delivery, goods or await add_goods(price_minor=PRICE), by=by)


async def bought(delivery: Delivery, *goods: Goods, by: Viewer | None = None) -> UUID:
    """Order one of each, and pay for it."""
    by = by or await buyer()
    cart = await filled_cart(by, *((each, 1) for each in goods))
    word = Attestation(is_authorised=True, policy_version=(await in_force()).version)
    wanted = replace(wish(cart, PRICE * len(goods), delivery=delivery), attestation=word)
    return await complete(wanted, key=new_id().hex, by=by)


async def recipient_of(order: UUID) -> Recipient:
    """Read the row of whom an order goes to."""
    row = await Order.get(id=order).only("id", "recipient_id")
    return await Recipient.get(id=row.recipient_id)


async def proven(phone: str) -> Viewer:
    """Prove that a phone is one's own, as its owner does."""
    begun = await third_parties.challenge(addresses.phone(phone), language="en", client=Browser())
    done = await third_parties.prove(begun.id, third_parties.code_for(begun.id), client=Browser())
    return await authenticate(done.credential)


async def objected(phone: str) -> Objection:
    """Prove that a phone is one's own, and object to all that is held."""
    return await objections.object_to(None, by=await proven(phone))


def held(row: Recipient) -> list[str]:
    """Name the columns in which something of the person is held."""
    columns = ("name", "phone", "street", "city", "postal_code", "country", "phone_index")
    return [column for column in columns if getattr(row, column) is not None]
