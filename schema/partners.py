"""The register of partners, as everybody sees it: who gets what of whom, and why."""

from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from models.partners import PartnerStatus, ReviewOutcome
from models.payments import InstitutionName
from permissions.fields import After, Before, First, Last, connection, part, public, root, to_one
from permissions.may_see import Info
from policy.classes import CLASSES, DataClass
from policy.partner_notice import Received, received_by
from policy.partners import PartnerType
from policy.purposes import Purpose
from resolvers import partners
from schema.enums import described
from schema.legal_grounds import PersonalDataClass
from schema.relay import Connection, Node, node_id, shows
from schema.suppliers import Supplier

described(
    PartnerType,
    "What another company does for the platform; it gets the data of that duty and of no other.",
    {kind: f"It {kind.value}." for kind in PartnerType},
)
described(
    PartnerStatus,
    "Whether a partner is worked with.",
    {
        PartnerStatus.ACTIVE: "It is worked with.",
        PartnerStatus.SUSPENDED: "Its tokens are shown nobody.",
    },
)
described(
    ReviewOutcome,
    "How an examination of a partner's software ended.",
    {
        ReviewOutcome.PASSED: "It may be connected until the examination expires.",
        ReviewOutcome.FAILED: "It may not be connected, whatever an earlier examination said.",
    },
)


def _class(data_class: DataClass) -> Any:
    return PersonalDataClass[data_class.name]


def _kind(name: str) -> PartnerType:
    return PartnerType[name]


def _receives(kind: str) -> list[Received]:
    return list(received_by(PartnerType[kind]))


def _purposes(names: list[str]) -> list[Purpose]:
    return sorted((Purpose[name] for name in names), key=lambda purpose: purpose.bit)


@strawberry.type(description="One kind of personal data that a kind of partner can be shown, worked out of the policy.")
class PartnerDatum:
    """A row is `policy.partner_notice.Received`."""

    data_class: PersonalDataClass = part("What.", value=_class)
    purposes: list[Purpose] = part("For what.", value=list)
    sight: str = part("On what it depends, exceptions first: `CLEAR` is the value, `MASK` a constant, `NULL` nothing.")
    clauses: list[str] = part("The clauses of the policy that open it.", value=list)


@strawberry.type(description="What a partner has signed on how it protects people.")
class DataProcessingAgreement(Node):
    """Who knows of an agreement is `models.partners.DataProcessingAgreement.visible_to`."""

    is_type_of = shows("DataProcessingAgreement")

    id: strawberry.ID = node_id("DataProcessingAgreement")
    text_version: str = public("Which text was signed, as the contract calls it.")
    signed_on: date = public("When it was signed; of several, the one signed last counts.")
    expires_on: date = public("The first day on which it does not hold any more.")
    region: str = public("Where the partner works with the data, as an ISO 3166-1 code; its tokens work there alone.")
    purposes: list[Purpose] = public(
        "All that the partner may use data for.", columns=("purposes",), value=_purposes, at_most=len(Purpose)
    )
    recorded_at: datetime = public("When it was recorded.")


@strawberry.type(description="That a partner's software was examined, and how that ended.")
class SecurityReview(Node):
    """Who knows of a review is `models.partners.SecurityReview.visible_to`."""

    is_type_of = shows("SecurityReview")

    id: strawberry.ID = node_id("SecurityReview")
    reviewed_on: date = public("When it was made; of several, the last one counts.")
    outcome: ReviewOutcome = public("How it ended.")
    expires_on: date = public("The first day on which it does not count any more.")
    recorded_at: datetime = public("When it was recorded.")


@strawberry.type(description="A company that gets personal data for a duty of its own.")
class Partner(Node):
    """Everything here is public, but for what it has signed and how it was examined."""

    is_type_of = shows("Partner")

    id: strawberry.ID = node_id("Partner")
    name: str = public("What the company is called.")
    type: PartnerType = public("What it does.", columns=("kind",), value=_kind)
    region: str = public("Where the company is, as an ISO 3166-1 code.")
    policy_url: str | None = public(
        "Its own privacy policy, which holds for what it does with the data; null where it has told none yet."
    )
    receives: list[PartnerDatum] = public(
        "What it can be shown of people, and why; of anything else it is shown nothing.",
        columns=("kind",),
        value=_receives,
        at_most=len(CLASSES),
    )
    status: PartnerStatus = public("Whether it is worked with.")
    is_in_standing: bool = public(
        "Whether its agreement and the examination of its software are both in force; otherwise its tokens are shown "
        "nobody.",
        rows=partners.stand,
    )
    supplier: Supplier | None = to_one(
        "Which supplier of the catalogue it is; null for others.", by="supplier_id", rows=partners.suppliers_of
    )
    named_by: Annotated["Partner", strawberry.lazy("schema.partners")] | None = to_one(
        "The affiliate that has named it; null for all but an affiliate's service providers.",
        by="named_by_id",
        rows=partners.namers_of,
    )
    institution: InstitutionName | None = public("Which institution of the checkout it is; null for others.")
    version: int = public("Grows with each change.")
    created_at: datetime = public("When it was entered.")
    agreements: Connection[DataProcessingAgreement] = connection(
        "What it has signed, the newest first; for itself and privacy officers, and empty for everybody else.",
        rows=partners.agreements_of,
    )
    security_reviews: Connection[SecurityReview] = connection(
        "How its software was examined, the newest first; for itself and privacy officers, and empty for everybody "
        "else.",
        rows=partners.reviews_of,
    )


async def _partners(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    return await partners.all_partners(info.context.viewer, first=first, after=after, last=last, before=before)


@strawberry.type
class PartnerQueries:
    """Reads of the register."""

    partners: Connection[Partner] = root(
        "The companies that get personal data, by name: what each can be shown, and why.", resolver=_partners
    )
