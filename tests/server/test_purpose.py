"""`@purpose` over HTTP: a token narrows itself for one operation, and never widens."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from commerce import sessions
from models.disclosures import Disclosure
from models.ids import new_id
from models.orders import OrderStatus
from models.partners import Partner
from models.suppliers import Supplier
from policy.partners import PartnerType
from policy.purposes import Purpose
from schema import schema
from server.app import create
from server.demo_partners import Company, add_partner, add_partner_token, partner_of
from server.demo_rows import Line, Parcel, Purchase, add_order, add_supplier
from tests.commerce.people import Browser, member
from tests.server.small_shop import ask, calling, codes, no_databases, settings

pytestmark = pytest.mark.usefixtures("database")
ORDERS = "query Mine %s { orders(first: 5) { nodes { recipient { name } } } }"


@pytest.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with calling(create(settings(), schema=schema, storage=no_databases)) as client:
        yield client


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


async def selling() -> tuple[Supplier, Partner]:
    """A supplier with an order to send."""
    supplier = await add_supplier("Nordhof", f"nordhof-{new_id().hex}", "DE")
    account, _ = await member(region="SE")
    parcel = Parcel("Edda Holm", "+46701239876", "Storgatan 77", "Lund", "22100", "SE")
    line = Line(supplier.id, "SKU-1", "Lamp", 1, 1_000)
    await add_order(Purchase(account.id, parcel, (line,), OrderStatus.PAID))
    return supplier, await partner_of(supplier)


async def test_a_purpose_that_the_token_was_made_for_is_repeated_and_on_record(client: httpx.AsyncClient) -> None:
    supplier, partner = await selling()
    token = await add_partner_token(partner, ("orders:read",))

    answer = (await ask(client, ORDERS % "@purpose(is: FULFILMENT)", headers=bearer(token))).json()

    assert answer["data"]["orders"]["nodes"] == [{"recipient": {"name": "Edda Holm"}}]
    assert answer["extensions"]["context"] == {"purpose": "FULFILMENT"}
    (row,) = await Disclosure.filter(supplier_id=supplier.id)
    assert (row.purpose, row.partner_id) == ("FULFILMENT", partner.id)


@pytest.mark.clause("P2.10")
async def test_a_purpose_that_the_token_was_not_made_for_is_refused(client: httpx.AsyncClient) -> None:
    _, partner = await selling()
    token = await add_partner_token(partner, ("orders:read",))

    refused = await ask(client, ORDERS % "@purpose(is: SECURITY)", headers=bearer(token))

    assert refused.status_code == 400
    assert codes(refused) == ["PURPOSE_NOT_ALLOWED"]
    assert "`FULFILMENT`" in refused.json()["errors"][0]["message"]
    assert "data" not in refused.json()


@pytest.mark.clause("P2.10")
async def test_who_comes_without_a_token_has_no_purpose_to_choose(client: httpx.AsyncClient) -> None:
    account, _ = await member()
    session = (await sessions.begin(account.id, client=Browser())).credential
    document = "query @purpose(is: ACCOUNT) { viewer { account { email } } }"

    for headers in ({}, bearer(session)):
        assert codes(await ask(client, document, headers=headers)) == ["PURPOSE_NOT_ALLOWED"]


async def test_the_purpose_may_be_a_variable(client: httpx.AsyncClient) -> None:
    affiliate = await add_partner(Company(PartnerType.AFFILIATE, "Sister", "DE"))
    made_for = frozenset({Purpose.AFFILIATE_ACCOUNT, Purpose.AFFILIATE_SAFETY})
    token = await add_partner_token(affiliate, ("orders:read",), purposes=made_for)
    document = "query ($for: Purpose!) @purpose(is: $for) { viewer { kind } }"

    answers = [
        (await ask(client, document, {"for": purpose}, headers=bearer(token))).json()
        for purpose in ("AFFILIATE_SAFETY", "AFFILIATE_ACCOUNT", "AFFILIATE_RECOMMENDATION", "NONE")
    ]

    told = [answer.get("extensions", {}).get("context", {}).get("purpose") for answer in answers]
    assert told == ["AFFILIATE_SAFETY", "AFFILIATE_ACCOUNT", None, None]
    assert [each["errors"][0]["extensions"]["code"] for each in answers[2:]] == ["PURPOSE_NOT_ALLOWED", "BAD_VARIABLES"]


async def test_without_it_the_purpose_of_the_kind_of_partner_counts(client: httpx.AsyncClient) -> None:
    supplier, partner = await selling()
    token = await add_partner_token(partner, ("orders:read",))

    answer = (await ask(client, ORDERS % "", headers=bearer(token))).json()

    assert answer["data"]["orders"]["nodes"] == [{"recipient": {"name": "Edda Holm"}}]
    assert "context" not in answer["extensions"]
    (row,) = await Disclosure.filter(supplier_id=supplier.id)
    assert row.purpose == "FULFILMENT"
