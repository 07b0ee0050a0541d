"""A partner is suspended, or its token revoked, while it asks: every process refuses from the next request on."""

import time
from dataclasses import dataclass
from pathlib import Path

from commerce import sessions
from models.access_tokens import AccessToken
from models.ids import new_id, public_id
from models.orders import OrderStatus
from models.partners import Partner, ReviewOutcome
from policy.partners import PartnerType
from server.demo_partners import Company, add_partner, add_partner_token, add_review
from server.demo_rows import Line, Parcel, Purchase, add_order, add_shipment, add_supplier
from server.embedded import Embedded
from tests.commerce.people import Browser, member
from tests.graphql.officers import officer
from tests.reporting import report
from tests.server.test_withdrawal_in_workers import asked
from tests.server.worker_processes import serving

PHONE = "+46701239877"
PARCELS = "{ orders(first: 5) { nodes { number recipient { phone } shipments(first: 5) { nodes { carrier } } } } }"
SUSPEND = "mutation ($input: PartnerInput!) { partnerSuspend(input: $input) { userErrors { code } } }"
REVOKE = "mutation ($input: AccessTokenRevokeInput!) { accessTokenRevoke(input: $input) { userErrors { code } } }"


@dataclass(frozen=True, slots=True)
class Carrying:
    """A carrier with a parcel, its token, and the token that it made for a subcontractor."""

    partner: Partner
    token: str
    parent: AccessToken
    passed_on: str


async def carrying() -> Carrying:
    supplier = await add_supplier("Nordhof", f"nordhof-{new_id().hex}", "DE")
    carrier = await add_partner(Company(PartnerType.LOGISTICS, "Postbode", "NL"))
    account, _ = await member(region="SE")
    line = Line(supplier.id, "SKU-1", "Lamp", 1, 1_000)
    parcel = Parcel("Edda Holm", PHONE, "Storgatan 77", "Lund", "22100", "SE")
    order = await add_order(Purchase(account.id, parcel, (line,), OrderStatus.SHIPPED))
    await add_shipment(order, supplier.id, carrier="Postbode", tracking_number="3S", carrier_partner=carrier.id)
    token = await add_partner_token(carrier, ("orders:read", "access_tokens:write"))
    parent = await AccessToken.get(id=(await sessions.authenticate(token)).session)
    passed_on = await add_partner_token(carrier, ("orders:read",), parent=parent, subcontractor="Last Mile")
    return Carrying(carrier, token, parent, passed_on)


async def test_what_ends_a_partners_sight_ends_it_on_every_worker_at_once(database: Embedded, tmp_path: Path) -> None:
    one, two, three = [await carrying() for _ in range(3)]
    by = await officer()
    assert by.account is not None
    session = (await sessions.begin(by.account, client=Browser())).credential
    ends: tuple[tuple[Carrying, str, str], ...] = (
        (one, SUSPEND, public_id("Partner", one.partner.id)),
        (two, REVOKE, public_id("AccessToken", two.parent.id)),
    )

    async with serving(database, tmp_path) as url:
        before = [(await asked(url, each.token, PARCELS)).json() for each in (one, two, three)]
        before += [(await asked(url, each.passed_on, PARCELS)).json() for each in (one, two, three)]
        for _, document, key in ends:
            done = (await asked(url, session, document, input={"id": key})).json()
            assert [payload["userErrors"] for payload in done["data"].values()] == [[]]
        await add_review(three.partner, ReviewOutcome.FAILED)
        began = time.monotonic()
        # More requests than processes, each by a connection of its own, so that all of them answer some.
        later = {
            each: [await asked(url, each.token, PARCELS) for _ in range(6)]
            + [await asked(url, each.passed_on, PARCELS) for _ in range(6)]
            for each in (one, two, three)
        }
        took = time.monotonic() - began

    assert [answer["data"]["orders"]["nodes"][0]["recipient"]["phone"] for answer in before] == [PHONE] * 6
    assert all(PHONE not in response.text for responses in later.values() for response in responses)
    for each in (one, three):
        assert [response.json()["data"]["orders"]["nodes"] for response in later[each]] == [[]] * 12
    told = [response.json()["errors"][0]["extensions"]["code"] for response in later[two]]
    assert told == ["UNAUTHENTICATED"] * 12
    report(f"standing: suspended, revoked, failed: closed with the first of 36 requests to 4 processes, {took:.1f} s")
