"""Versions of the policy: who accepts them how, what waits for it, who makes them, and what they would change."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from commerce import acceptances, sessions
from models import clock
from models.accounts import Account, Manner, PolicyAcceptance, PolicyVersion, PolicyVersionState
from models.orders import OrderStatus
from policy.classes import RECIPIENT_PHONE
from policy.parties import Party
from policy.viewer import ANONYMOUS, Viewer
from server.demo_rows import Line, Parcel, Purchase, add_order, add_supplier
from tests.commerce.people import Browser
from tests.graphql.asking import ask
from tests.graphql.policies import (
    accept,
    agrees_to,
    is_told,
    standing,
    version_in_force,
    version_of_the_past,
    without,
)
from tests.graphql.wards import Somebody, family, somebody

PHONE = "+46701239871"
PARTS = "{ fulfillmentOrders(first: 10) { nodes { recipient { name phone } } } }"


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def current(database: object) -> PolicyVersion:
    return await version_in_force()


async def sold_to(buyer: Somebody) -> Viewer:
    """Sell somebody something, and give the supplier as a viewer."""
    supplier = await add_supplier("Nordhof", f"nordhof-{buyer.account.id.hex}", "DE")
    parcel = Parcel("Edda Holm", PHONE, "Storgatan 77", "Lund", "22100", "SE", True)
    line = Line(supplier.id, "SKU-1", "Lamp", 1, 1_000)
    await add_order(Purchase(buyer.account.id, parcel, (line,), OrderStatus.PAID))
    return Viewer(supplier=supplier.id, scopes=frozenset({"fulfillment_orders:read"}))


async def parts(supplier: Viewer) -> dict[str, Any]:
    (node,) = (await ask(PARTS, as_=supplier)).data["fulfillmentOrders"]["nodes"]
    return node["recipient"]


async def agreed(who: Somebody) -> int | None:
    return (await Account.get(id=who.account.id)).agreed_version


async def goes_on(who: Somebody, times: int = 1) -> None:
    """Let somebody do something while signed in."""
    opened = await sessions.begin(who.account.id, client=Browser(kind="app"))
    await asyncio.gather(*(sessions.authenticate(opened.credential) for _ in range(times)))


@pytest.mark.clause("P9.3")
async def test_what_a_version_adds_is_closed_until_the_person_accepts_it_and_nothing_else_is() -> None:
    buyer = await somebody()
    supplier = await sold_to(buyer)
    await agrees_to(buyer.account.id, await version_of_the_past(without(Party.SUPPLIER, RECIPIENT_PHONE)))
    own = "{ viewer { account { orders(first: 1) { nodes { recipient { phone } } } } } }"

    before = await parts(supplier)
    mine = await ask(own, as_=buyer.viewer)
    account, codes = await accept(buyer.viewer)
    after = await parts(supplier)

    assert before == {"name": "Edda Holm", "phone": RECIPIENT_PHONE.mask}
    assert mine.data["viewer"]["account"]["orders"]["nodes"][0]["recipient"] == {"phone": PHONE}
    assert codes == []
    assert account == {"policyVersion": (await acceptances.in_force()).version}
    assert after == {"name": "Edda Holm", "phone": PHONE}


async def test_a_partner_is_not_told_that_somebody_has_not_accepted_a_version() -> None:
    buyer = await somebody()
    supplier = await sold_to(buyer)
    await agrees_to(buyer.account.id, await version_of_the_past(without(Party.SUPPLIER, RECIPIENT_PHONE)))

    answer = await ask(PARTS, as_=supplier)

    (entry,) = answer.withheld
    assert entry == {
        "path": ["fulfillmentOrders", "nodes", "recipient", "phone"],
        "effect": "MASK",
        "code": "WINDOW_CLOSED",
    }


@pytest.mark.clause("P9.3")
async def test_a_version_that_widens_is_not_accepted_by_going_on() -> None:
    who, past = await somebody(), await version_of_the_past(without(Party.SUPPLIER, RECIPIENT_PHONE))
    await agrees_to(who.account.id, past)
    current = await is_told(who.account.id)

    await goes_on(who)

    assert await agreed(who) == past.version
    assert not await PolicyAcceptance.exists(account_id=who.account.id, policy_version_id=current.id)


@pytest.mark.clause("P9.2")
async def test_a_version_that_widens_nothing_is_accepted_by_going_on_once() -> None:
    who = await somebody()
    await agrees_to(who.account.id, await version_of_the_past())
    current = await is_told(who.account.id)

    await goes_on(who, times=6)

    (kept,) = await PolicyAcceptance.filter(account_id=who.account.id, policy_version_id=current.id)
    assert (kept.manner, kept.client_kind, kept.accepted_by_id) == (Manner.CONTINUED_USE, "app", None)
    assert kept.highlighted_terms == ["minors", "sharing"]
    assert await agreed(who) == current.version


@pytest.mark.clause("P9.1")
async def test_whoever_was_not_told_of_a_version_does_not_accept_it_by_going_on() -> None:
    who, past = await somebody(), await version_of_the_past()
    await agrees_to(who.account.id, past)

    await goes_on(who)

    assert await agreed(who) == past.version


async def test_nobody_accepts_a_version_by_going_on_before_its_first_day() -> None:
    who = await somebody()
    now = await agreed(who)
    coming = await version_in_force()
    await PolicyVersion.filter(id=coming.id).update(effective_at=clock.now() + timedelta(hours=1))
    try:
        await goes_on(who)
    finally:
        await PolicyVersion.filter(id=coming.id).update(state=PolicyVersionState.WITHDRAWN)

    assert await agreed(who) == now


@pytest.mark.clause("P0.3")
@pytest.mark.parametrize("other", [{"version": 1}, {"highlightedTerms": ["sharing"]}, {"highlightedTerms": []}])
async def test_a_version_is_accepted_with_each_term_that_it_highlights_or_not_at_all(other: dict[str, Any]) -> None:
    who, past = await somebody(), await version_of_the_past(without(Party.SUPPLIER, RECIPIENT_PHONE))
    await agrees_to(who.account.id, past)

    _, codes = await accept(who.viewer, **other)

    assert codes == ["POLICY_NOT_ACCEPTED"]
    assert await agreed(who) == past.version


async def test_an_acceptance_is_kept_with_the_terms_that_were_shown_and_once() -> None:
    who = await somebody()
    await agrees_to(who.account.id, await version_of_the_past(without(Party.SUPPLIER, RECIPIENT_PHONE)))

    done = await asyncio.gather(*(accept(who.viewer) for _ in range(4)))

    current = await acceptances.in_force()
    (kept,) = await PolicyAcceptance.filter(account_id=who.account.id, policy_version_id=current.id)
    assert [codes for _, codes in done] == [[]] * 4
    assert (kept.manner, kept.highlighted_terms) == (Manner.EXPLICIT, ["minors", "sharing"])


async def test_people_read_what_changes_what_waits_and_whether_they_are_asked() -> None:
    who, past = await somebody(), await version_of_the_past(without(Party.SUPPLIER, RECIPIENT_PHONE))
    await agrees_to(who.account.id, past)

    waiting = await standing(who.viewer)
    await accept(who.viewer)
    done = await standing(who.viewer)

    assert waiting["needsAcceptance"] is True
    assert waiting["accepted"] == {"version": past.version}
    assert waiting["inForce"]["status"] == "EFFECTIVE"
    (change,) = waiting["changes"]
    assert change == {
        "kind": "RECIPIENT_ADDED",
        "dataClass": "RECIPIENT_PHONE",
        "party": "SUPPLIER",
        "says": "Recipient phone (basic information) may now be seen by the supplier of lines of this order.",
        "needsConsent": True,
    }
    assert waiting["pending"] == [{"kind": "RECIPIENT_ADDED", "dataClass": "RECIPIENT_PHONE", "party": "SUPPLIER"}]
    assert (done["needsAcceptance"], done["changes"], done["pending"]) == (False, [], [])
    assert (await ask("{ viewer { policy { needsAcceptance } } }", as_=ANONYMOUS)).data["viewer"]["policy"] is None


@pytest.mark.clause("P7.1")
async def test_a_guardian_agrees_for_a_minor_to_more_and_the_minor_does_not() -> None:
    minor, guardian = await family(16)
    past = await version_of_the_past(without(Party.SUPPLIER, RECIPIENT_PHONE))
    await agrees_to(minor.account.id, past)

    _, alone = await accept(minor.viewer)
    _, stranger = await accept((await somebody()).viewer, wardId=minor.id)
    _, codes = await accept(guardian.viewer, wardId=minor.id)

    current = await acceptances.in_force()
    (kept,) = await PolicyAcceptance.filter(account_id=minor.account.id, policy_version_id=current.id)
    assert (alone, stranger, codes) == (["POLICY_NEEDS_GUARDIAN"], ["WARD_NOT_FOUND"], [])
    assert kept.accepted_by_id == guardian.account.id
    assert await agreed(minor) == current.version
