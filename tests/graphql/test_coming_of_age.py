"""Whoever comes of age is asked for themselves; the guardian sees nothing from the first minute of the day on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import jwt
import pytest

from commerce import acceptances, checkout, coming_of_age, purchase_approvals
from commerce.persons import ConsentAskedAnew, WardNotFound
from models import clock
from models.accounts import Account, Manner, PolicyAcceptance
from models.consents import Consent
from models.money import Money
from models.orders import OrderStatus
from policy.ages import AgeBand, band_ends, birthday
from policy.classes import RECIPIENT_PHONE
from policy.parties import Party
from policy.purposes import Purpose, purposes_in
from policy.viewer import ANONYMOUS, StaffRole, Viewer
from server.demo_rows import add_staff, add_ticket
from tests.commerce.goods import add_goods, filled_cart, wish
from tests.graphql.asking import ask
from tests.graphql.own_profiles import invented
from tests.graphql.policies import accept, agrees_to, standing, version_in_force, version_of_the_past, without
from tests.graphql.test_consents import CHECK, give, withdraw
from tests.graphql.test_guardianships import ordered, seen_by, supplier
from tests.graphql.wards import ALL, Somebody, family, set_consent

pytestmark = pytest.mark.usefixtures("database")

ASKED = """{ viewer { account {
  ageBand guardianship { state }
  consentsAskedAnew { purpose decidedBy decidedAt policyVersion what why who howLong isSeparate }
  consentHistory(first: 50) { nodes { purpose isGiven receipt } }
} } }"""
WARDS = "{ viewer { account { wards { id orders(first: 5) { nodes { status } } } } } }"


@contextmanager
def of_age(who: Somebody) -> Iterator[None]:
    """Make it noon of the day on which somebody is 18 everywhere."""
    day = birthday(who.person.born, 18)
    with clock.moved_to(datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(days=1)):
        yield


async def read(who: Somebody) -> dict[str, Any]:
    answer = await ask(ASKED, as_=who.viewer)
    assert answer.errors == []
    return answer.data["viewer"]["account"]


async def stored(who: Somebody) -> Account:
    return await Account.get(id=who.account.id)


@pytest.mark.clause("P7.5")
async def test_what_a_guardian_consented_to_waits_for_the_persons_own_answer() -> None:
    minor, guardian = await family(17)
    await set_consent(guardian.viewer, minor.id, "OPERATIONS", is_given=False)
    decided_at = clock.now()

    with of_age(minor):
        before = (await read(minor))["consentsAskedAnew"]
        await coming_of_age.grow()
        asked = (await read(minor))["consentsAskedAnew"]

    assert before == []
    assert [each["purpose"] for each in asked] == [name for name in ALL if name != "OPERATIONS"]
    assert {each["decidedBy"] for each in asked} == {"GUARDIAN"}
    assert all(datetime.fromisoformat(each["decidedAt"]) <= decided_at for each in asked)
    assert {each["policyVersion"] for each in asked} == {(await acceptances.in_force()).version}
    assert all(each["what"] and each["why"] and each["who"] and each["howLong"] for each in asked)


@pytest.mark.clause("P7.5")
async def test_a_yes_and_a_no_each_settle_a_question_and_have_a_receipt() -> None:
    minor, _ = await family(17)

    with of_age(minor):
        await coming_of_age.grow()
        given = await give(minor.viewer, "FULFILMENT", "PAYMENT")
        refused = await withdraw(minor.viewer, "CUSTOMER_SERVICE")
        again = await withdraw(minor.viewer, "CUSTOMER_SERVICE")
        seen = await read(minor)
        checked = [
            (await ask(CHECK, as_=ANONYMOUS, receipt=step["receipt"])).data["consentReceiptVerify"]
            for step in seen["consentHistory"]["nodes"]
        ]

    assert given.codes == refused.codes == again.codes == []
    waiting = ["ACCOUNT", "OPERATIONS", "IDENTITY_VERIFICATION", "PERSONALISATION"]
    assert [each["purpose"] for each in seen["consentsAskedAnew"]] == waiting
    steps = [(step["purpose"], step["isGiven"]) for step in seen["consentHistory"]["nodes"]]
    assert sorted(steps) == [("CUSTOMER_SERVICE", False), ("FULFILMENT", True), ("PAYMENT", True)]
    assert sorted((each["purpose"], each["isGiven"]) for each in checked) == sorted(steps)
    assert all(each["isGenuine"] for each in checked)
    said = jwt.decode(seen["consentHistory"]["nodes"][0]["receipt"], options={"verify_signature": False})
    assert minor.person.email not in str(said)


async def test_nobody_else_is_asked_or_may_answer() -> None:
    minor, guardian = await family(17)
    alone = Somebody(invented(17), guardian.account)

    early = await give(minor.viewer, "FULFILMENT")
    stranger = await give(guardian.viewer, "FULFILMENT")

    assert (early.codes, stranger.codes) == (["PURPOSE_NOT_OFFERED"], ["PURPOSE_NOT_OFFERED"])
    assert await Consent.filter(account_id__in=(minor.account.id, alone.account.id)).count() == 0


@pytest.mark.clause("P7.5")
async def test_an_answer_before_the_job_has_been_there_counts() -> None:
    minor, _ = await family(17)

    with of_age(minor):
        given = await give(minor.viewer, "FULFILMENT")
        await coming_of_age.grow()

    account = await stored(minor)
    assert given.codes == []
    assert purposes_in(account.own_consents) == {Purpose.FULFILMENT}
    assert Purpose.FULFILMENT not in purposes_in(account.unanswered)


@pytest.mark.clause("P7.5")
@pytest.mark.parametrize("is_moved", [False, True])
async def test_what_waits_for_an_answer_is_closed_to_others_until_it_is_yes(is_moved: bool) -> None:
    minor, _ = await family(17)
    staff = await add_staff(invented(35), StaffRole.AGENT, password="a password of nobody 7731")
    ticket = await add_ticket(minor.account, staff, is_verified=True)
    agent = Viewer(account=staff.id, staff=StaffRole.AGENT, is_trained=True)

    async def seen() -> Any:
        shown = "query { viewer { tickets(first: 5) { nodes { account { region addresses { city } } } } } }"
        (found,) = (await ask(shown, as_=agent)).data["viewer"]["tickets"]["nodes"]
        return found["account"]

    while_minor = await seen()
    with of_age(minor):
        await ticket.refresh_from_db()
        if is_moved:
            await coming_of_age.grow()
        waiting = await seen()
        await withdraw(minor.viewer, "CUSTOMER_SERVICE")
        refused = await seen()
        await give(minor.viewer, "CUSTOMER_SERVICE")
        open_again = await seen()
        await withdraw(minor.viewer, "CUSTOMER_SERVICE")
        closed_again = await seen()

    assert while_minor["region"] is not None
    for closed in (waiting, refused, closed_again):
        assert (closed["region"], closed["addresses"]) == (None, [])
    assert open_again == while_minor


@pytest.mark.clause("P7.5")
@pytest.mark.parametrize("is_moved", [False, True])
async def test_no_order_is_taken_before_the_person_consents_to_what_it_takes(is_moved: bool) -> None:
    minor, _ = await family(17)
    goods = await add_goods(stock_at=(5,), price_minor=1_250)
    cart = await filled_cart(minor.viewer, (goods, 1))

    with of_age(minor):
        if is_moved:
            await coming_of_age.grow()
        with pytest.raises(ConsentAskedAnew) as refused:
            await checkout.complete(wish(cart, 1_250), key="one", by=minor.viewer)
        await give(minor.viewer, "FULFILMENT", "PAYMENT")
        order = await checkout.complete(wish(cart, 1_250), key="two", by=minor.viewer)

    assert "`FULFILMENT` and `PAYMENT`" in str(refused.value)
    assert order is not None


async def test_what_is_under_way_goes_on_without_an_answer() -> None:
    minor, _ = await family(17)
    by = await supplier()
    (paid,) = await ordered(minor, by, OrderStatus.PAID)

    with of_age(minor):
        await coming_of_age.grow()
        seen = await seen_by(by)

    assert seen == {paid.number: ("PAID", "Edda Holm")}


@pytest.mark.clause("P7.5")
@pytest.mark.parametrize("is_moved", [False, True])
async def test_a_version_that_a_guardian_accepted_does_not_count_on(is_moved: bool) -> None:
    minor, guardian = await family(17)
    by = await supplier()
    past = await version_of_the_past(without(Party.SUPPLIER, RECIPIENT_PHONE))
    await agrees_to(minor.account.id, past)
    await version_in_force()
    await ordered(minor, by, OrderStatus.PAID)
    shown = "{ orders(first: 5) { nodes { recipient { phone } } } }"
    viewer = Viewer(supplier=by.id, scopes=frozenset({"orders:read"}))

    async def phone() -> str | None:
        (order,) = (await ask(shown, as_=viewer)).data["orders"]["nodes"]
        return order["recipient"]["phone"]

    await accept(guardian.viewer, wardId=minor.id)
    by_guardian = await phone()
    with of_age(minor):
        if is_moved:
            await coming_of_age.grow()
        closed = await phone()
        await coming_of_age.grow()
        waits = await standing(minor.viewer)
        codes = [(await accept(minor.viewer))[1] for _ in range(2)]
        done, opened = await standing(minor.viewer), await phone()

    current = await acceptances.in_force()
    kept = await PolicyAcceptance.filter(account_id=minor.account.id, policy_version_id=current.id).order_by("id")
    assert (by_guardian, opened) == ("+46701234567", "+46701234567")
    assert closed != by_guardian
    assert (waits["accepted"], waits["needsAcceptance"]) == ({"version": past.version}, True)
    assert (done["accepted"], done["needsAcceptance"]) == ({"version": current.version}, False)
    assert codes == [[], []]
    assert [(each.manner, each.accepted_by_id) for each in kept] == [
        (Manner.EXPLICIT, guardian.account.id),
        (Manner.OF_AGE, None),
    ]


@pytest.mark.clause("P7.5")
async def test_an_own_acceptance_in_the_first_minutes_is_not_undone_by_the_job() -> None:
    minor, guardian = await family(17)
    await agrees_to(minor.account.id, await version_of_the_past(without(Party.SUPPLIER, RECIPIENT_PHONE)))
    await accept(guardian.viewer, wardId=minor.id)
    current = await acceptances.in_force()

    with of_age(minor):
        _, codes = await accept(minor.viewer)
        await coming_of_age.grow()

    account = await stored(minor)
    own = await PolicyAcceptance.get(account_id=minor.account.id, policy_version_id=current.id, manner=Manner.OF_AGE)
    assert (codes, account.agreed_version, account.own_version) == ([], current.version, None)
    assert own.accepted_by_id is None


async def test_a_version_that_the_person_accepted_themselves_counts_on() -> None:
    minor, _ = await family(17)
    before = (await stored(minor)).agreed_version

    with of_age(minor):
        await coming_of_age.grow()
        seen = await standing(minor.viewer)

    assert (seen["accepted"], seen["needsAcceptance"]) == ({"version": before}, False)


@pytest.mark.clause("P7.5")
@pytest.mark.parametrize(
    ("region", "last", "first"),
    [
        # In Japan the day begins nine hours before it does in Greenwich; the States' is the earliest, Hawaii's.
        ("JP", "2031-02-28T14:59:59+00:00", "2031-02-28T15:00:00+00:00"),
        ("US", "2031-03-01T09:59:59+00:00", "2031-03-01T10:00:00+00:00"),
        ("SE", "2031-02-28T22:59:59+00:00", "2031-02-28T23:00:00+00:00"),
        # Ahead of the last place on earth by two days for a part of each day.
        ("TO", "2031-02-28T10:59:59+00:00", "2031-02-28T11:00:00+00:00"),
        ("XX", "2031-03-01T11:59:59+00:00", "2031-03-01T12:00:00+00:00"),
    ],
)
async def test_the_guardian_sees_and_does_nothing_from_the_first_second_of_the_day_on(
    region: str, last: str, first: str
) -> None:
    minor, guardian = await family(17)
    by = await supplier()
    await ordered(minor, by, OrderStatus.PAID)
    born = date(2013, 2, 28) + timedelta(days=1)
    await Account.filter(id=minor.account.id).update(region=region, age_band_ends_on=birthday(born, 18))
    # Born on 29 February, somebody comes of age on 1 March of a year that has no such day.
    assert band_ends(date(2012, 2, 29), on=date(2031, 2, 28), region="KR") == date(2031, 3, 1) == birthday(born, 18)

    with clock.moved_to(datetime.fromisoformat(last)):
        before = (await ask(WARDS, as_=guardian.viewer)).data["viewer"]["account"]["wards"]
        band_before = (await read(minor))["ageBand"]
    with clock.moved_to(datetime.fromisoformat(first)):
        after = (await ask(WARDS, as_=guardian.viewer)).data["viewer"]["account"]["wards"]
        ward = (await ask(NODE, as_=guardian.viewer, id=minor.id)).data["node"]
        refused = await set_consent(guardian.viewer, minor.id, "OPERATIONS", is_given=False)
        with pytest.raises(WardNotFound):
            await purchase_approvals.set_limit(minor.account.id, Money(1_000, "EUR"), by=guardian.viewer)
        band_after = (await read(minor))["ageBand"]

    account = await stored(minor)
    assert before == [{"id": minor.id, "orders": {"nodes": [{"status": "PAID"}]}}]
    assert (after, ward, refused.codes) == ([], None, ["WARD_NOT_FOUND"])
    assert (band_before, band_after) == ("MINOR", "ADULT")
    # The job has not been there.
    assert (account.age_band, account.guardian_id) == (AgeBand.MINOR, guardian.account.id)
    assert Purpose.OPERATIONS in purposes_in(account.guardian_consents)


NODE = "query ($id: ID!) { node(id: $id) { id } }"


@pytest.mark.clause("P7.5")
async def test_a_child_is_a_minor_from_the_first_second_of_the_day_on_and_is_asked_nothing() -> None:
    child, guardian = await family(9)
    day = birthday(child.person.born, 14)
    seen: list[Any] = []

    for instant in (datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=days) for days in (-1, 1)):
        with clock.moved_to(instant):
            (ward,) = (await ask(PROFILES, as_=guardian.viewer)).data["viewer"]["account"]["wards"]
            seen.append((ward["ageBand"], len(ward["addresses"]), (await read(child))["ageBand"]))
    with clock.moved_to(datetime(day.year, day.month, day.day, 13, tzinfo=UTC)):
        await coming_of_age.grow()
        asked = (await read(child))["consentsAskedAnew"]

    account = await stored(child)
    # Of a minor who is no longer a child the guardian sees neither age nor addresses (P7.4).
    assert seen == [("CHILD", 1, "CHILD"), (None, 0, "MINOR")]
    assert asked == []
    assert (account.asked_anew, account.guardian_id) == (0, guardian.account.id)
    assert {purpose.name for purpose in purposes_in(account.guardian_consents)} == set(ALL)


PROFILES = "{ viewer { account { wards { ageBand addresses { city } } } } }"
