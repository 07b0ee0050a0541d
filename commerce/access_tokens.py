"""Makes and ends the tokens of partners, and those that partners make for subcontractors of theirs (P4.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from commerce import audit, step_up, texts
from commerce.credentials import CredentialKind, fingerprint, mint
from commerce.idempotency import Answer, fingerprint_of, once
from commerce.legal_grounds import require_officer
from commerce.partners import PartnerNotFound
from commerce.refusals import Refusal
from models import clock
from models.access_tokens import AccessToken
from models.database import execute, retrying, transaction
from models.ids import new_id
from models.partners import Partner, agreed_purposes
from policy.enforcement import keeps
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.viewer import Viewer

LONGEST_LIFE = timedelta(days=365)
LONGEST_NAME = 120

ACCESS_TOKENS_WRITE = "access_tokens:write"
_ORDERS = frozenset({"orders:read"})
SCOPES: Mapping[PartnerType, frozenset[str]] = {
    PartnerType.SUPPLIER: _ORDERS | {"fulfillment_orders:read", "fulfillment_orders:write", ACCESS_TOKENS_WRITE},
    PartnerType.LOGISTICS: _ORDERS | {"shipments:write", ACCESS_TOKENS_WRITE},
    PartnerType.PAYMENT: frozenset({"payments:read", ACCESS_TOKENS_WRITE}),
    PartnerType.RISK_CONTROL: _ORDERS | {"users:read", ACCESS_TOKENS_WRITE},
    PartnerType.IDENTITY_VERIFICATION: frozenset({"identity_checks:read", ACCESS_TOKENS_WRITE}),
    PartnerType.AFFILIATE: _ORDERS | {"users:read", ACCESS_TOKENS_WRITE},
    PartnerType.AFFILIATE_PROVIDER: _ORDERS | {"users:read", ACCESS_TOKENS_WRITE},
}
"""What tokens of each kind of partner may be used for; none of it implies sight of anybody."""


class AccessTokenNotFound(Refusal):
    """There is no such token, or none that this viewer may know of."""

    code = "ACCESS_TOKEN_NOT_FOUND"

    def __init__(self, field: str = "id") -> None:
        super().__init__("There is no such token; take an id from `accessTokens`.", field=(field,))


class AccessTokenNotValid(Refusal):
    """
    No token can be made like that.

    Args:
        remedy: What to give instead.
    """

    code = "ACCESS_TOKEN_NOT_VALID"

    def __init__(self, field: str, remedy: str) -> None:
        super().__init__(remedy, field=(field,))


class DelegationNotAllowed(Refusal):
    """A token that was made for a subcontractor makes no further ones, and neither does one that has ended."""

    code = "DELEGATION_NOT_ALLOWED"

    def __init__(self) -> None:
        super().__init__(
            "Use a token that the platform made for your company, that has not ended, and that has the scope "
            f"`{ACCESS_TOKENS_WRITE}`, while your agreement and review are in force.",
            field=("parentId",),
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    What a token is to be for.

    Args:
        expires_at: When it ends.
        key: The idempotency key.
    """

    scopes: frozenset[str]
    purposes: frozenset[Purpose]
    expires_at: datetime
    key: str


@dataclass(frozen=True, slots=True)
class Issued:
    """
    A token that was made.

    Args:
        credential: What opens it: shown once, so None where a request is repeated.
    """

    id: UUID
    credential: str | None = field(repr=False)


async def create(partner_id: UUID | None, wanted: Wanted, *, by: Viewer) -> Issued:
    """
    Make a token for a partner: for no more than its kind may do and its agreement says.

    Raises:
        NotPrivacyOfficer, StepUpRequired: The viewer may not.
        PartnerNotFound, AccessTokenNotValid: It cannot be made like that.
        IdempotencyConflict, BadIdempotencyKey: See `commerce.idempotency`.
    """
    officer = require_officer(by)
    await step_up.require(by=by)
    partner = await Partner.get_or_none(id=partner_id) if partner_id is not None else None
    if partner is None:
        raise PartnerNotFound("partnerId")
    require_granted(wanted.scopes, SCOPES[PartnerType[partner.kind]], field="scopes", by="partners of this kind")
    names = frozenset(purpose.name for purpose in wanted.purposes)
    granted = await agreed_purposes(partner.id)
    require_granted(names, granted, field="purposes", by="an agreement in force")
    _require_end(wanted.expires_at, clock.now() + LONGEST_LIFE)
    made = AccessToken(id=new_id(), partner_id=partner.id)
    return await _issue(made, wanted, actor=officer, action="accessTokenCreate", by=by)


