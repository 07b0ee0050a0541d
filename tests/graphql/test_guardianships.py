"""A guardian accepts, watches over a ward, consents and withdraws: visible at once, and nobody else's business."""

import jwt
import pytest

from commerce import sessions
from commerce.sessions import Unauthenticated
from models import database as db
from models.accounts import Account, AccountState
from models.bounds import WARDS
from models.database import counting_statements
from models.ids import new_id, public_id
from models.orders import Order, OrderStatus
from models.suppliers import Supplier
from policy.viewer import ANONYMOUS, Viewer
from server.demo_rows import Line, Parcel, Purchase, add_order, add_supplier
from tests.commerce.people import Browser
from tests.graphql.asking import Answer, ask
from tests.graphql.wards import (
    ALL,
    Somebody,
    code_of,
    family,
    invite,
    own,
    respond,
    set_consent,
    somebody,
    withdraw,
)

pytestmark = pytest.mark.usefixtures("database")

OVERSIGHT = """{ viewer { account { wards {
  email state profile { name } orders(first: 10) { nodes { status } } guardianConsents
  guardianConsentHistory(first: 2) { nodes { purpose isGiven } totalCount }
} } } }"""
RECEIPTS = "{ viewer { account { wards { guardianConsentHistory(first: 20) { nodes { receipt } } } } } }"
OWN_RECEIPTS = "{ viewer { account { guardianConsentHistory(first: 20) { nodes { receipt } } } } }"
CHECK = "query ($receipt: String!) { consentReceiptVerify(receipt: $receipt) { isGenuine purpose isGiven } }"
ORDERS = "{ orders(first: 10) { nodes { number status recipient { name } } } }"


async def supplier() -> Supplier:
    number = new_id().hex
    return await add_supplier(f"Supplier {number}", f"supplier-{number}", "DE")


async def ordered(buyer: Somebody, by: Supplier, *statuses: OrderStatus) -> list[Order]:
    parcel = Parcel("Edda Holm", "+46701234567", "Gata 1", "Lund", "22100", "SE", True)
    lines = (Line(by.id, "SKU-1", "Lamp", 1, 1_000),)
    return [await add_order(Purchase(buyer.account.id, parcel, lines, status)) for status in statuses]


async def seen_by(by: Supplier) -> dict[str, tuple[str, str]]:
    viewer = Viewer(supplier=by.id, scopes=frozenset({"orders:read"}))
    found = (await ask(ORDERS, as_=viewer)).data["orders"]["nodes"]
    return {order["number"]: (order["status"], order["recipient"]["name"]) for order in found}


@pytest.mark.clause("P7.1")
async def test_consent_to_the_account_opens_a_childs_account_and_withdrawal_locks_it():
    child, adult = await family(9, ["FULFILMENT"])

    before = await own(child)
    await set_consent(adult.viewer, child.id, "ACCOUNT", is_given=True)
    opened = await own(child)
    await set_consent(adult.viewer, child.id, "ACCOUNT", is_given=False)
    closed = await own(child)

    assert [seen["state"] for seen in (before, opened, closed)] == ["LOCKED", "ACTIVE", "LOCKED"]
    assert [(seen["profile"] or {}).get("name") for seen in (before, opened, closed)] == [None, "Edda Holm", None]
    assert opened["guardianship"] == {"state": "ACTIVE", "guardianName": "Mum"}
    assert closed["guardianship"] == {"state": "ACTIVE", "guardianName": None}


async def test_a_minors_account_stays_open_whatever_is_consented_to():
    minor, adult = await family(16, [])

    states = [(await own(minor))["state"]]
    for is_given in (True, False):
        await set_consent(adult.viewer, minor.id, "ACCOUNT", is_given=is_given)
        states.append((await own(minor))["state"])

    assert states == ["ACTIVE"] * 3


