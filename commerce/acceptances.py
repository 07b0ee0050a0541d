"""Acceptance of the privacy policy: which version is in force, for an account at all, and by going on after its day."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from commerce.refusals import Refusal
from models import agreements, clock, database
from models.accounts import Manner, PolicyAcceptance, PolicyNotice, PolicyVersion, PolicyVersionState
from models.database import retrying, transaction
from policy.ages import AgeBand
from policy.enforcement import keeps
from policy.version_changes import Difference


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
    found = (
        await PolicyVersion.filter(state=PolicyVersionState.ANNOUNCED, effective_at__lte=clock.now())
        .order_by("-effective_at", "-version")
        .first()
    )
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
    *,
    account_id: UUID,
    version: PolicyVersion,
    highlighted_terms: Collection[str],
    client_kind: str,
    manner: Manner = Manner.EXPLICIT,
    by_guardian: UUID | None = None,
) -> None:
    """
    Record in the current transaction that an account accepted a version with the highlighted terms shown.

    Args:
        account_id: Whose acceptance it is; the account's row says from then on that it agreed to this version.
        by_guardian: The guardian, where one accepted it for a minor.
    """
    await PolicyAcceptance.create(
        account_id=account_id,
        policy_version_id=version.id,
        manner=manner,
        accepted_by_id=by_guardian,
        highlighted_terms=sorted(set(highlighted_terms) & term_ids(version)),
        client_kind=client_kind,
        accepted_at=clock.now(),
    )
    await agree(account_id, version.version, by_guardian=by_guardian is not None)


async def agree(account_id: UUID, version: int, *, by_guardian: bool = False) -> None:
    """
    Write in the current transaction which version an account agreed to last, and whether that is the person's own act.

    What somebody under age accepts after a guardian did rests on what the guardian accepted.
    """
    await database.execute(
        """UPDATE account SET agreed_version = $2, own_version = CASE WHEN age_band = $3 THEN NULL
            WHEN $4 THEN coalesce(own_version, agreed_version, 0) ELSE own_version END WHERE id = $1""",
        account_id,
        version,
        AgeBand.ADULT.value,
        by_guardian,
    )


async def from_agreed(agreed: int | None, to: PolicyVersion) -> Difference:
    """Tell in what a version differs from the one that somebody agreed to; from the first if to none."""
    return await agreements.differing(await agreements.name_agreed(agreed), await agreements.name_agreed(to.version))


@keeps("P9.2", otherwise=None)
async def go_on(account_id: UUID, agreed: int | None, in_force: int | None, *, client_kind: str) -> None:
    """
    Take on the version in force for somebody who goes on after its first day (P9.2).

    Only what they were told of, and only if it widens nothing: that takes `commerce.reconsents`. Costs nothing for
    whoever agreed to the version in force, and no query for whoever has to be asked.

    Args:
        agreed: The number of the version that they agreed to last.
        in_force: The number of the version that holds now.
        client_kind: Of the session by which they go on.
    """
    if in_force is None or agreed == in_force:
        return
    names = await agreements.name_agreed(agreed), await agreements.name_agreed(in_force)
    if (await agreements.differing(*names)).is_material:
        return
    version = await PolicyVersion.get(version=in_force)
    if not await is_told(account_id, version.id):
        return

    async def write() -> None:
        async with transaction():
            # INVARIANT (once): of two operations at once, the one that moves the account on writes the acceptance.
            moved = await database.execute(
                """UPDATE account SET agreed_version = $3 WHERE id = $1 AND agreed_version IS NOT DISTINCT FROM $2
                AND NOT EXISTS (
                    SELECT FROM policy_acceptance p WHERE p.account_id = $1 AND p.policy_version_id = $4)""",
                account_id,
                agreed,
                in_force,
                version.id,
            )
            if moved:
                await record(
                    account_id=account_id,
                    version=version,
                    highlighted_terms=term_ids(version),
                    client_kind=client_kind,
                    manner=Manner.CONTINUED_USE,
                )

    await retrying(write)


@keeps("P9.1", otherwise=True)
async def is_told(account_id: UUID, version_id: UUID) -> bool:
    """Tell whether somebody was told of a version; whoever was not does not accept it by going on (P9.1)."""
    return await PolicyNotice.exists(account_id=account_id, policy_version_id=version_id)
