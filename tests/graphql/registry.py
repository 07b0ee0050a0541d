"""What privacy officers do with the register of partners, and tokens in it."""

from datetime import timedelta
from typing import Any

from commerce import sessions
from models import clock
from models.ids import new_id, public_id
from models.partners import Partner, today
from models.suppliers import Supplier
from policy.partners import PartnerType
from policy.viewer import Viewer
from server.demo_partners import Company, add_partner, add_partner_token
from server.demo_rows import add_supplier
from tests.graphql.asking import ask

STANDING = "query ($id: ID!) { node(id: $id) { ... on Partner { isInStanding status } } }"


async def act(name: str, as_: Viewer, shown: str, /, **given: Any) -> tuple[Any, list[str]]:
    """Run a mutation of the register, and give what it shows together with the codes of the refusal."""
    kind = "PartnerInput" if name in ("partnerSuspend", "partnerResume") else f"{name[0].upper()}{name[1:]}Input"
    document = f"""mutation Act($input: {kind}!) {{
        {name}(input: $input) {{ {shown} userErrors {{ code field message }} }} }}"""
    answer = await ask(document, as_=as_, input=given)
    assert answer.errors == [], answer.errors
    payload = answer.data[name]
    return payload, [error["code"] for error in payload["userErrors"]]


def wanted(kind: PartnerType = PartnerType.LOGISTICS, **other: Any) -> dict[str, Any]:
    """Write the input of `partnerRegister`."""
    return {
        "type": kind.name,
        "name": f"Postbode {new_id().hex}",
        "region": "NL",
        "policyUrl": "https://postbode.example/privacy",
    } | other


async def registered(by: Viewer, kind: PartnerType = PartnerType.LOGISTICS, **other: Any) -> str:
    """Enter a partner into the register, and give its id."""
    payload, codes = await act("partnerRegister", by, "partner { id }", **wanted(kind, **other))
    assert codes == []
    return payload["partner"]["id"]


def agreement(partner: str, *purposes: str, **other: Any) -> dict[str, Any]:
    """Write the input of `agreementSign`."""
    return {
        "partnerId": partner,
        "textVersion": "2026-1",
        "signedOn": today().isoformat(),
        "expiresOn": (today() + timedelta(days=300)).isoformat(),
        "region": "NL",
        "purposes": list(purposes or ("FULFILMENT",)),
    } | other


def examination(partner: str, outcome: str = "PASSED", **other: Any) -> dict[str, Any]:
    """Write the input of `securityReviewRecord`."""
    return {
        "partnerId": partner,
        "reviewedOn": today().isoformat(),
        "outcome": outcome,
        "expiresOn": (today() + timedelta(days=300)).isoformat(),
    } | other


async def is_in_standing(partner: str) -> bool:
    """Ask as anybody whether a partner is in standing."""
    return (await ask(STANDING, as_=Viewer(), id=partner)).data["node"]["isInStanding"]


def token(partner: str, **other: Any) -> dict[str, Any]:
    """Write the input of `accessTokenCreate`."""
    return {
        "partnerId": partner,
        "scopes": ["orders:read"],
        "purposes": ["FULFILMENT"],
        "expiresAt": (clock.now() + timedelta(days=60)).isoformat(),
        "idempotencyKey": new_id().hex,
    } | other


def delegation(**other: Any) -> dict[str, Any]:
    """Write the input of `accessTokenDelegate`."""
    return {
        "subcontractor": "Last Mile",
        "scopes": ["orders:read"],
        "purposes": ["FULFILMENT"],
        "expiresAt": (clock.now() + timedelta(days=30)).isoformat(),
        "idempotencyKey": new_id().hex,
    } | other


async def carrier(**standing: bool) -> Partner:
    """Write a carrier."""
    return await add_partner(Company(PartnerType.LOGISTICS, "Postbode", "NL"), **standing)


async def supplier() -> Supplier:
    """Write a supplier."""
    return await add_supplier("Nordhof", f"nordhof-{new_id().hex}", "DE")


async def comes_by(partner: Partner, *scopes: str, **other: Any) -> Viewer:
    """Make a token of a partner, and come by it."""
    credential = await add_partner_token(partner, scopes or ("orders:read", "access_tokens:write"), **other)
    return await sessions.authenticate(credential)


def key_of(token: Viewer, audience: str | None = None) -> str:
    """Give the id that somebody knows the token by which a viewer came."""
    assert token.session is not None
    return public_id("AccessToken", token.session, audience)


def id_of(partner: Partner) -> str:
    """Give the id that people know a partner by."""
    return public_id("Partner", partner.id)
