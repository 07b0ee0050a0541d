"""People consent for themselves and withdraw it: recorded step by step, with receipts, and closed at once."""

import asyncio
import base64
import json
from typing import Any
from uuid import UUID

import jwt
import pytest

from commerce import consent_receipts
from models.accounts import Account
from models.consents import Consent
from models.database import BadStatement, execute
from policy.classes import EMAIL, PERSON_NAME
from policy.decide import decide
from policy.own_consents import OFFERED, SEPARATE
from policy.partners import PartnerType
from policy.purposes import Purpose, purposes_in
from policy.viewer import ANONYMOUS, Viewer
from tests.commerce.people import policy
from tests.graphql.asking import Answer, ask
from tests.graphql.wards import Somebody, family, somebody

pytestmark = pytest.mark.usefixtures("database")

ACCOUNT = """account {
    consents consentHistory(first: 50) { nodes { id purpose isGiven policyVersion receipt } totalCount }
  }
  userErrors { code field message }"""
GIVE = f"mutation ($input: ConsentGiveInput!) {{ consentGive(input: $input) {{ {ACCOUNT} }} }}"
WITHDRAW = f"mutation ($input: ConsentWithdrawInput!) {{ consentWithdraw(input: $input) {{ {ACCOUNT} }} }}"
CHECK = """query ($receipt: String!) {
  consentReceiptVerify(receipt: $receipt) { isGenuine reason purpose isGiven policyVersion recordedAt }
}"""


async def give(who: Viewer, *purposes: str) -> Answer:
    return await ask(GIVE, as_=who, input={"purposes": list(purposes)})


async def withdraw(who: Viewer, *purposes: str) -> Answer:
    return await ask(WITHDRAW, as_=who, input={"purposes": list(purposes)} if purposes else {})


async def held(who: Somebody) -> set[str]:
    row = await Account.get(id=who.account.id)
    return {purpose.name for purpose in purposes_in(row.own_consents)}


async def receipt_of(who: Somebody, purpose: str = "AFFILIATE_ACCOUNT") -> str:
    answer = await give(who.viewer, purpose)
    return answer.data["consentGive"]["account"]["consentHistory"]["nodes"][0]["receipt"]


async def test_what_may_be_consented_to_is_told_before_as_the_rules_have_it() -> None:
    await policy()
    answer = await ask("{ privacyPolicy { consents { purpose what why who howLong isSeparate } } }", as_=ANONYMOUS)

    told = {each["purpose"]: each for each in answer.data["privacyPolicy"]["consents"]}
    assert set(told) == {purpose.name for purpose in OFFERED}
    assert {name for name, each in told.items() if each["isSeparate"]} == {purpose.name for purpose in SEPARATE}
    assert all(each["what"] and each["why"] and each["who"] and each["howLong"] for each in told.values())
    assert "identity document" in told["IDENTITY_VERIFICATION"]["what"]
    assert "identity document" not in told["AFFILIATE_ACCOUNT"]["what"]


async def test_consent_is_given_for_each_purpose_and_recorded_once() -> None:
    who = await somebody()

    first = await give(who.viewer, "AFFILIATE_ACCOUNT", "IDENTITY_VERIFICATION")
    again = await give(who.viewer, "AFFILIATE_ACCOUNT")

    account = first.data["consentGive"]["account"]
    assert account["consents"] == ["IDENTITY_VERIFICATION", "AFFILIATE_ACCOUNT"]
    assert again.data["consentGive"]["account"]["consentHistory"]["totalCount"] == 2
    assert await held(who) == {"IDENTITY_VERIFICATION", "AFFILIATE_ACCOUNT"}


