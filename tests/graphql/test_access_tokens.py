"""Tokens of partners: made by officers, passed on by partners, and ended."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from commerce import sessions
from commerce.credentials import fingerprint
from commerce.sessions import Unauthenticated
from models import clock
from models.access_tokens import AccessToken
from models.audit import AuditEvent
from models.database import execute
from models.ids import new_id, public_id, read_public_id
from models.partners import Partner
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.viewer import StaffRole, Viewer
from server.demo_partners import Company, add_agreement, add_partner, add_partner_token, sandbox
from tests.graphql.asking import ask
from tests.graphql.officers import member, officer
from tests.graphql.registry import act, carrier, comes_by, delegation, id_of, key_of, token
from tests.graphql.world import World

pytestmark = pytest.mark.usefixtures("database")

MADE = "accessToken { id scopes purposes subcontractor partner { name } } credential"
LIST = "{ accessTokens(first: 100) { nodes { id subcontractor } } }"
KINDS = [kind for kind in PartnerType if kind is not PartnerType.SUPPLIER]


async def partner_of_kind(kind: PartnerType) -> Partner:
    if kind is PartnerType.PAYMENT:
        return await sandbox()
    affiliate = await add_partner(Company(PartnerType.AFFILIATE, "Sister", "DE"))
    named_by = affiliate if kind is PartnerType.AFFILIATE_PROVIDER else None
    return await add_partner(Company(kind, "Somebody", "DE", named_by=named_by))


async def opens(credential: str) -> bool:
    try:
        await sessions.authenticate(credential)
    except Unauthenticated:
        return False
    return True


@pytest.mark.parametrize("kind", KINDS)
async def test_a_token_says_which_partner_comes_for_what_and_from_where(kind: PartnerType) -> None:
    partner = await partner_of_kind(kind)
    purposes = sorted(purpose.name for purpose in kind.purposes)
    given = token(id_of(partner), scopes=["access_tokens:write"], purposes=purposes)

    made, codes = await act("accessTokenCreate", await officer(), MADE, **given)

    assert codes == []
    viewer = await sessions.authenticate(made["credential"])
    assert viewer == Viewer(
        partner=partner.id,
        partner_type=kind,
        scopes=frozenset({"access_tokens:write"}),
        purposes=kind.purposes,
        region=partner.region,
        session=read_public_id(made["accessToken"]["id"])[1],
    )


async def test_what_opens_it_is_shown_once_and_kept_as_a_keyed_hash_alone(world: World) -> None:
    by, given = await officer(), token(id_of(await carrier()))

    made, _ = await act("accessTokenCreate", by, MADE, **given)
    again, _ = await act("accessTokenCreate", by, MADE, **given)

    assert made["credential"].startswith("avow_token_")
    assert again == {**made, "credential": None}
    (row,) = await AccessToken.filter(id=read_public_id(made["accessToken"]["id"])[1])
    assert bytes(row.token_hash) == fingerprint(made["credential"])
    (event,) = await AuditEvent.filter(actor_id=by.account)
    assert event.action == "accessTokenCreate"
    assert made["credential"] not in str(event.changes)


@pytest.mark.clause("P4.4")
@pytest.mark.parametrize(
    "given",
    [
        {"scopes": ["orders:read", "fulfillment_orders:write"]},
        {"scopes": []},
        {"purposes": ["FULFILMENT", "SECURITY"]},
        {"purposes": []},
    ],
)
async def test_a_token_is_for_no_more_than_its_kind_and_its_agreement(given: dict[str, Any]) -> None:
    partner = await carrier()

    made, codes = await act("accessTokenCreate", await officer(), MADE, **token(id_of(partner), **given))

    assert (made["accessToken"], codes) == (None, ["ACCESS_TOKEN_NOT_VALID"])
    assert not await AccessToken.exists(partner_id=partner.id)


async def test_a_token_is_made_by_proven_officers_under_an_agreement_and_for_a_year_at_most(world: World) -> None:
    partner, bare = await carrier(), await carrier(is_agreed=False)
    unproven = await member(StaffRole.PRIVACY_OFFICER, is_proven=False)
    by, operator = await officer(), await member(StaffRole.OPERATOR)
    late = (clock.now() + timedelta(days=366)).isoformat()

    refused = [
        (await act("accessTokenCreate", as_, MADE, **given))[1]
        for as_, given in (
            (operator, token(id_of(partner))),
            (await comes_by(partner), token(public_id("Partner", partner.id, f"partner {partner.id}"))),
            (unproven, token(id_of(partner))),
            (by, token(id_of(bare))),
            (by, token(id_of(partner), expiresAt=late)),
            (by, token("nobody")),
        )
    ]

    assert refused == [
        ["NOT_PRIVACY_OFFICER"],
        ["NOT_PRIVACY_OFFICER"],
        ["STEP_UP_REQUIRED"],
        ["ACCESS_TOKEN_NOT_VALID"],
        ["ACCESS_TOKEN_NOT_VALID"],
        ["PARTNER_NOT_FOUND"],
    ]


@pytest.mark.clause("P4.4")
async def test_what_an_agreement_no_longer_says_its_tokens_are_no_longer_for(world: World) -> None:
    partner = await add_partner(Company(PartnerType.AFFILIATE, "Sister", "DE"))
    credential = await add_partner_token(partner, ("orders:read",))
    before = await sessions.authenticate(credential)

    await add_agreement(partner, purposes=frozenset({Purpose.AFFILIATE_SAFETY}), region="FR")

    after = await sessions.authenticate(credential)
    assert before.purposes == PartnerType.AFFILIATE.purposes
    assert (after.purposes, after.region) == (frozenset({Purpose.AFFILIATE_SAFETY}), "FR")


async def test_a_partner_passes_on_no_more_than_it_has(world: World) -> None:
    by = await comes_by(await carrier())

    made, codes = await act("accessTokenDelegate", by, MADE, **delegation())

    assert codes == []
    assert made["accessToken"]["subcontractor"] == "Last Mile"
    viewer = await sessions.authenticate(made["credential"])
    assert (viewer.partner, viewer.is_delegated, viewer.is_in_standing) == (by.partner, True, True)
    assert (viewer.scopes, viewer.purposes) == (frozenset({"orders:read"}), frozenset({Purpose.FULFILMENT}))


@pytest.mark.clause("P4.4")
@pytest.mark.parametrize("given", [{"scopes": ["orders:read", "fulfillment_orders:read"]}, {"purposes": ["SECURITY"]}])
async def test_a_subcontractors_token_is_for_no_more_than_the_one_it_is_made_by(given: dict[str, Any]) -> None:
    by = await comes_by(await carrier())

    _, codes = await act("accessTokenDelegate", by, MADE, **delegation(**given))

    assert codes == ["ACCESS_TOKEN_NOT_VALID"]


async def test_a_subcontractors_token_ends_with_the_one_it_is_made_by_at_the_latest(world: World) -> None:
    by = await comes_by(await carrier())
    late = (clock.now() + timedelta(days=120)).isoformat()

    _, codes = await act("accessTokenDelegate", by, MADE, **delegation(expiresAt=late))

    assert codes == ["ACCESS_TOKEN_NOT_VALID"]


@pytest.mark.clause("P4.4")
async def test_a_subcontractor_passes_nothing_on(world: World) -> None:
    partner = await carrier()
    by = await comes_by(partner)
    parent = await AccessToken.get(id=by.session)
    made = await comes_by(partner, "orders:read", "access_tokens:write", parent=parent, subcontractor="Last Mile")

    _, codes = await act("accessTokenDelegate", made, MADE, **delegation())

    assert codes == ["DELEGATION_NOT_ALLOWED"]


async def test_a_partner_out_of_standing_passes_nothing_on(world: World) -> None:
    by = await comes_by(await carrier(is_reviewed=False))

    _, codes = await act("accessTokenDelegate", by, MADE, **delegation())

    assert codes == ["DELEGATION_NOT_ALLOWED"]


async def test_passing_on_needs_a_scope_of_its_own(world: World) -> None:
    by = await comes_by(await carrier(), "orders:read")
    document = """mutation ($input: AccessTokenDelegateInput!) {
        accessTokenDelegate(input: $input) { credential } }"""

    answer = await ask(document, as_=by, input=delegation())

    assert [error.extensions["code"] for error in answer.errors] == ["INSUFFICIENT_SCOPE"]


async def test_an_officer_passes_on_for_a_partner(world: World) -> None:
    partner = await carrier()
    owner = await comes_by(partner)
    given = delegation(parentId=key_of(owner))

    made, codes = await act("accessTokenDelegate", await officer(), MADE, **given)
    _, without = await act("accessTokenDelegate", await officer(), MADE, **delegation())

    assert (codes, without) == ([], ["ACCESS_TOKEN_NOT_FOUND"])
    assert (await sessions.authenticate(made["credential"])).is_delegated


@pytest.mark.clause("P4.4")
@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_a_subcontractors_token_dies_with_the_one_it_was_made_by(how: str) -> None:
    by = await comes_by(await carrier())
    made, _ = await act("accessTokenDelegate", by, MADE, **delegation())
    before = await opens(made["credential"])
    if how == "revoked":
        ended = key_of(by, f"partner {by.partner}")
        await act("accessTokenRevoke", by, "accessToken { revokedAt }", id=ended)
    else:
        await execute("UPDATE access_token SET expires_at = $2 WHERE id = $1", by.session, clock.now())

    assert (before, await opens(made["credential"])) == (True, False)


async def test_a_partner_ends_its_own_token_and_those_made_by_it_and_no_other(world: World) -> None:
    partner = await carrier()
    by, beside, foreign = await comes_by(partner), await comes_by(partner), await comes_by(await carrier())
    made, _ = await act("accessTokenDelegate", by, MADE, **delegation())
    audience = f"partner {partner.id}"

    beside_, foreign_ = [key_of(each, audience) for each in (beside, foreign)]
    codes = [(await act("accessTokenRevoke", by, "__typename", id=each))[1] for each in (beside_, foreign_, "nobody")]
    ended, _ = await act("accessTokenRevoke", by, "accessToken { revokedAt }", id=made["accessToken"]["id"])

    assert codes == [["ACCESS_TOKEN_NOT_FOUND"]] * 3
    assert ended["accessToken"]["revokedAt"] is not None
    assert not await opens(made["credential"])
    assert (await AccessToken.get(id=beside.session)).revoked_at is None


async def test_an_officer_ends_any_token_and_that_is_noted(world: World) -> None:
    by, owner = await officer(), await comes_by(await carrier())
    given = {"id": key_of(owner)}

    _, codes = await act("accessTokenRevoke", by, "accessToken { revokedAt }", **given)
    await act("accessTokenRevoke", by, "accessToken { revokedAt }", **given)
    _, refused = await act("accessTokenRevoke", await member(StaffRole.OPERATOR), "__typename", **given)

    assert (codes, refused) == ([], ["NOT_PRIVACY_OFFICER"])
    events = await AuditEvent.filter(actor_id=by.account)
    assert [event.action for event in events] == ["accessTokenRevoke"]


@pytest.mark.scope("AccessToken")
async def test_tokens_are_listed_for_officers_and_the_partner_that_uses_or_made_them(world: World) -> None:
    partner = await carrier()
    by, beside = await comes_by(partner), await comes_by(partner)
    made, _ = await act("accessTokenDelegate", by, MADE, **delegation())
    audience = f"partner {partner.id}"

    async def listed(as_: Viewer) -> list[str]:
        return [node["id"] for node in (await ask(LIST, as_=as_)).data["accessTokens"]["nodes"]]

    assert await listed(by) == [made["accessToken"]["id"], key_of(by, audience)]
    assert await listed(beside) == [key_of(beside, audience)]
    assert key_of(by) in await listed(await officer())
    for name in ("adult", "operator", "anonymous"):
        assert await listed(world.viewers[name]) == []


async def test_of_the_same_request_sent_at_once_one_makes_a_token(world: World) -> None:
    partner = await carrier()
    by, given = await comes_by(partner), delegation()

    answers = await asyncio.gather(*(act("accessTokenDelegate", by, MADE, **given) for _ in range(6)))

    assert len({made["accessToken"]["id"] for made, _ in answers}) == 1
    assert len([made for made, _ in answers if made["credential"] is not None]) == 1
    assert await AccessToken.filter(partner_id=partner.id).count() == 2
    other = {**given, "subcontractor": "Somebody Else"}
    document = "mutation ($input: AccessTokenDelegateInput!) { accessTokenDelegate(input: $input) { credential } }"
    conflict = await ask(document, as_=by, input=other)
    assert [error.original_error.code for error in conflict.errors] == ["IDEMPOTENCY_CONFLICT"]


async def test_every_viewer_is_told_in_what_capacity_they_ask(world: World):
    for name, viewer in world.viewers.items():
        answer = await ask("{ viewer { kind } }", as_=viewer)

        assert answer.errors == [], name
        assert answer.data["viewer"]["kind"] == viewer.kind.upper().replace(" ", "_"), name


@pytest.mark.parametrize("kind", PartnerType)
async def test_the_schema_has_a_word_for_every_kind_of_partner(kind: PartnerType):
    answer = await ask("{ viewer { kind } }", as_=Viewer(partner=new_id(), partner_type=kind))

    assert answer.data["viewer"]["kind"] == kind.name
