"""A verifier's story over HTTP: what its token shows while it checks a person and a company, and after."""

import os
from pathlib import Path

from commerce import enterprise_verifications, identity_checks, identity_verifications
from commerce.acceptances import in_force
from commerce.provider_checks import FIRST_LOOK
from models import clock
from models.access_tokens import AccessToken
from models.ids import new_id, public_id
from models.partners import Partner
from policy.parties import Party
from server.demo_partners import add_partner_token
from tests.stories.steps import CONSENT, registered, table
from tests.stories.telling import Story

PAGE = Path(__file__).parents[2] / "docs" / "stories" / "verifier.md"
CHECKS = """query Checks {
  identityChecks(first: 5) { nodes { reference level state phone } }
}"""
COMPANIES = """query Companies {
  enterpriseChecks(first: 5) { nodes {
    reference state companyName registrationNumber representativeName representativePhone identityDocument
  } }
}"""
WHO = "{ viewer { kind account { email } } orders(first: 5) { nodes { number } } }"
PUBLIC = """query ($id: ID!) {
  node(id: $id) { ... on Partner { name type policyUrl isInStanding receives { dataClass purposes clauses } } }
}"""
VERIFY = """mutation ($input: IdentityVerifyInput!) {
  identityVerify(input: $input) { verification { level state } userErrors { code message } }
}"""
REGISTER = """mutation ($input: EnterpriseRegisterInput!) {
  enterpriseRegister(input: $input) { enterprise { name registrationNumber } userErrors { code message } }
}"""
ADD = """mutation ($input: EnterpriseContactAddInput!) {
  enterpriseContactAdd(input: $input) { contact { id role name phone } userErrors { code message } }
}"""
VERIFY_COMPANY = """mutation ($input: EnterpriseVerifyInput!) {
  enterpriseVerify(input: $input) { verification { state } userErrors { code message } }
}"""
OWN = """{
  viewer { account {
    verification { level }
    enterprise { verifiedAt verification { state representativeName identityDocument } }
  } }
}"""
SHOWN = """{
  viewer { disclosures(first: 10) { nodes { party purpose classes clauses operation } } }
}"""
INTRODUCTION = """# A verifier's story

Whois Ident checks who people are, and who speaks for companies. Everything below was asked of the application over HTTP
and is what it answered; only ids, tokens, codes and times are replaced. `tests/stories/test_verifier.py` tells it again
at every run, and fails when an answer changes. What is asked of the provider itself is in
[verification](../verification.md#the-provider), how partners are served in general in [partners](../partners.md).

## What a verifier's token can read, and what not

Made from the rules. What is seen if nothing is said against it comes last; conditions under which less is seen come
before it.
"""


