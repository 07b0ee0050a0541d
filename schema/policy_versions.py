"""Versions of the privacy policy: what each says and changes, and how somebody stands to them."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from models.accounts import PolicyVersionState
from models.bounds import VERSIONS_COMPARED
from permissions.fields import After, Before, First, Last, part, public, root
from permissions.may_see import Info
from policy.own_consents import OFFERED
from policy.parties import Party
from policy.purposes import Purpose
from policy.version_changes import ChangeKind
from resolvers import consents, policy_versions
from schema.consents import ConsentNotice
from schema.enums import described
from schema.relay import Connection

MOST_CHANGES = 2_000


class PolicyVersionStatus(Enum):
    """How far a version of the privacy policy has come by now."""

    DRAFT = "draft"
    ANNOUNCED = "announced"
    EFFECTIVE = "effective"
    WITHDRAWN = "withdrawn"


described(
    PolicyVersionStatus,
    "How far a version of the privacy policy has come by now.",
    {
        PolicyVersionStatus.DRAFT: "Privacy officers work on it; nobody else sees it.",
        PolicyVersionStatus.ANNOUNCED: "Everybody is told of it; its first day is to come.",
        PolicyVersionStatus.EFFECTIVE: "Its first day has come; of these the latest is in force.",
        PolicyVersionStatus.WITHDRAWN: "A draft that was given up.",
    },
)
described(
    ChangeKind,
    "What a version of the privacy policy changes.",
    {
        kind: f"{kind.value.format(data='a kind of data', purpose='for a purpose', party='a party').capitalize()}."
        for kind in ChangeKind
    },
    name="PolicyChangeKind",
)


@dataclass(frozen=True, slots=True)
class _Term:
    id: str
    title: str


def _terms(terms: list[dict[str, str]]) -> list[_Term]:
    return [_Term(term["id"], term["title"]) for term in terms]


def _status(state: PolicyVersionState, effective_at: datetime | None) -> PolicyVersionStatus:
    return PolicyVersionStatus(policy_versions.status(state, effective_at))


def _party(name: str | None) -> Party | None:
    return Party.__members__.get(name or "")


def _purpose(name: str | None) -> Purpose | None:
    return Purpose.__members__.get(name or "")


@strawberry.type(description="A term of the privacy policy that is highlighted, because it matters most to people.")
class HighlightedTerm:
    """Part of a version of the policy."""

    id: strawberry.ID = part("The term's id: give it back when you accept the version.")
    title: str = part("The term, in a sentence.")


@strawberry.type(description="One change between two versions of the privacy policy, read off the rules themselves.")
class PolicyChange:
    """A row is `policy.version_changes.Change`."""

    kind: ChangeKind = part("What it does.")
    data_class: str = part("The class of data that it is about, as `@personal` names it.")
    party: Party | None = part("Who sees more or less; null if it is about the class itself.", value=_party)
    purpose: Purpose | None = part("The purpose that came or went; null if none did.", value=_purpose)
    needs_consent: bool = part("Whether people are asked before it holds for them.")
    says: str = part("The change in a sentence.")


@strawberry.type(description="A version of the privacy policy.")
class PrivacyPolicyVersion:
    """About nobody; anybody may read it before they register (P0.3)."""

    version: int = public("Its number.")
    status: PolicyVersionStatus = public(
        "How far it has come by now.", columns=("state", "effective_at"), value=_status
    )
    announced_at: datetime | None = public("When it was announced; null for a draft.")
    effective_at: datetime | None = public("From when it holds; null for a draft.")
    highlighted_terms: list[HighlightedTerm] = public(
        "The terms that have to be shown to whoever accepts it.", value=_terms
    )
    changes: list[PolicyChange] = public(
        "In what it differs from the version before it; for a draft, from the one announced last.",
        rows=policy_versions.changes_of,
        needs=policy_versions.COMPARED,
        at_most=MOST_CHANGES,
    )
    is_material: bool = public(
        "Whether it uses more data, for more purposes, or shows more to others, than the version before it: then going "
        "on is not enough, and what it adds is closed for each person until `policyAccept`.",
        rows=policy_versions.are_material,
        needs=policy_versions.COMPARED,
    )
    consents: list[ConsentNotice] = public(
        "What people may consent to besides, each with what it would allow; the shop works without.",
        columns=("version",),
        value=consents.offered,
        at_most=len(OFFERED),
    )


@strawberry.type(description="How somebody stands to the privacy policy.")
class PolicyStanding:
    """A row is `resolvers.policy_versions.Standing`; only ever about the viewer in person."""

    in_force: PrivacyPolicyVersion = part("The version that holds now.")
    accepted: PrivacyPolicyVersion | None = part("The version that they accepted last; null if none.")
    announced: PrivacyPolicyVersion | None = part("The version that comes into force next; null if none is announced.")
    needs_acceptance: bool = part(
        "Whether they have to accept the version in force by `policyAccept`; a version that widens nothing is accepted "
        "by going on."
    )
    changes: list[PolicyChange] = part("In what the version in force differs from the one that they accepted.")
    pending: list[PolicyChange] = part("What is closed to others until they accept a version that says it.")


@strawberry.type(description="What a version of the privacy policy means for those who accepted an earlier one.")
class PolicyVersionImpact:
    """A row is `resolvers.policy_versions.Impact`; nobody is named."""

    agreed_version: int | None = part(
        "Which version they accepted last; null for those who accepted none, who are held to the first."
    )
    people: int = part("How many there are.")
    is_asked: bool = part("Whether they have to be asked; otherwise they accept it by going on.")
    changes: list[PolicyChange] = part(
        "In what the two differ. What needs consent is closed, of these people's data, to whom the change names."
    )


Version = Annotated[int, strawberry.argument(description="The number of the version.")]


async def _privacy_policy() -> Any:
    return await policy_versions.in_force()


async def _versions(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    return await policy_versions.versions(info.context.viewer, first=first, after=after, last=last, before=before)


async def _impact(info: Info, version: Version) -> Any:
    return await policy_versions.impact(info.context.viewer, version)


@strawberry.type
class PolicyVersionQueries:
    """Reads of the privacy policy and its versions."""

    privacy_policy: PrivacyPolicyVersion = root(
        "The privacy policy that is in force: read it before you register.", resolver=_privacy_policy
    )
    policy_versions: Connection[PrivacyPolicyVersion] = root(
        "The versions of the privacy policy, the newest first; drafts are for privacy officers alone.",
        resolver=_versions,
    )
    policy_version_impact: list[PolicyVersionImpact] | None = root(
        "What a version would mean for people, by the version that they accepted last; null for everybody but privacy "
        f"officers. At most {VERSIONS_COMPARED:,}.",
        resolver=_impact,
    )
