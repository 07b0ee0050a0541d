"""Registration, the password, and the policy that is accepted with an account."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from permissions.fields import mutation, part
from permissions.may_see import Info
from resolvers import accounts
from resolvers.accounts import Wanted
from schema.carts import Cart
from schema.enums import described
from schema.errors import UserError
from schema.sessions import (
    CART_TOKEN,
    DELIVERY,
    ERRORS,
    INPUT,
    MERGED_CART,
    TOKEN,
    Session,
    SessionDelivery,
    account_of,
    cart_of,
    entered,
    session_of,
    token_of,
)
from schema.users import User


class Language(Enum):
    """A language that messages are written in."""

    EN = "en"
    ZH = "zh"


described(Language, "A language that messages are written in.", {Language.EN: "English.", Language.ZH: "Chinese."})


@strawberry.input(one_of=True, description="By what you sign in and are reached: exactly one of these.")
class ContactInput:
    """How an account is reached."""

    email: str | None = strawberry.field(default=strawberry.UNSET, description="An e-mail address.")
    phone: str | None = strawberry.field(
        default=strawberry.UNSET, description="A phone number with its country code, such as `+86 138 0013 8000`."
    )


@strawberry.input(description="What you agree to: the privacy policy in force, see `privacyPolicy`.")
class PolicyAcceptanceInput:
    """Acceptance of a version of the policy (P0.3)."""

    version: int = strawberry.field(description="The number of the version in force.")
    highlighted_terms: list[strawberry.ID] = strawberry.field(
        description="The ids of the highlighted terms that were shown; all of the version's."
    )


@strawberry.input(description="All that an account needs, and nothing more.")
class AccountRegisterInput:
    """Input of `accountRegister` (P1.1)."""

    contact: ContactInput = strawberry.field(description="By what you sign in and are reached.")
    password: str = strawberry.field(description="At least 10 characters that nobody could guess.")
    birth_date: date = strawberry.field(description="The day of your birth.")
    region: str = strawberry.field(description="The country where you live, by its two letters (ISO 3166-1).")
    acceptance: PolicyAcceptanceInput = strawberry.field(description="That you accept the privacy policy.")
    language: Language | None = strawberry.field(
        default=None, description="The language of messages to you; left out, that of `@inContext`, or English."
    )


@strawberry.type(description="A registration that waits for the code that was sent.")
class Registration:
    """Seen by whoever has just made it; it says nothing of whether the address has an account."""

    id: strawberry.ID = part("Give it to `accountConfirm` together with the code.")
    expires_at: datetime = part("Until when the code is valid.")


@strawberry.type(description="The registration, or why it was refused.")
class AccountRegisterPayload:
    """Payload of `accountRegister`."""

    registration: Registration | None = part("The registration; null if it was refused.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="The code that completes a registration.")
class AccountConfirmInput:
    """Input of `accountConfirm`."""

    registration_id: strawberry.ID = strawberry.field(description="From `accountRegister`.")
    code: str = strawberry.field(description="What was sent to the address: eight digits.")
    delivery: SessionDelivery = strawberry.field(default=SessionDelivery.TOKEN, description=DELIVERY)
    cart_token: str | None = strawberry.field(default=None, description=CART_TOKEN)


@strawberry.type(description="The new account and its first session, or why there is none.")
class AccountConfirmPayload:
    """Payload of `accountConfirm`."""

    account: User | None = part("Your account.", columns=("object",), value=account_of)
    session: Session | None = part("Your first session.", columns=("object",), value=session_of)
    token: str | None = part(TOKEN, columns=("object",), value=token_of)
    cart: Cart | None = part(MERGED_CART, columns=("object",), value=cart_of)
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="The present password and the new one.")
class PasswordChangeInput:
    """Input of `passwordChange`."""

    current_password: str = strawberry.field(description="The present password.")
    new_password: str = strawberry.field(description="At least 10 characters that nobody could guess.")


@strawberry.type(description="What the change ended, or why the password stays as it is.")
class PasswordChangePayload:
    """Payload of `passwordChange`."""

    ended_sessions: int | None = part(
        "How many other sessions were ended; null if nothing was done.", columns=("object",)
    )
    user_errors: list[UserError] = part(ERRORS)


def language_of(given: Language | None, info: Info) -> str:
    """Tell in which language somebody is written to: what they said, or in what context they ask."""
    return given.value if given is not None else info.context.asked_in.language or Language.EN.value


async def _account_register(info: Info, wanted: Annotated[AccountRegisterInput, INPUT]) -> Any:
    contact = wanted.contact
    return await accounts.account_register(
        Wanted(
            email=contact.email or None,
            phone=contact.phone or None,
            country=info.context.asked_in.country,
            password=wanted.password,
            birth_date=wanted.birth_date,
            region=wanted.region,
            language=language_of(wanted.language, info),
            version=wanted.acceptance.version,
            highlighted_terms=tuple(wanted.acceptance.highlighted_terms),
        ),
        client=info.context.client,
    )


async def _account_confirm(info: Info, wanted: Annotated[AccountConfirmInput, INPUT]) -> Any:
    outcome = await accounts.account_confirm(wanted.registration_id, wanted.code, client=info.context.client)
    return await entered(info, outcome, wanted.delivery, cart_token=wanted.cart_token)


async def _password_change(info: Info, wanted: Annotated[PasswordChangeInput, INPUT]) -> Any:
    return await accounts.password_change(info.context.viewer, current=wanted.current_password, new=wanted.new_password)


@strawberry.type
class AccountMutations:
    """Mutations from registration to a new password."""

    account_register: AccountRegisterPayload = mutation(
        "Ask for an account: a code is sent to the address. The answer is the same whether or not it has one already.",
        resolver=_account_register,
    )
    account_confirm: AccountConfirmPayload = mutation(
        "Open the account with the code that was sent, and sign in. See `account.state` for whether it may be used.",
        resolver=_account_confirm,
    )
    password_change: PasswordChangePayload = mutation(
        "Change your password. All your other sessions are ended, and you are told by a message.",
        resolver=_password_change,
    )
