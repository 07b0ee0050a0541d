"""What people without an account do about what was given of them, and partners after it."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from permissions.fields import mutation, part
from permissions.may_see import Info
from permissions.scopes import FULFILLMENT_ORDERS_READ, FULFILLMENT_ORDERS_WRITE, needs
from resolvers import objections, third_parties
from resolvers.outcomes import Outcome
from resolvers.third_parties import Entered
from schema.accounts import ContactInput, Language, language_of
from schema.errors import UserError
from schema.sessions import ERRORS, INPUT
from schema.third_parties import ObjectionNotice, ThirdParty


@strawberry.input(description="By what you are reached.")
class ThirdPartyChallengeInput:
    """Input of `thirdPartyChallenge`."""

    contact: ContactInput = strawberry.field(description="The phone or e-mail address that is yours.")
    language: Language | None = strawberry.field(
        default=None, description="The language of the message; left out, that of `@inContext`, or English."
    )


@strawberry.type(description="A code that is on its way.")
class ThirdPartyChallenge:
    """It says nothing of whether anything is held of the address."""

    id: strawberry.ID = part("Give it to `thirdPartyProve` together with the code.")
    expires_at: datetime = part("Until when the code is valid.")


@strawberry.type(description="The code that is on its way, or why none was sent.")
class ThirdPartyChallengePayload:
    """Payload of `thirdPartyChallenge`."""

    challenge: ThirdPartyChallenge | None = part("Null if nothing was sent.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="The code that you were sent.")
class ThirdPartyProveInput:
    """Input of `thirdPartyProve`."""

    challenge_id: strawberry.ID = strawberry.field(description="From `thirdPartyChallenge`.")
    code: str = strawberry.field(description="What was sent to you: eight digits.")


def _proof(done: Entered | None) -> Any:
    return done and done.proof


def _credential(done: Entered | None) -> str | None:
    return done and done.credential


@strawberry.type(description="What is held of you, with the key to it, or why nothing was proven.")
class ThirdPartyProvePayload:
    """Payload of `thirdPartyProve`."""

    third_party: ThirdParty | None = part("You, and what is held of you.", columns=("object",), value=_proof)
    token: str | None = part(
        "The key, shown this once, to be sent as `Authorization: Bearer`; it opens nothing else, and for half an hour.",
        columns=("object",),
        value=_credential,
    )
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="What you object to.")
class ThirdPartyObjectInput:
    """Input of `thirdPartyObject`."""

    record_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Ids of `thirdParty.records`, at most 250. Without either list, all that is held."
    )
    contact_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Ids of `thirdParty.enterpriseContacts`, at most 250."
    )


@strawberry.type(description="What came of your objection.")
class Objection:
    """Counts; which orders and companies they are of is not told, as they are somebody else's."""

    recorded_at: datetime = part("When it was recorded; from then on it holds.")
    erased: int = part("In how many orders and companies all that was given of you is gone now.")
    cancelled: int = part("How many of these had not left, and were cancelled for it.")
    waiting: int = part(
        "Of how many it goes when their parcel has come, or is taken for lost; at the latest after 30 days."
    )


@strawberry.type(description="What came of your objection, or why it was not recorded.")
class ThirdPartyObjectPayload:
    """Payload of `thirdPartyObject`."""

    objection: Objection | None = part("Null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="Which notice you have acted on.")
class ObjectionNoticeAcknowledgeInput:
    """Input of `objectionNoticeAcknowledge`."""

    id: strawberry.ID = strawberry.field(description="The notice's id.")


@strawberry.type(description="The notice, acknowledged, or why it was not.")
class ObjectionNoticeAcknowledgePayload:
    """Payload of `objectionNoticeAcknowledge`."""

    notice: ObjectionNotice | None = part("As it is now; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


async def _challenge(info: Info, wanted: Annotated[ThirdPartyChallengeInput, INPUT]) -> Any:
    return await third_parties.third_party_challenge(
        email=wanted.contact.email or None,
        phone=wanted.contact.phone or None,
        country=info.context.asked_in.country,
        language=language_of(wanted.language, info),
        client=info.context.client,
    )


async def _prove(info: Info, wanted: Annotated[ThirdPartyProveInput, INPUT]) -> Any:
    outcome: Outcome = await third_parties.third_party_prove(
        wanted.challenge_id, wanted.code, client=info.context.client
    )
    if isinstance(outcome.object, Entered):
        # What follows in the operation is asked by whoever has the proof, and by nobody else.
        info.context.viewer = outcome.object.viewer
        info.context.forget()
    return outcome


async def _object(info: Info, wanted: Annotated[ThirdPartyObjectInput, INPUT]) -> Any:
    return await third_parties.third_party_object(info.context.viewer, wanted.record_ids, wanted.contact_ids)


async def _acknowledge(info: Info, wanted: Annotated[ObjectionNoticeAcknowledgeInput, INPUT]) -> Any:
    return await objections.objection_notice_acknowledge(info.context.viewer, wanted.id)


@strawberry.type
class ThirdPartyMutations:
    """Mutations of people without an account, and of partners that were shown them."""

    third_party_challenge: ThirdPartyChallengePayload = mutation(
        "Have a code sent to a phone or e-mail address, to prove that it is yours. The answer and the message are the "
        "same whether or not anything is held of it.",
        resolver=_challenge,
    )
    third_party_prove: ThirdPartyProvePayload = mutation(
        "Prove with the code that the address is yours, and see what was given of you.", resolver=_prove
    )
    third_party_object: ThirdPartyObjectPayload = mutation(
        "Object to the use of what was given of you: it is erased, an order that has not left is cancelled, and one "
        "that is on its way to you is finished first. Whoever gave it is told, and so is whoever was shown it.",
        resolver=_object,
    )
    objection_notice_acknowledge: ObjectionNoticeAcknowledgePayload = mutation(
        "Say that you have deleted what you had of somebody who objected; for the partner that was told.",
        resolver=_acknowledge,
        extensions=[needs(FULFILLMENT_ORDERS_WRITE), needs(FULFILLMENT_ORDERS_READ)],
    )