@pytest.mark.clause("P7.4")
async def test_a_guardian_watches_over_profile_orders_and_consents():
    child, adult = await family()
    await ordered(child, await supplier(), OrderStatus.PAID)
    await set_consent(adult.viewer, child.id, "OPERATIONS", is_given=False)

    (ward,) = (await ask(OVERSIGHT, as_=adult.viewer)).data["viewer"]["account"]["wards"]

    assert (ward["email"], ward["profile"]["name"]) == (child.person.email, "Edda Holm")
    assert ward["orders"]["nodes"] == [{"status": "PAID"}]
    assert ward["guardianConsents"] == [purpose for purpose in ALL if purpose != "OPERATIONS"]
    assert ward["guardianConsentHistory"]["totalCount"] == len(ALL) + 1
    assert ward["guardianConsentHistory"]["nodes"][0] == {"purpose": "OPERATIONS", "isGiven": False}


@pytest.mark.clause("P7.2")
async def test_each_step_of_a_guardian_has_a_receipt_for_both_that_anybody_can_check():
    child, adult = await family()
    await set_consent(adult.viewer, child.id, "PAYMENT", is_given=False)

    (ward,) = (await ask(RECEIPTS, as_=adult.viewer)).data["viewer"]["account"]["wards"]
    steps = ward["guardianConsentHistory"]["nodes"]
    mine = (await ask(OWN_RECEIPTS, as_=child.viewer)).data["viewer"]["account"]["guardianConsentHistory"]["nodes"]
    checked = [
        (await ask(CHECK, as_=ANONYMOUS, receipt=step["receipt"])).data["consentReceiptVerify"] for step in steps
    ]

    assert [step["receipt"] for step in mine] == [step["receipt"] for step in steps]
    assert checked[0] == {"isGenuine": True, "purpose": "PAYMENT", "isGiven": False}
    assert sorted((each["purpose"], each["isGiven"]) for each in checked[1:]) == sorted((name, True) for name in ALL)
    assert adult.person.email not in str(jwt.decode(steps[0]["receipt"], options={"verify_signature": False}))


async def test_what_stands_already_is_not_recorded_again():
    child, adult = await family()

    answers = [await set_consent(adult.viewer, child.id, "ACCOUNT", is_given=True) for _ in range(2)]

    history = [answer.data["guardianConsentSet"]["ward"]["guardianConsentHistory"] for answer in answers]
    assert [one["totalCount"] for one in history] == [len(ALL)] * 2


@pytest.mark.clause("P7.3")
@pytest.mark.parametrize("years", [9, 16])
@pytest.mark.parametrize("purpose", ["FULFILMENT", "ACCOUNT"])
async def test_withdrawal_cancels_what_has_not_left_so_that_a_closed_window_is_what_happened(purpose: str, years: int):
    (ward, adult), by = await family(years), await supplier()
    placed, paid, shipped = await ordered(ward, by, OrderStatus.PLACED, OrderStatus.PAID, OrderStatus.SHIPPED)
    other = await somebody()
    (kept,) = await ordered(other, by, OrderStatus.PAID)
    before = await seen_by(by)

    await withdraw(adult.viewer, ward.id, purpose)

    after = await seen_by(by)
    assert before == {
        order.number: (status, "Edda Holm") for order, status in ((paid, "PAID"), (shipped, "SHIPPED"), (kept, "PAID"))
    }
    carried_on = "•••" if purpose == "FULFILMENT" else "Edda Holm"
    assert after == {
        paid.number: ("CANCELLED", "•••"),
        shipped.number: ("SHIPPED", carried_on),
        kept.number: ("PAID", "Edda Holm"),
    }
    assert (await Order.get(id=placed.id)).status is OrderStatus.CANCELLED
    assert await placed.events.filter(status=OrderStatus.CANCELLED).count() == 1  # type: ignore[attr-defined]


async def test_withdrawing_another_purpose_leaves_the_orders_alone():
    (child, adult), by = await family(), await supplier()
    (paid,) = await ordered(child, by, OrderStatus.PAID)

    await withdraw(adult.viewer, child.id, "CUSTOMER_SERVICE", "OPERATIONS")

    assert await seen_by(by) == {paid.number: ("PAID", "Edda Holm")}


