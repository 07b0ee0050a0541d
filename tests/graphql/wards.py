"""Minors and adults who are not yet guardians, and the documents with which they become ones."""

from dataclasses import dataclass
from typing import Any

from commerce.guardian_challenges import code_for
from models.accounts import Account
from models.ids import public_id, read_public_id
from policy.ages import AgeBand
from policy.viewer import Viewer
from server.demo_minors import add_verification
from server.demo_rows import Person, add_person
from tests.commerce.people import Browser
from tests.graphql.asking import Answer, ask
from tests.graphql.own_profiles import invented

PASSWORD = "a password of nobody 7731"
ERRORS = "userErrors { code field message }"
CHALLENGE = "challenge { id state sends sentAt expiresAt closedAt }"
WARD = """
  ward {
    id state guardianConsents guardianship { state since guardianName } guardianChallenge { state }
    guardianConsentHistory(first: 50) { nodes { purpose isGiven recordedAt } totalCount }
  }
"""
INVITE = f"mutation ($input: GuardianInviteInput!) {{ guardianInvite(input: $input) {{ {CHALLENGE} {ERRORS} }} }}"
RESEND = f"""mutation ($input: GuardianInvitationResendInput!) {{
  guardianInvitationResend(input: $input) {{ {CHALLENGE} {ERRORS} }}
}}"""
TAKE_BACK = f"""mutation ($input: GuardianInvitationWithdrawInput!) {{
  guardianInvitationWithdraw(input: $input) {{ {CHALLENGE} {ERRORS} }}
}}"""
NOTICE = """query ($code: String!) {
  guardianChallenge(code: $code) { firstName expiresAt purposes { purpose what why who howLong } }
}"""
RESPOND = f"""mutation ($input: GuardianChallengeRespondInput!) {{
  guardianChallengeRespond(input: $input) {{ {WARD} {ERRORS} }}
}}"""
SET = f"mutation ($input: GuardianConsentSetInput!) {{ guardianConsentSet(input: $input) {{ {WARD} {ERRORS} }} }}"
WITHDRAW = f"""mutation ($input: GuardianConsentWithdrawInput!) {{
  guardianConsentWithdraw(input: $input) {{ {WARD} {ERRORS} }}
}}"""
OWN = """{ viewer { account {
  id state email guardianConsents profile { name }
  guardianship { state guardianName } guardianChallenge { id state closedAt }
  guardianConsentHistory(first: 50) { nodes { purpose isGiven } }
} } }"""
ALL = [
    "ACCOUNT",
    "FULFILMENT",
    "CUSTOMER_SERVICE",
    "OPERATIONS",
    "PAYMENT",
    "IDENTITY_VERIFICATION",
    "PERSONALISATION",
]


@dataclass(frozen=True, slots=True)
class Somebody:
    """An account, what was put into it, and its owner as a viewer."""

    person: Person
    account: Account

    @property
    def viewer(self) -> Viewer:
        """The owner, in person."""
        return Viewer(account=self.account.id)

    @property
    def id(self) -> str:
        """The account's id, as people know it."""
        return public_id("User", self.account.id)


async def somebody(years: int = 40, *, is_verified: bool = True) -> Somebody:
    """Write an account that nobody else in the suite knows; an adult is verified as one unless said otherwise."""
    person = invented(years)
    account = await add_person(person, password=PASSWORD)
    if is_verified and account.age_band is AgeBand.ADULT:
        await add_verification(account)
    return Somebody(person, account)


async def invite(minor: Somebody, email: str, **other: Any) -> Answer:
    """Invite whoever has an address, from a client of its own."""
    given = {"contact": {"email": email}, "firstName": "Edda", **other}
    return await ask(INVITE, as_=minor.viewer, client=Browser(), input=given)  # type: ignore[arg-type]


def challenge_of(answer: Answer) -> str:
    """Read the invitation's id from whatever mutation answered with it."""
    (payload,) = answer.data.values()
    return payload["challenge"]["id"]


def code_of(answer: Answer) -> str:
    """Tell the code that the invited adult was sent."""
    return code_for(read_public_id(challenge_of(answer))[1])


async def respond(adult: Viewer, code: str, *, accepts: bool = True, **other: Any) -> Answer:
    """Answer an invitation."""
    return await ask(RESPOND, as_=adult, input={"code": code, "accepts": accepts, **other})


async def family(years: int = 9, purposes: list[str] | None = None) -> tuple[Somebody, Somebody]:
    """Write a minor and a guardian who has accepted, through the schema."""
    minor, adult = await somebody(years), await somebody()
    code = code_of(await invite(minor, adult.person.email))
    answer = await respond(adult.viewer, code, purposes=ALL if purposes is None else purposes, guardianName="Mum")
    assert answer.codes == []
    return minor, adult


async def own(somebody: Somebody) -> dict[str, Any]:
    """Read what somebody sees of themselves."""
    return (await ask(OWN, as_=somebody.viewer)).data["viewer"]["account"]


async def set_consent(adult: Viewer, ward_id: str, purpose: str, *, is_given: bool) -> Answer:
    """Give or withdraw consent to one purpose."""
    return await ask(SET, as_=adult, input={"wardId": ward_id, "purpose": purpose, "isGiven": is_given})


async def withdraw(adult: Viewer, ward_id: str, *purposes: str) -> Answer:
    """Withdraw consent to some purposes; none named is all."""
    given: dict[str, Any] = {"wardId": ward_id, **({"purposes": list(purposes)} if purposes else {})}
    return await ask(WITHDRAW, as_=adult, input=given)
