"""How a partner comes into the register in a story, and to a token."""

from datetime import timedelta
from typing import Any

from models import clock
from models.ids import new_id
from models.partners import today
from tests.stories.telling import Story

REGISTER = """mutation ($input: PartnerRegisterInput!) {
  partnerRegister(input: $input) { partner { id name isInStanding } userErrors { code message } }
}"""
SIGN = """mutation ($input: AgreementSignInput!) {
  agreementSign(input: $input) { agreement { region purposes expiresOn } userErrors { code message } }
}"""
REVIEW = """mutation ($input: SecurityReviewRecordInput!) {
  securityReviewRecord(input: $input) { securityReview { outcome expiresOn } userErrors { code message } }
}"""
TOKEN = """mutation ($input: AccessTokenCreateInput!) {
  accessTokenCreate(input: $input) {
    accessToken { scopes purposes expiresAt } credential userErrors { code message }
  }
}"""
LATER = timedelta(days=300)


async def entered(story: Story, privacy: str, wanted: dict[str, Any], *purposes: str, is_shown: bool = True) -> str:
    """
    Have a privacy officer enter a partner that has signed for purposes and whose software was examined; give its id.

    Args:
        wanted: The input of `partnerRegister`; its name is the page's, and in the shop one that nobody else has.
        is_shown: Whether the page shows it.
    """
    name, later = f"{wanted['name']} {new_id().hex}", (today() + LATER).isoformat()
    story.replaced |= {name: wanted["name"], later: "2027-04-01"}
    story.replaced[today().isoformat()] = "2026-06-01"
    answer = await story.ask(REGISTER, token=privacy, input=wanted | {"name": name}, is_shown=is_shown)
    partner = answer["data"]["partnerRegister"]["partner"]["id"]
    signed = {
        "partnerId": partner,
        "textVersion": "2026-1",
        "signedOn": today().isoformat(),
        "expiresOn": later,
        "region": wanted["region"],
        "purposes": list(purposes),
    }
    await story.ask(SIGN, token=privacy, input=signed, is_shown=is_shown)
    reviewed = {"partnerId": partner, "reviewedOn": today().isoformat(), "outcome": "PASSED", "expiresOn": later}
    await story.ask(REVIEW, token=privacy, input=reviewed, is_shown=is_shown)
    return partner


async def token_of(
    story: Story, privacy: str, partner: str, scopes: list[str], *purposes: str, is_shown: bool = True
) -> str:
    """Have a privacy officer make a token of a partner; give what opens it."""
    key = new_id().hex
    asked = {
        "partnerId": partner,
        "scopes": scopes,
        "purposes": list(purposes),
        "expiresAt": (clock.now() + timedelta(days=90)).isoformat(),
        "idempotencyKey": key,
    }
    story.replaced[key] = "the token"
    made = await story.ask(TOKEN, token=privacy, input=asked, is_shown=is_shown)
    return made["data"]["accessTokenCreate"]["credential"]