async def delegate(parent_id: UUID | None, subcontractor: str, wanted: Wanted, *, by: Viewer) -> Issued:
    """
    Make a token for a partner's subcontractor: never for more than the token it is made by, and it ends with that one.

    The rows and fields of a child are closed to it, whoever consents (P4.4).

    Args:
        parent_id: By which token; None for an id that names none.
        subcontractor: What that company is called; a company, and no person.
        wanted: What it is to be for.
        by: The partner's token, or a privacy officer.

    Raises:
        NotPrivacyOfficer, StepUpRequired: The viewer is neither, or has not proven who they are.
        AccessTokenNotFound, DelegationNotAllowed, AccessTokenNotValid, TextNotValid: It cannot be made like that.
        IdempotencyConflict, BadIdempotencyKey: See `commerce.idempotency`.
    """
    if not by.is_partner:
        require_officer(by)
        await step_up.require(by=by)
    called = texts.line(subcontractor, field="subcontractor", longest=LONGEST_NAME)
    seen = await AccessToken.visible_to(by).where(id=parent_id).one() if parent_id is not None else None
    if seen is None:
        raise AccessTokenNotFound("parentId")
    parent = seen.row
    if by.is_partner and not by.is_in_standing:
        raise DelegationNotAllowed
    require_root(parent)
    require_granted(
        wanted.scopes, frozenset(parent.scopes) - {ACCESS_TOKENS_WRITE}, field="scopes", by="the token it is made by"
    )
    names = frozenset(purpose.name for purpose in wanted.purposes)
    require_granted(names, frozenset(parent.purposes), field="purposes", by="the token it is made by")
    _require_end(wanted.expires_at, parent.expires_at)
    made = AccessToken(id=new_id(), partner_id=parent.partner_id, parent_id=parent.id, subcontractor=called)
    actor = by.account or parent.id
    return await _issue(made, wanted, actor=actor, action="accessTokenDelegate", by=by)


async def revoke(token_id: UUID | None, *, by: Viewer) -> UUID:
    """
    End a token, and with it those made by it: the next request of any of them is refused, on every worker.

    A privacy officer ends any; a partner the one that it came by, and those that it made by it.

    Raises:
        NotPrivacyOfficer, AccessTokenNotFound: The viewer may not, or there is none.
    """
    if not by.is_partner:
        require_officer(by)
    seen = await AccessToken.visible_to(by).where(id=token_id).one() if token_id is not None else None
    if seen is None:
        raise AccessTokenNotFound
    token, instant = seen.row, clock.now()

    async def write() -> None:
        async with transaction():
            ended = await execute(
                "UPDATE access_token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", token.id, instant
            )
            if ended and by.staff is not None:
                changes = {"revoked_at": (None, instant)}
                await audit.record("accessTokenRevoke", AccessToken, token.id, changes, by=by)

    await retrying(write)
    return token.id


@keeps("P4.4", otherwise=None)
def require_root(parent: AccessToken) -> None:
    """
    Refuse that a subcontractor passes its work on, and that anything is made by what has ended (P4.4).

    Raises:
        DelegationNotAllowed: The token may not make another one.
    """
    has_ended = parent.revoked_at is not None or parent.expires_at <= clock.now()
    if parent.parent_id is not None or has_ended or ACCESS_TOKENS_WRITE not in parent.scopes:
        raise DelegationNotAllowed


@keeps("P4.4", otherwise=None)
def require_granted(wanted: frozenset[str], granted: frozenset[str], *, field: str, by: str) -> None:
    """
    Refuse what whoever grants it does not have themselves (P4.4).

    Args:
        wanted: Names of scopes or purposes.
        granted: What there is to be granted.
        field: What the client calls it.
        by: By whom or what it is granted, for the message.

    Raises:
        AccessTokenNotValid: It is nothing, or more than that.
    """
    if not wanted or not wanted <= granted:
        listed = ", ".join(f"`{name}`" for name in sorted(granted)) or "nothing"
        raise AccessTokenNotValid(field, f"Give at least one, and no more than is granted by {by}: {listed}.")


def _require_end(expires_at: datetime, latest: datetime) -> None:
    if expires_at.tzinfo is None:
        raise AccessTokenNotValid("expiresAt", "Give an instant with its offset, such as `2027-01-31T12:00:00Z`.")
    if not clock.now() < expires_at <= latest:
        raise AccessTokenNotValid("expiresAt", f"It ends later than now, and by {latest.isoformat()} at the latest.")


async def _issue(made: AccessToken, wanted: Wanted, *, actor: UUID, action: str, by: Viewer) -> Issued:
    credential = mint(CredentialKind.TOKEN)
    scopes, purposes = sorted(wanted.scopes), sorted(purpose.name for purpose in wanted.purposes)

    async def write() -> Answer:
        await AccessToken.create(
            id=made.id,
            token_hash=fingerprint(credential),
            partner_id=made.partner_id,
            parent_id=made.parent_id,
            subcontractor=made.subcontractor,
            scopes=scopes,
            purposes=purposes,
            created_at=clock.now(),
            expires_at=wanted.expires_at,
        )
        if by.staff is not None:
            changes = {
                "partner_id": (None, made.partner_id),
                "parent_id": (None, made.parent_id),
                "scopes": (None, scopes),
                "purposes": (None, purposes),
                "expires_at": (None, wanted.expires_at),
            }
            await audit.record(action, AccessToken, made.id, changes, by=by)
        return {"token": made.id}

    given = [made.partner_id, made.parent_id, made.subcontractor, scopes, purposes, wanted.expires_at.isoformat()]
    answer = await once(actor, wanted.key, fingerprint_of(action, given), write)
    token = UUID(str(answer["token"]))
    # INVARIANT (shown once): the answer that is kept holds no credential, so a repetition has none to give.
    return Issued(token, credential if token == made.id else None)
