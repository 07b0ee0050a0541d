"""What guardians do about the purchases of their wards."""

from typing import Annotated, Any

import strawberry

from permissions.fields import mutation, part
from permissions.may_see import Info
from resolvers import purchase_approvals
from schema.checkout import MoneyInput
from schema.errors import UserError
from schema.purchase_approvals import PurchaseApproval
from schema.sessions import ERRORS, INPUT
from schema.users import User

_APPROVAL = "What became of it; null if nothing was done."


@strawberry.input(description="The limit of a ward.")
class GuardianPurchaseLimitSetInput:
    """Input of `guardianPurchaseLimitSet`."""

    ward_id: strawberry.ID = strawberry.field(description="The ward's id.")
    limit: MoneyInput | None = strawberry.field(
        default=None,
        description="The total above which each order needs your approval, as does every order in another currency; "
        "null or left out, none does.",
    )


@strawberry.type(description="The ward, or why nothing was changed.")
class GuardianPurchaseLimitSetPayload:
    """Payload of `guardianPurchaseLimitSet`."""

    ward: User | None = part("The ward as they are now; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="Which purchase to approve.")
class GuardianPurchaseApproveInput:
    """Input of `guardianPurchaseApprove`."""

    id: strawberry.ID = strawberry.field(description="The id of the purchase approval.")


@strawberry.type(description="The approved purchase, or why it was not approved.")
class GuardianPurchaseApprovePayload:
    """Payload of `guardianPurchaseApprove`."""

    approval: PurchaseApproval | None = part(_APPROVAL, columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


@strawberry.input(description="Which purchase to refuse.")
class GuardianPurchaseRefuseInput:
    """Input of `guardianPurchaseRefuse`."""

    id: strawberry.ID = strawberry.field(description="The id of the purchase approval.")


@strawberry.type(description="The refused purchase, or why it was not refused.")
class GuardianPurchaseRefusePayload:
    """Payload of `guardianPurchaseRefuse`."""

    approval: PurchaseApproval | None = part(_APPROVAL, columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


async def _set_limit(info: Info, wanted: Annotated[GuardianPurchaseLimitSetInput, INPUT]) -> Any:
    limit = None if wanted.limit is None else (wanted.limit.amount, wanted.limit.currency_code.name)
    return await purchase_approvals.limit_set(info.context.viewer, wanted.ward_id, limit)


async def _approve(info: Info, wanted: Annotated[GuardianPurchaseApproveInput, INPUT]) -> Any:
    return await purchase_approvals.decide(info.context.viewer, wanted.id, is_approved=True)


async def _refuse(info: Info, wanted: Annotated[GuardianPurchaseRefuseInput, INPUT]) -> Any:
    return await purchase_approvals.decide(info.context.viewer, wanted.id, is_approved=False)


@strawberry.type
class PurchaseApprovalMutations:
    """Mutations of guardians about what their wards buy."""

    guardian_purchase_limit_set: GuardianPurchaseLimitSetPayload = mutation(
        "Set the total above which each order of your ward needs your approval.", resolver=_set_limit
    )
    guardian_purchase_approve: GuardianPurchaseApprovePayload = mutation(
        "Approve a purchase of your ward. It is ordered when they send the checkout again, within three days.",
        resolver=_approve,
    )
    guardian_purchase_refuse: GuardianPurchaseRefusePayload = mutation(
        "Refuse a purchase of your ward; nothing is ordered.", resolver=_refuse
    )
