"""Reads and writes behind versions of the privacy policy, and how somebody stands to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commerce import acceptances, persons, policy_versions, reconsents
from commerce.acceptances import Acceptance
from commerce.policy_versions import Term
from models import agreements, clock
from models.accounts import Account, PolicyVersion, PolicyVersionState
from policy.seen import Seen
from policy.version_changes import Change, Difference
from policy.versions import program_name
from policy.viewer import Case, Viewer
from resolvers.nodes import row_id
from resolvers.outcomes import outcome
from resolvers.pages import Page, page_request, public_context

_NOBODY = Case.nobody()


@dataclass(frozen=True, slots=True)
class Impact:
    """What a version means for those who agreed to an earlier one."""

    agreed_version: int | None
    people: int
    is_asked: bool
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands to the policy."""

    in_force: Seen[PolicyVersion]
    accepted: Seen[PolicyVersion] | None
    announced: Seen[PolicyVersion] | None
    needs_acceptance: bool
    changes: list[Change]
    pending: list[Change]


def seen(row: PolicyVersion) -> Seen[PolicyVersion]:
    """Give a version as it is shown; it is about nobody."""
    return Seen(row, _NOBODY)


async def in_force() -> Seen[PolicyVersion]:
    """Read the version of the privacy policy that holds now."""
    return seen(await acceptances.in_force())


async def versions(
    viewer: Viewer, *, first: int | None, after: str | None, last: int | None, before: str | None
) -> Page:
    """List the versions that were announced, and for privacy officers all, the newest first."""
    rows = PolicyVersion.visible_to(viewer)
    sees_all = viewer.staff is not None
    context = f"{public_context('versions of the policy', rows.sort)} {viewer.account if sees_all else ''}"
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    return Page(await rows.page(wanted), context, rows)


def status(state: PolicyVersionState, effective_at: datetime | None) -> str:
    """Tell in a word how far a version has come by now."""
    is_effective = effective_at is not None and effective_at <= clock.now()
    return "effective" if state is PolicyVersionState.ANNOUNCED and is_effective else state.value.lower()


COMPARED = ("effective_at", "version", "snapshot_id")
"""What is looked at of a version to compare it with another."""


async def changes_of(found: Sequence[Seen[PolicyVersion]], viewer: Viewer) -> list[list[Change]]:
    """Tell in what each version differs from the one before it; from the one announced last if it is a draft."""
    announced = await PolicyVersion.filter(state=PolicyVersionState.ANNOUNCED).order_by("effective_at", "version")
    answers: list[list[Change]] = []
    for version in found:
        earlier = [each for each in announced if _is_before(each, version.row)]
        answers.append(list((await policy_versions.compared(earlier[-1] if earlier else None, version.row)).changes))
    return answers


def _is_before(one: PolicyVersion, other: PolicyVersion) -> bool:
    if one.effective_at is None or other.effective_at is None:
        return other.effective_at is None
    return (one.effective_at, one.version) < (other.effective_at, other.version)


async def are_material(found: Sequence[Seen[PolicyVersion]], viewer: Viewer) -> list[bool]:
    """Tell of each version whether it needs the consent of whoever accepted the one before it."""
    return [Difference(tuple(changes)).is_material for changes in await changes_of(found, viewer)]


async def standings_of(viewers: Sequence[Viewer], viewer: Viewer) -> list[Standing | None]:
    """Tell how each viewer in person stands to the policy."""
    return [await _standing(asking) for asking in viewers]


async def _standing(viewer: Viewer) -> Standing | None:
    own = await Account.visible_to(viewer).where(id=viewer.person).one() if viewer.person is not None else None
    if own is None:
        return None
    agreed, current = own.row.agreed_version, await acceptances.in_force()
    accepted = await PolicyVersion.get_or_none(version=agreed) if agreed is not None else None
    upcoming = (
        await PolicyVersion.filter(state=PolicyVersionState.ANNOUNCED, effective_at__gt=clock.now())
        .order_by("effective_at", "version")
        .first()
    )
    what = await acceptances.from_agreed(agreed, current)
    beyond = await agreements.differing(await agreements.name_agreed(agreed), program_name())
    return Standing(
        in_force=seen(current),
        accepted=seen(accepted) if accepted is not None else None,
        announced=seen(upcoming) if upcoming is not None else None,
        needs_acceptance=agreed != current.version and what.is_material,
        changes=list(what.changes),
        pending=list(beyond.awaiting_consent),
    )


async def impact(viewer: Viewer, version: int) -> list[Impact] | None:
    """Work out what a version means for people, by the version that they agreed to."""
    found = await policy_versions.impact(version, by=viewer)
    if found is None:
        return None
    return [
        Impact(each.agreed_version, each.people, each.changes.is_material, list(each.changes.changes)) for each in found
    ]


@outcome
async def policy_accept(
    viewer: Viewer, version: int, highlighted_terms: Sequence[str], ward: str | None, client: Any
) -> Seen[Account] | None:
    """Accept the version in force, and read the account that has accepted it."""
    key = row_id(ward, "User", viewer) if ward is not None else None
    if ward is not None and key is None:
        raise persons.WardNotFound
    acceptance = Acceptance(version, tuple(highlighted_terms))
    account = await reconsents.accept(acceptance, ward=key, by=viewer, client_kind=client.kind)
    return await Account.visible_to(viewer).where(id=account).one()


@outcome
async def policy_version_draft(viewer: Viewer, terms: Sequence[tuple[str, str]]) -> Seen[PolicyVersion] | None:
    """Draft a version, and read it."""
    return await _read(viewer, await policy_versions.draft([Term(*term) for term in terms], by=viewer))


@outcome
async def policy_version_announce(viewer: Viewer, version: int, effective_at: datetime) -> Seen[PolicyVersion] | None:
    """Announce a draft, and read it."""
    return await _read(viewer, await policy_versions.announce(version, effective_at, by=viewer))


@outcome
async def policy_version_withdraw(viewer: Viewer, version: int) -> Seen[PolicyVersion] | None:
    """Give up a draft, and read it."""
    return await _read(viewer, await policy_versions.withdraw(version, by=viewer))


async def _read(viewer: Viewer, version: int) -> Seen[PolicyVersion] | None:
    return await PolicyVersion.visible_to(viewer).where(version=version).one()
