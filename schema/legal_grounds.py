"""Legal grounds: by which somebody is shown data of a person whom nobody asked."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from models.legal_grounds import GroundState
from permissions.fields import After, Before, First, Last, classified, connection, root, to_one
from permissions.may_see import Info
from policy.classes import CLASSES, CREDENTIAL, LEGAL_CASE
from policy.legal_grounds import LAWS, GroundKind
from policy.subjects import Subject
from policy.viewer import StaffRole
from resolvers import legal_grounds, users
from schema.enums import described
from schema.relay import Connection, Node, node_id, shows

if TYPE_CHECKING:
    from schema.users import User

described(
    GroundKind,
    "The ten situations in which the law lets personal data be used though nobody was asked.",
    {kind: law.says for kind, law in LAWS.items()},
)
described(
    GroundState,
    "How far a legal ground has come.",
    {
        GroundState.PENDING: "It waits for a second privacy officer, and opens nothing.",
        GroundState.APPROVED: "Two officers have looked at it; it holds between its two instants.",
        GroundState.REJECTED: "It was turned down or taken back, and never opened anything.",
        GroundState.REVOKED: "It was ended before its time.",
    },
)
if TYPE_CHECKING:

    class PersonalDataClass(Enum):
        """One member for each class of the policy."""
else:
    PersonalDataClass = Enum("PersonalDataClass", {each.name: each.name for each in CLASSES if each is not CREDENTIAL})
described(
    PersonalDataClass,
    "A kind of personal data, as `@personal(class:)` names it; credentials are shown to nobody.",
    {
        PersonalDataClass[each.name]: f"{each.category.value[0].upper()}{each.category.value[1:]}: `{each.taxonomy}`."
        for each in CLASSES
        if each is not CREDENTIAL
    },
)


def _classes(names: list[str]) -> list[Any]:
    return [PersonalDataClass[name] for name in names]


@strawberry.type(description="That somebody was shown data by a legal ground, and would not have been without it.")
class LegalGroundUse(Node):
    """It is written before the answer leaves, and never changed."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("LegalGroundUse")

    id: strawberry.ID = node_id("LegalGroundUse")
    viewer: strawberry.ID | None = classified(
        LEGAL_CASE, "Who was shown it: the same for all uses by them, and without a name.", rows=legal_grounds.users_of
    )
    classes: list[PersonalDataClass] | None = classified(LEGAL_CASE, "What they were shown.", value=_classes)
    operation: str | None = classified(LEGAL_CASE, "The name of the operation, as its document gives it.")
    used_at: datetime | None = classified(LEGAL_CASE, "When.")


@strawberry.type(
    description="That the law lets somebody see named data of one person for a time, as two privacy officers have "
    "looked at it."
)
class LegalGround(Node):
    """Who knows of a ground is `models.legal_grounds.LegalGround.visible_to`; each field is decided besides."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("LegalGround")

    id: strawberry.ID = node_id("LegalGround")
    kind: GroundKind | None = classified(LEGAL_CASE, "Which of the ten situations it is.")
    state: GroundState | None = classified(LEGAL_CASE, "How far it has come.")
    case_reference: str | None = classified(LEGAL_CASE, "What the case is called where it is kept.")
    classes: list[PersonalDataClass] | None = classified(LEGAL_CASE, "What it opens.", value=_classes)
    order_id: strawberry.ID | None = classified(
        LEGAL_CASE,
        "The order whose data alone, and whose recipient's, it opens; null if it is about all data of the person.",
        rows=legal_grounds.orders_of,
    )
    holder: strawberry.ID | None = classified(
        LEGAL_CASE,
        "The member of staff whom it is for, without a name; null if it is for a role or a partner.",
        rows=legal_grounds.holders_of,
    )
    holder_role: StaffRole | None = classified(
        LEGAL_CASE, "The role for all of whose members it is; null otherwise.", columns=("viewer_role",)
    )
    holder_partner_id: strawberry.ID | None = classified(
        LEGAL_CASE, "The partner whom it is for; null otherwise. See `partners`.", rows=legal_grounds.partners_of
    )
    covers_child: bool | None = classified(LEGAL_CASE, "Whether it also opens the data of a child.")
    is_kept_from_subject: bool | None = classified(
        LEGAL_CASE, "Whether the law forbids to tell the person of it while it lasts."
    )
    valid_from: datetime | None = classified(LEGAL_CASE, "When it begins to hold.")
    valid_until: datetime | None = classified(LEGAL_CASE, "When it ends, at the latest.")
    opened_by: strawberry.ID | None = classified(
        LEGAL_CASE, "The officer who opened it, without a name.", rows=legal_grounds.openers_of
    )
    opened_at: datetime | None = classified(LEGAL_CASE, "When it was opened.")
    approved_by: strawberry.ID | None = classified(
        LEGAL_CASE, "The second officer, without a name; null until they approve it.", rows=legal_grounds.approvers_of
    )
    approved_at: datetime | None = classified(LEGAL_CASE, "When it was approved; null if it was not.")
    closed_at: datetime | None = classified(LEGAL_CASE, "When it was rejected or revoked; null if it was not.")
    account: Annotated["User", strawberry.lazy("schema.users")] | None = to_one(
        "Whose data it opens.", by="account_id", rows=users.buyers_of
    )
    uses: Connection[LegalGroundUse] = connection("The uses that were made of it.", rows=legal_grounds.uses_of)


async def _legal_grounds(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    return await legal_grounds.grounds_visible_to(
        info.context.viewer, first=first, after=after, last=last, before=before
    )


@strawberry.type
class LegalGroundQueries:
    """Reads of legal grounds."""

    legal_grounds: Connection[LegalGround] = root(
        "The legal grounds that you may know of, the newest first: all of them for privacy officers.",
        resolver=_legal_grounds,
    )