async def test_one_request_withdraws_everything() -> None:
    who = await somebody()
    await give(who.viewer, "AFFILIATE_ACCOUNT", "IDENTITY_VERIFICATION")
    await give(who.viewer, "CROSS_BORDER")

    some = await withdraw(who.viewer, "AFFILIATE_ACCOUNT")
    rest = await withdraw(who.viewer)

    assert some.data["consentWithdraw"]["account"]["consents"] == ["IDENTITY_VERIFICATION", "CROSS_BORDER"]
    assert rest.data["consentWithdraw"]["account"]["consents"] == []
    steps = rest.data["consentWithdraw"]["account"]["consentHistory"]["nodes"]
    assert [(step["purpose"], step["isGiven"]) for step in steps].count(("CROSS_BORDER", False)) == 1
    assert len(steps) == 6


@pytest.mark.clause("P8.1")
@pytest.mark.parametrize("separate", sorted(purpose.name for purpose in SEPARATE))
async def test_what_is_separate_is_not_bundled_with_anything(separate: str) -> None:
    who = await somebody()

    bundled = await give(who.viewer, "AFFILIATE_ACCOUNT", separate)

    assert bundled.codes == ["CONSENTS_BUNDLED"]
    assert await held(who) == set()
    assert (await give(who.viewer, separate)).codes == []
    assert await held(who) == {separate}


@pytest.mark.clause("P7.1")
@pytest.mark.parametrize("years", [9, 16])
async def test_nobody_under_age_consents_to_what_takes_an_adult(years: int) -> None:
    child, _ = await family(years)

    refused = await give(child.viewer, "AFFILIATE_ACCOUNT")

    assert refused.codes == ["CONSENT_NEEDS_ADULT"]
    assert await held(child) == set()
    assert (await withdraw(child.viewer)).codes == []


@pytest.mark.parametrize(
    "purposes", [[], ["ACCOUNT"], ["PUBLICATION"], ["AFFILIATE_SENSITIVE"], ["FULFILMENT", "AFFILIATE_ACCOUNT"]]
)
async def test_what_nobody_is_asked_for_is_not_given(purposes: list[str]) -> None:
    who = await somebody()

    assert (await give(who.viewer, *purposes)).codes == ["PURPOSE_NOT_OFFERED"]
    assert await held(who) == set()


async def test_nobody_consents_for_somebody_else() -> None:
    supplier = Viewer(supplier=UUID(int=1), scopes=frozenset({"orders:read"}))
    for viewer in (ANONYMOUS, supplier):
        assert (await give(viewer, "AFFILIATE_ACCOUNT")).codes == ["NOT_IN_PERSON"]
        assert (await withdraw(viewer)).codes == ["NOT_IN_PERSON"]


async def test_steps_are_shown_to_the_person_and_to_nobody_else() -> None:
    who, other = await somebody(), await somebody()
    answer = await give(who.viewer, "AFFILIATE_ACCOUNT")
    (step,) = answer.data["consentGive"]["account"]["consentHistory"]["nodes"]

    document = "query ($id: ID!) { node(id: $id) { ... on Consent { purpose receipt } } }"
    mine = await ask(document, as_=who.viewer, id=step["id"])
    theirs = await ask(document, as_=other.viewer, id=step["id"])

    assert mine.data["node"] == {"purpose": "AFFILIATE_ACCOUNT", "receipt": step["receipt"]}
    assert theirs.data == {"node": None}


async def test_the_bits_are_the_sum_of_the_steps_however_many_change_them_at_once() -> None:
    who = await somebody()
    changes = [give(who.viewer, "AFFILIATE_ACCOUNT"), give(who.viewer, "CROSS_BORDER"), withdraw(who.viewer)]

    answers = await asyncio.gather(*changes, give(who.viewer, "AFFILIATE_ACCOUNT"), withdraw(who.viewer))

    assert all(answer.codes == [] for answer in answers)
    steps = await Consent.filter(account_id=who.account.id).order_by("id")
    sums = {
        step.purpose: sum(1 if each.is_given else -1 for each in steps if each.purpose == step.purpose)
        for step in steps
    }
    assert {purpose for purpose, total in sums.items() if total == 1} == await held(who)
    assert set(sums.values()) <= {0, 1}


