"""Signing in and out, and the sessions in which somebody is signed in."""

from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from permissions.fields import batch, classified, mutation, part
from permissions.may_see import Info
from policy.classes import DEVICE, SESSION
from policy.subjects import Subject
from policy.viewer import ANONYMOUS
from resolvers import carts, sessions
from resolvers.outcomes import Outcome
from resolvers.sessions import SignedIn
from schema.carts import Cart
from schema.enums import described
from schema.errors import UserError
from schema.relay import Node, node_id, shows
from schema.users import User

INPUT = strawberry.argument(name="input", description="What is wanted.")
ERRORS = "Why it was refused; empty if it was done."


class SessionDelivery(Enum):
    """How the key of a session gets to its holder."""

    COOKIE = "cookie"
    TOKEN = "token"  # noqa: S105


described(
    SessionDelivery,
    "How the key of a session gets to its holder.",
    {
        SessionDelivery.COOKIE: "As a cookie that scripts cannot read; for pages in a browser. `token` is null then.",
        SessionDelivery.TOKEN: "As `token`, to be sent as `Authorization: Bearer`; for apps and programs.",
    },
)
DELIVERY = "How the key of the session is to get to you."


@strawberry.type(description="Where somebody is signed in, with the least that lets them recognise it.")
class Session(Node):
    """Seen by its owner alone (P1.3b)."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("Session")

    id: strawberry.ID = node_id("Session")
    client_kind: str | None = classified(DEVICE, "What they signed in with: `web`, `app`, `mini-program` or `api`.")
    user_agent_family: str | None = classified(DEVICE, "The family of the browser or program, such as `Firefox`.")
    created_at: datetime | None = classified(SESSION, "When they signed in.")
    last_seen_at: datetime | None = classified(SESSION, "When it was last used, to the minute.")
    expires_at: datetime | None = classified(SESSION, "When it ends, however much it is used.")
    proven_until: datetime | None = classified(
        SESSION, "Until when this session may do what wants a proof by `stepUp`; null if nothing was proven in it."
    )
    is_current: bool = batch("Whether this operation came by it.", rows=sessions.currents_of)


def account_of(done: SignedIn | None) -> Any:
    """Read the account of a payload; null where nobody signed in."""
    return done and done.account


def session_of(done: SignedIn | None) -> Any:
    """Read the session of a payload; null where nobody signed in."""
    return done and done.session


def cart_of(done: SignedIn | None) -> Any:
    """Read the cart of a payload; null where none was merged."""
    return done and done.cart


def token_of(done: SignedIn | None) -> str | None:
    """Read the key of a payload; null where it is in a cookie, or nobody signed in."""
    return (done and done.credential) or None


TOKEN = "The key of the session, shown this once; null if it went into a cookie, or nothing was done."  # noqa: S105


CART_TOKEN = "The token of the cart that was filled before; what is in it is put into your own cart."  # noqa: S105
MERGED_CART = "Your cart with what `cartToken` held; null without one, or if `cartMerge` would say why it could not be."


@strawberry.input(description="By what to sign in.")
class LoginInput:
    """Input of `login`."""

    address: str = strawberry.field(description="The e-mail address, or the phone number with its country code.")
    password: str = strawberry.field(description="The password.")
    delivery: SessionDelivery = strawberry.field(default=SessionDelivery.TOKEN, description=DELIVERY)
    cart_token: str | None = strawberry.field(default=None, description=CART_TOKEN)


@strawberry.type(description="The account and its new session, or why nobody was signed in.")
class LoginPayload:
    """Payload of `login`."""

    account: User | None = part("Your account; null for staff.", columns=("object",), value=account_of)
    session: Session | None = part("The new session.", columns=("object",), value=session_of)
    token: str | None = part(TOKEN, columns=("object",), value=token_of)
    cart: Cart | None = part(MERGED_CART, columns=("object",), value=cart_of)
    user_errors: list[UserError] = part(ERRORS)


@strawberry.type(description="The id of the session that was ended, or why none was.")
class LogoutPayload:
    """Payload of `logout`."""

    ended_id: strawberry.ID | None = part("The id that the session had.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="Which session to end.")
class SessionEndInput:
    """Input of `sessionEnd`."""

    id: strawberry.ID = strawberry.field(description="The session's id.")


@strawberry.type(description="The id of the session that was ended, or why none was.")
class SessionEndPayload:
    """Payload of `sessionEnd`."""

    ended_id: strawberry.ID | None = part("The id that the session had.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.type(description="How many sessions were ended, or why none was.")
class SessionEndOthersPayload:
    """Payload of `sessionEndOthers`."""

    ended_count: int | None = part("How many other sessions there were.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="How the new key is to get to you.")
class SessionRotateInput:
    """Input of `sessionRotate`."""

    delivery: SessionDelivery = strawberry.field(default=SessionDelivery.TOKEN, description=DELIVERY)


@strawberry.type(description="The session with its new key, or why it keeps the old one.")
class SessionRotatePayload:
    """Payload of `sessionRotate`."""

    session: Session | None = part("The session; it keeps its id.", columns=("object",), value=session_of)
    token: str | None = part(TOKEN, columns=("object",), value=token_of)
    user_errors: list[UserError] = part(ERRORS)


async def entered(info: Info, outcome: Outcome, delivery: SessionDelivery, *, cart_token: str | None = None) -> Any:
    """
    Go on as whoever has just signed in, with what they put into a cart before, and hand over the key as they want it.

    The rest of the answer is decided for them, who were nobody in particular when the operation began.
    """
    done = outcome.object
    if not isinstance(done, SignedIn):
        return outcome
    info.context.viewer = done.viewer
    info.context.forget()
    if cart_token is not None:
        done = replace(done, cart=await carts.merged_at_login(done.viewer, cart_token))
    if delivery is SessionDelivery.TOKEN:
        return Outcome(done)
    info.context.session_cookie = done.credential
    # INVARIANT (one way): a key that is in a cookie is never in the answer too, where scripts could read it.
    return Outcome(replace(done, credential=""))


async def _login(info: Info, wanted: Annotated[LoginInput, INPUT]) -> Any:
    outcome = await sessions.login(
        wanted.address, wanted.password, country=info.context.asked_in.country, client=info.context.client
    )
    return await entered(info, outcome, wanted.delivery, cart_token=wanted.cart_token)


def _left(info: Info) -> None:
    # Whether it was ended here or before: what follows in the operation is asked by nobody in particular. A partner's
    # token is no session, and stays what it is.
    if info.context.viewer.account is not None:
        info.context.viewer = ANONYMOUS
        info.context.forget()


async def _logout(info: Info) -> Any:
    outcome = await sessions.logout(info.context.viewer)
    info.context.session_cookie = None
    _left(info)
    return outcome


async def _session_end(info: Info, wanted: Annotated[SessionEndInput, INPUT]) -> Any:
    viewer = info.context.viewer
    outcome = await sessions.session_end(viewer, wanted.id)
    if sessions.is_own(viewer, wanted.id):
        info.context.session_cookie = None
        _left(info)
    return outcome


async def _session_end_others(info: Info) -> Any:
    return await sessions.session_end_others(info.context.viewer)


async def _session_rotate(info: Info, wanted: Annotated[SessionRotateInput, INPUT]) -> Any:
    return await entered(info, await sessions.session_rotate(info.context.viewer), wanted.delivery)


@strawberry.type
class SessionMutations:
    """Mutations by which people sign in and out."""

    login: LoginPayload = mutation(
        "Sign in. That an address is unknown and that a password is wrong are one and the same answer.",
        resolver=_login,
    )
    logout: LogoutPayload = mutation(
        "End the session that this operation came by; what follows in the operation is asked by nobody.",
        resolver=_logout,
    )
    session_end: SessionEndPayload = mutation(
        "End one of your sessions; it opens nothing from this moment on, not even for what follows in the operation.",
        resolver=_session_end,
    )
    session_end_others: SessionEndOthersPayload = mutation(
        "End all of your sessions but the one that this operation came by.", resolver=_session_end_others
    )
    session_rotate: SessionRotatePayload = mutation(
        "Replace the key of your session. The old one works for ten more seconds; used after that, it has been "
        "copied: the session is ended and you are told.",
        resolver=_session_rotate,
    )
