"""Acceptance of the privacy policy: which version is in force, and that nobody has an account without accepting it."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from commerce.refusals import Refusal
from models import clock
from models.accounts import PolicyAcceptance, PolicyVersion
from policy.enforcement import keeps


class PolicyNotAccepted(Refusal):
    """The policy in force, with all of its highlighted terms, was not accepted."""

    code = "POLICY_NOT_ACCEPTED"

    def __init__(self, in_force: int) -> None:
        super().__init__(
            f"Read and accept version {in_force} of the privacy policy, with each of its highlighted terms.",
            field=("acceptance",),
            version=in_force,
        )


class NoPolicyInForce(RuntimeError):
    """No version of the policy has become effective, so nobody can accept one."""

    def __init__(self) -> None:
        super().__init__("No version of the privacy policy is in force; add one with an effective date in the past.")


@dataclass(frozen=True)
class Acceptance:
    """
    What somebody agrees to.

    Args:
        version: The number of the policy's version.
        highlighted_terms: The ids of the highlighted terms that they were shown.
    """

    version: int
    highlighted_terms: tuple[str, ...]


async def in_force() -> PolicyVersion:
    """
    Find the version of the policy that holds now: the one that became effective last.

    Raises:
        NoPolicyInForce: There is none yet.
    """
    found = await PolicyVersion.filter(effective_at__lte=clock.now()).order_by("-effective_at", "-version").first()
    if found is None:
        raise NoPolicyInForce
    return found


def term_ids(version: PolicyVersion) -> frozenset[str]:
    """List the ids of a version's highlighted terms."""
    return frozenset(term["id"] for term in version.highlighted_terms)


@keeps("P0.3", otherwise=None)
def require_acceptance(*, version: int, highlighted_terms: Collection[str], current: PolicyVersion) -> None:
    """
    Refuse whoever has not accepted the version in force with every highlighted term (P0.3).

    Raises:
        PolicyNotAccepted: Another version was accepted, or a highlighted term was not shown.
    """
    if version != current.version or not term_ids(current) <= set(highlighted_terms):
        raise PolicyNotAccepted(current.version)


async def record(
    *, account_id: UUID, version: PolicyVersion, highlighted_terms: Collection[str], client_kind: str
) -> None:
    """Record in the current transaction that an account accepted a version with the highlighted terms shown."""
    await PolicyAcceptance.create(
        account_id=account_id,
        policy_version_id=version.id,
        highlighted_terms=sorted(set(highlighted_terms) & term_ids(version)),
        client_kind=client_kind,
        accepted_at=clock.now(),
    )
