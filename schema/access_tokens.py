"""Tokens of partners: what each may be used for, and the actions on them."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from permissions.fields import After, Before, First, Last, mutation, part, public, root, to_one
from permissions.may_see import Info
from permissions.scopes import ACCESS_TOKENS_WRITE, needs
from policy.purposes import Purpose
from resolvers import access_tokens, partners
from resolvers.access_tokens import GivenToken, Minted
from schema.errors import UserError
from schema.partners import Partner
from schema.relay import Connection, Node, node_id, shows
from schema.sessions import ERRORS, INPUT

_KEY = "Chosen by you for this action, such as a random UUID. Sent again with the same input, it is done once."
_SCOPES = "What it may be used for, such as `orders:read`; no scope implies sight of personal data."
_PURPOSES = "For what it may ask for personal data; `@purpose` narrows an operation to one of them."


def _needed(description: str) -> Any:
    return strawberry.field(description=description)


def _names(names: list[str]) -> list[Purpose]:
    return sorted((Purpose[name] for name in names), key=lambda purpose: purpose.bit)


@strawberry.type(description="A token of a partner; what opens it was shown once, to whoever made it.")
class AccessToken(Node):
    """Who knows of a token is `models.access_tokens.AccessToken.visible_to`."""

    is_type_of = shows("AccessToken")

    id: strawberry.ID = node_id("AccessToken")
    partner: Partner | None = to_one("Whose it is.", by="partner_id", rows=partners.partners_of)
    scopes: list[str] = public(_SCOPES, columns=("scopes",), value=list, at_most=20)
    purposes: list[Purpose] = public(_PURPOSES, columns=("purposes",), value=_names, at_most=len(Purpose))
    subcontractor: str | None = public(
        "The company that the partner made it for, which is never shown a child; null if it is the partner's own."
    )
    created_at: datetime = public("When it was made.")
    expires_at: datetime = public("When it ends.")
    revoked_at: datetime | None = public("When it was ended before its time; null if it was not.")
    last_used_at: datetime | None = public("When it was last used, to the minute; null if it never was.")


@strawberry.input(description="The token to make for a partner.")
class AccessTokenCreateInput:
    """Input of `accessTokenCreate`."""

    partner_id: strawberry.ID = _needed("For whom.")
    scopes: list[str] = _needed("What it may be used for; no more than partners of its type may.")
    purposes: list[Purpose] = _needed("For what it may ask; no more than the partner's agreement says.")
    expires_at: datetime = _needed("When it ends, within a year.")
    idempotency_key: str = _needed(_KEY)


@strawberry.input(description="The token to make for a subcontractor.")
class AccessTokenDelegateInput:
    """Input of `accessTokenDelegate`."""

    parent_id: strawberry.ID | None = strawberry.field(
        default=None, description="By which token it is made, and with which it ends; left out, the one that you use."
    )
    subcontractor: str = _needed("The company that it is for, 1 to 120 characters; never the name of a person.")
    scopes: list[str] = _needed("What it may be used for; no more than the token that it is made by.")
    purposes: list[Purpose] = _needed("For what it may ask; no more than the token that it is made by.")
    expires_at: datetime = _needed("When it ends: with the token that it is made by at the latest.")
    idempotency_key: str = _needed(_KEY)


@strawberry.input(description="Which token to end.")
class AccessTokenRevokeInput:
    """Input of `accessTokenRevoke`."""

    id: strawberry.ID = _needed("The token's id.")


def _token(minted: Minted | None) -> Any:
    return minted and minted.token


def _credential(minted: Minted | None) -> str | None:
    return minted.credential if minted is not None else None


@strawberry.type(description="The token with what opens it, or why there is none.")
class AccessTokenMintedPayload:
    """Payload of `accessTokenCreate` and `accessTokenDelegate`."""

    access_token: AccessToken | None = part("The token; null if nothing was done.", columns=("object",), value=_token)
    credential: str | None = part(
        "What opens it, to be sent as `Authorization: Bearer`. It is shown this once: null if the request was sent "
        "before.",
        columns=("object",),
        value=_credential,
    )
    user_errors: list[UserError] = part(ERRORS)


@strawberry.type(description="The token that was ended, or why none was.")
class AccessTokenRevokePayload:
    """Payload of `accessTokenRevoke`."""

    access_token: AccessToken | None = part("The token as it is now; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


async def _access_tokens(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    return await access_tokens.tokens_visible_to(
        info.context.viewer, first=first, after=after, last=last, before=before
    )


def _given(wanted: AccessTokenCreateInput | AccessTokenDelegateInput) -> GivenToken:
    return GivenToken(
        scopes=wanted.scopes, purposes=wanted.purposes, expires_at=wanted.expires_at, key=wanted.idempotency_key
    )


async def _create(info: Info, wanted: Annotated[AccessTokenCreateInput, INPUT]) -> Any:
    return await access_tokens.create(info.context.viewer, wanted.partner_id, _given(wanted))


async def _delegate(info: Info, wanted: Annotated[AccessTokenDelegateInput, INPUT]) -> Any:
    return await access_tokens.delegate(info.context.viewer, wanted.parent_id, wanted.subcontractor, _given(wanted))


async def _revoke(info: Info, wanted: Annotated[AccessTokenRevokeInput, INPUT]) -> Any:
    return await access_tokens.revoke(info.context.viewer, wanted.id)


@strawberry.type
class AccessTokenQueries:
    """Reads of tokens."""

    access_tokens: Connection[AccessToken] = root(
        "The tokens that you may know of, the newest first: all for privacy officers; for a partner the one that it "
        "uses and those that it made by it.",
        resolver=_access_tokens,
    )


@strawberry.type
class AccessTokenMutations:
    """Mutations on tokens, for privacy officers and partners."""

    access_token_create: AccessTokenMintedPayload = mutation(
        "Make a token for a partner; for privacy officers who have just proven who they are.", resolver=_create
    )
    access_token_delegate: AccessTokenMintedPayload = mutation(
        "Make a token for a subcontractor of a partner: never for more than the one that it is made by, never shown a "
        "child, and ended with that one. For the partner's own token, and for privacy officers.",
        resolver=_delegate,
        extensions=[needs(ACCESS_TOKENS_WRITE)],
    )
    access_token_revoke: AccessTokenRevokePayload = mutation(
        "End a token and those made by it, at once. For privacy officers, and for the token itself or the one that it "
        "was made by.",
        resolver=_revoke,
    )