async def test_no_statement_of_the_program_changes_a_step() -> None:
    with pytest.raises(BadStatement):
        await execute("UPDATE consent SET is_given = FALSE")


async def test_a_purchase_needs_none_of_them() -> None:
    who = await somebody()

    account = await Account.visible_to(who.viewer).one()

    assert account is not None
    assert account.case.own_consents == frozenset()
    for data_class in (EMAIL, PERSON_NAME):
        assert decide(who.viewer.asks(data_class, of=account.case)).is_clear


@pytest.mark.clause("P4.3")
async def test_withdrawal_closes_what_consent_had_opened_with_the_next_decision() -> None:
    who = await somebody()
    affiliate = Viewer(partner=UUID(int=7), partner_type=PartnerType.AFFILIATE, purpose=Purpose.AFFILIATE_ACCOUNT)

    async def sees() -> bool:
        seen = await Account.visible_to(who.viewer).one()
        assert seen is not None
        case = seen.case._replace(partners=frozenset({UUID(int=7)}))
        return decide(affiliate.asks(EMAIL, of=case)).is_clear or decide(affiliate.asks(PERSON_NAME, of=case)).is_clear

    before = await sees()
    await give(who.viewer, "AFFILIATE_ACCOUNT")
    given = await sees()
    await withdraw(who.viewer)

    assert (before, given, await sees()) == (False, True, False)


async def test_a_receipt_says_what_was_consented_to_and_holds_nothing_of_the_person() -> None:
    who = await somebody()
    receipt = await receipt_of(who)

    checked = (await ask(CHECK, as_=ANONYMOUS, receipt=receipt)).data["consentReceiptVerify"]
    said = jwt.decode(receipt, options={"verify_signature": False})

    step = await Consent.get(account_id=who.account.id)
    assert checked == {
        "isGenuine": True,
        "reason": None,
        "purpose": "AFFILIATE_ACCOUNT",
        "isGiven": True,
        "policyVersion": step.policy_version,
        "recordedAt": step.recorded_at.isoformat(),
    }
    assert set(said) == {"record_header", "pii_processing", "party_identification", "events"}
    assert who.person.email not in json.dumps(said)
    assert str(who.account.id) not in json.dumps(said)
    assert (await receipt_of(who)) == receipt


def _changed(receipt: str, part: int, change: dict[str, Any]) -> str:
    parts = receipt.split(".")
    read = json.loads(base64.urlsafe_b64decode(parts[part] + "=="))
    written = json.dumps(read | change).encode()
    parts[part] = base64.urlsafe_b64encode(written).decode().rstrip("=")
    return ".".join(parts)


async def test_whatever_is_changed_of_a_receipt_it_is_no_longer_genuine() -> None:
    receipt = await receipt_of(await somebody())
    forged = [
        _changed(receipt, 1, {"events": []}),
        _changed(receipt, 0, {"alg": "none"}),
        _changed(receipt, 0, {"alg": "HS256"}),
        receipt[:-4] + ("AAAA" if not receipt.endswith("AAAA") else "BBBB"),
        receipt.rpartition(".")[0] + ".",
        jwt.encode(jwt.decode(receipt, options={"verify_signature": False}), "x" * 32, algorithm="HS256"),
        "",
        "a.b.c",
        "x" * 9_000,
    ]

    for text in forged:
        checked = (await ask(CHECK, as_=ANONYMOUS, receipt=text)).data["consentReceiptVerify"]
        assert not checked["isGenuine"]
        assert checked["reason"]
        assert checked["purpose"] is None


async def test_every_byte_of_a_receipt_counts() -> None:
    receipt = await receipt_of(await somebody())
    header, payload, _ = receipt.split(".")

    for place in range(0, len(header) + len(payload), 37):
        other = "B" if receipt[place] != "B" else "C"
        assert not consent_receipts.check(receipt[:place] + other + receipt[place + 1 :]).is_genuine