async def told(story: Story) -> str:
    """Tell the story, and look at every step that it took."""
    robin = f"robin-{new_id().hex}@example.com"
    served = identity_checks.served()
    assert served is not None
    story.replaced |= {robin: "robin@example.com", served.name: "Whois Ident"}
    buyer = await registered(story, robin, "1984-02-11", is_shown=False)
    partner = await Partner.get(name=served.name)
    scopes = ("access_tokens:write", "identity_checks:read")
    verifier = await add_partner_token(partner, scopes)

    story.say(INTRODUCTION + "\n" + table(Party.VERIFIER))
    story.say("What it can be shown, why, and where its own policy is, anybody can read in the register:")
    public = await story.ask(PUBLIC, id=public_id("Partner", partner.id))
    assert public["data"]["node"]["isInStanding"] is True
    story.say("## Before anybody is checked\n\nIts token opens nothing:")
    assert (await story.ask(CHECKS, token=verifier))["data"]["identityChecks"]["nodes"] == []

    story.say("## Robin has a name verified\n\nFirst comes the consent, by itself; without it nothing is sent.")
    document = {"name": "Robin Amsel", "identityNumber": "P 4471 0042", "confirmsSensitive": True}
    refused = await story.ask(VERIFY, token=buyer, input=document)
    assert refused["data"]["identityVerify"]["userErrors"][0]["code"] == "VERIFICATION_CONSENT_REQUIRED"
    await story.ask(CONSENT, token=buyer, input={"purposes": ["IDENTITY_VERIFICATION"]})
    await story.ask(VERIFY, token=buyer, input=document)
    story.say(
        "Whois Ident was told the name and the number, over a connection of ours. It takes its time, and meanwhile "
        "finds the check by its token, under the reference by which it was asked. The number is nowhere in the shop, "
        "and nothing else of Robin is there:"
    )
    (check,) = (await story.ask(CHECKS, token=verifier))["data"]["identityChecks"]["nodes"]
    story.replaced[check["reference"]] = "01970000-0000-7000-8000-000000000001"
    others = await story.ask(WHO, token=verifier)
    assert others["errors"][0]["extensions"]["code"] == "INSUFFICIENT_SCOPE"

    story.say(
        "## Robin speaks for a company\n\nWhich Kim represents by law. Kim has no account, so Robin gives Kim's "
        "details with a word for each of two things: that they may be given, and that Kim agrees to be checked."
    )
    version = (await in_force()).version
    story.replaced |= {f"`policyVersion: {version}`": "`policyVersion: 1`"}
    story.replaced |= {f'"policyVersion": {version}': '"policyVersion": 1'}
    word = {"isAuthorised": True, "policyVersion": version}
    await story.ask(REGISTER, token=buyer, input={"name": "Amsel & Co", "registrationNumber": "FN 77 31"})
    kim = {
        "role": "LEGAL_REPRESENTATIVE",
        "isSelf": False,
        "name": "Kim Amsel",
        "phone": "+436641234568",
        "identityDocument": "P 9920 0042",
        "confirmsSensitive": True,
        "attestation": word,
    }
    added = await story.ask(ADD, token=buyer, input=kim)
    contact = added["data"]["enterpriseContactAdd"]["contact"]["id"]
    without = await story.ask(VERIFY_COMPANY, token=buyer, input={"contactId": contact})
    assert without["data"]["enterpriseVerify"]["userErrors"][0]["code"] == "ATTESTATION_REQUIRED"
    await story.ask(VERIFY_COMPANY, token=buyer, input={"contactId": contact, "attestation": word})
    story.say("Whois Ident finds what it was told, as long as it works on it; Robin does not read the document back:")
    (company,) = (await story.ask(COMPANIES, token=verifier))["data"]["enterpriseChecks"]["nodes"]
    story.replaced[company["reference"]] = "01970000-0000-7000-8000-000000000002"
    assert company["identityDocument"] == "P 9920 0042"
    own = await story.ask(OWN, token=buyer)
    assert own["data"]["viewer"]["account"]["enterprise"]["verification"]["identityDocument"] is None

    story.say("## A subcontractor\n\nIts token finds the same, though never a child:")
    parent = await AccessToken.filter(partner_id=partner.id).get()
    made = await add_partner_token(partner, ("identity_checks:read",), parent=parent, subcontractor="Papers & Co")
    assert len((await story.ask(CHECKS, token=made))["data"]["identityChecks"]["nodes"]) == 1

    story.say("## The checks end\n\nWith that there is nothing to do, and nothing to see:")
    with clock.moved_to(clock.now() + FIRST_LOOK):
        await identity_verifications.follow_up()
        await enterprise_verifications.follow_up()
    assert (await story.ask(CHECKS, token=verifier))["data"]["identityChecks"]["nodes"] == []
    assert (await story.ask(COMPANIES, token=verifier))["data"]["enterpriseChecks"]["nodes"] == []
    story.say("Robin reads how they ended. Kim's document is erased:")
    ended = (await story.ask(OWN, token=buyer))["data"]["viewer"]["account"]
    assert (ended["verification"]["level"], ended["enterprise"]["verification"]["state"]) == ("NAME", "VERIFIED")

    story.say("## Robin reads what the verifier was told and shown\n\nThe newest first, the subcontractor's look too:")
    record = await story.ask(SHOWN, token=buyer)
    rows = [row for row in record["data"]["viewer"]["disclosures"]["nodes"] if row["party"] == "VERIFIER"]
    assert {row["operation"] for row in rows} == {"identityVerify", "enterpriseVerify", "Checks", "Companies"}
    assert all(row["purpose"] == "IDENTITY_VERIFICATION" for row in rows)
    return story.page()


async def test_the_verifiers_story_is_what_the_shop_answers(story: Story) -> None:
    page = await told(story)
    if os.environ.get("AVOW_WRITE_STORIES"):
        PAGE.write_text(page, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == page, (
        "Run `AVOW_WRITE_STORIES=1 python3 dev.py test tests/stories`, and review the difference."
    )
