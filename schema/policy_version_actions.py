"""What is done about versions of the privacy policy: accepting one, and for privacy officers making them."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from permissions.fields import mutation, part
from permissions.may_see import Info
from resolvers import policy_versions
from schema.errors import UserError
from schema.policy_versions import PrivacyPolicyVersion
from schema.sessions import ERRORS, INPUT
from schema.users import User


@strawberry.input(description="What you accept: the version of the privacy policy in force.")
class PolicyAcceptInput:
    """Input of `policyAccept`."""

    version: int = strawberry.field(description="The number of the version in force.")
    highlighted_terms: list[strawberry.ID] = strawberry.field(
        description="The ids of the highlighted terms that were shown; all of the version's."
    )
    ward_id: strawberry.ID | None = strawberry.field(
        default=None, description="The minor for whom you accept it as their guardian; left out, you yourself."
    )


@strawberry.type(description="The account that has accepted the version, or why it has not.")
class PolicyAcceptPayload:
    """Payload of `policyAccept`."""

    account: User | None = part("The account as it is now; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="A term that is to be highlighted.")
class HighlightedTermInput:
    """Part of `PolicyVersionDraftInput`."""

    id: strawberry.ID = strawberry.field(description="By which it is given back on acceptance; 1 to 64 characters.")
    title: str = strawberry.field(description="The term, in a sentence of 1 to 300 characters.")


@strawberry.input(description="A version of the privacy policy: its highlighted terms. What it says are the rules.")
class PolicyVersionDraftInput:
    """Input of `policyVersionDraft`."""

    highlighted_terms: list[HighlightedTermInput] = strawberry.field(
        description="What matters most to people, 1 to 30 terms."
    )


@strawberry.input(description="Which draft is announced, and its first day.")
class PolicyVersionAnnounceInput:
    """Input of `policyVersionAnnounce`."""

    version: int = strawberry.field(description="The number of the draft.")
    effective_at: datetime = strawberry.field(
        description="From when it holds: at least 7 days from now, and 30 if people have to be asked."
    )


@strawberry.input(description="Which draft is given up.")
class PolicyVersionWithdrawInput:
    """Input of `policyVersionWithdraw`."""

    version: int = strawberry.field(description="The number of the draft.")


@strawberry.type(description="The version of the privacy policy, or why nothing was done.")
class PolicyVersionPayload:
    """Payload of the mutations on versions."""

    policy_version: PrivacyPolicyVersion | None = part(
        "The version as it is now; null if nothing was done.", columns=("object",)
    )
    user_errors: list[UserError] = part(ERRORS)


async def _accept(info: Info, wanted: Annotated[PolicyAcceptInput, INPUT]) -> Any:
    return await policy_versions.policy_accept(
        info.context.viewer, wanted.version, wanted.highlighted_terms, wanted.ward_id, info.context.client
    )


async def _draft(info: Info, wanted: Annotated[PolicyVersionDraftInput, INPUT]) -> Any:
    terms = [(term.id, term.title) for term in wanted.highlighted_terms]
    return await policy_versions.policy_version_draft(info.context.viewer, terms)


async def _announce(info: Info, wanted: Annotated[PolicyVersionAnnounceInput, INPUT]) -> Any:
    return await policy_versions.policy_version_announce(info.context.viewer, wanted.version, wanted.effective_at)


async def _withdraw(info: Info, wanted: Annotated[PolicyVersionWithdrawInput, INPUT]) -> Any:
    return await policy_versions.policy_version_withdraw(info.context.viewer, wanted.version)


@strawberry.type
class PolicyVersionMutations:
    """Mutations on versions of the privacy policy."""

    policy_accept: PolicyAcceptPayload = mutation(
        "Accept the version of the privacy policy in force, also for a minor whose guardian you are. Needed where it "
        "uses more than the one that was accepted before; what it adds is closed until then, and nothing else.",
        resolver=_accept,
    )
    policy_version_draft: PolicyVersionPayload = mutation(
        "Draft a version of the privacy policy from the rules as they are; for privacy officers who have just proven "
        "who they are.",
        resolver=_draft,
    )
    policy_version_announce: PolicyVersionPayload = mutation(
        "Announce a draft of another privacy officer, and have everybody told; for privacy officers who have just "
        "proven who they are.",
        resolver=_announce,
    )
    policy_version_withdraw: PolicyVersionPayload = mutation(
        "Give up a draft; for privacy officers.", resolver=_withdraw
    )