async def test_withdrawing_the_account_signs_the_ward_out_everywhere():
    child, adult = await family()
    mine = await sessions.begin(child.account.id, client=Browser())
    theirs = await sessions.begin(adult.account.id, client=Browser())

    await withdraw(adult.viewer, child.id, "FULFILMENT")
    still = await sessions.authenticate(mine.credential)
    everything = await withdraw(adult.viewer, child.id)

    assert still.account == child.account.id
    with pytest.raises(Unauthenticated):
        await sessions.authenticate(mine.credential)
    assert (await sessions.authenticate(theirs.credential)).account == adult.account.id
    ward = everything.data["guardianConsentWithdraw"]["ward"]
    assert (ward["state"], ward["guardianConsents"]) == ("LOCKED", [])


async def test_a_ward_of_somebody_else_an_unknown_and_a_foreign_id_answer_alike():
    (child, _), (ward, adult) = await family(), await family()
    ids = [child.id, adult.id, public_id("User", new_id()), public_id("Order", ward.account.id), "", "x" * 3_000]

    refused = [await set_consent(adult.viewer, one, "ACCOUNT", is_given=False) for one in ids]
    withdrawn = [await withdraw(adult.viewer, one) for one in ids]
    by_the_child = await withdraw(child.viewer, child.id)

    assert len({repr(answer) for answer in refused}) == 1
    assert len({repr(answer) for answer in withdrawn}) == 1
    assert refused[0].codes == withdrawn[0].codes == by_the_child.codes == ["WARD_NOT_FOUND"]
    assert (await withdraw(ANONYMOUS, child.id)).codes == ["NOT_IN_PERSON"]
    assert (await own(child))["guardianConsents"] == ALL


@pytest.mark.parametrize("purpose", ["OVERSIGHT", "SECURITY", "PUBLIC"])
async def test_what_no_guardian_is_asked_for_is_not_set_later_either(purpose: str):
    child, adult = await family()

    assert (await set_consent(adult.viewer, child.id, purpose, is_given=True)).codes == ["PURPOSE_NOT_ASKED"]


async def test_a_guardian_has_so_many_wards_and_reading_them_takes_as_many_statements_as_one():
    _, adult = await family()
    await ask(OVERSIGHT, as_=adult.viewer)
    with counting_statements() as for_one:
        await ask(OVERSIGHT, as_=adult.viewer)
    for _ in range(3):
        another = await somebody(9)
        code = code_of(await invite_from(another, adult))
        assert (await respond(adult.viewer, code, purposes=ALL)).codes == []
    await ask(OVERSIGHT, as_=adult.viewer)
    with counting_statements() as for_four:
        wards = (await ask(OVERSIGHT, as_=adult.viewer)).data["viewer"]["account"]["wards"]
    others = [(await somebody(9)).account.id for _ in range(WARDS - 4)]
    await Account.filter(id__in=others).update(guardian_id=adult.account.id)
    last = await somebody(9)
    asked = await invite_from(last, adult)

    over = await respond(adult.viewer, code_of(asked), purposes=ALL)

    assert len(wards) == 4
    assert len(for_one.shop) == len(for_four.shop)
    assert over.codes == ["WARDS_TOO_MANY"]
    assert (await own(last))["guardianChallenge"]["state"] == "PENDING"


async def test_a_cancelled_account_gets_no_guardian_and_no_consent():
    (child, adult), orphan = await family(), await somebody(9)
    asked = await invite_from(orphan, adult)
    await Account.filter(id__in=[child.account.id, orphan.account.id]).update(state=AccountState.CANCELLED)

    answer = await respond(adult.viewer, code_of(asked), purposes=ALL)
    withdrawn = await withdraw(adult.viewer, child.id, "OPERATIONS")
    given = await set_consent(adult.viewer, child.id, "OPERATIONS", is_given=True)

    assert answer.codes == ["GUARDIAN_CODE_NOT_VALID"]
    assert withdrawn.data["guardianConsentWithdraw"]["ward"]["state"] == "CANCELLED"
    assert given.codes == ["ACCOUNT_CANCELLED"]


async def invite_from(minor: Somebody, adult: Somebody) -> Answer:
    await db.execute("DELETE FROM throttle WHERE scope = 'guardian.contact'")
    return await invite(minor, adult.person.email)
