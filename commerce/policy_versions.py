"""Versions of the policy: drafted by one privacy officer, announced by another, and what a version would change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from commerce import audit, step_up, texts
from commerce.legal_grounds import require_officer, require_second
from commerce.refusals import Refusal
from models import agreements, clock, database
from models.accounts import PolicyVersion, PolicyVersionState
from models.bounds import VERSIONS_COMPARED
from models.database import retrying, transaction
from models.ids import new_id
from policy.enforcement import keeps
from policy.version_changes import Difference
from policy.versions import written
from policy.viewer import StaffRole, Viewer

# How long before its first day a version is announced: longer where people have to make up their minds.
NOTICE = timedelta(days=7)
MATERIAL_NOTICE = timedelta(days=30)
LATEST = timedelta(days=366)
MOST_TERMS = 30
LONGEST_TERM = 300

# The numbers of versions are given out in turn: "policy" in ASCII, cut to 32 bits.
_NUMBERING = 0x706F6C69


class PolicyVersionNotFound(Refusal):
    """There is no such version of the policy."""

    code = "POLICY_VERSION_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such version; take its number from `policyVersions`.", field=("version",))


class PolicyVersionNotDraft(Refusal):
    """The version is no draft any more."""

    code = "POLICY_VERSION_NOT_DRAFT"

    def __init__(self) -> None:
        super().__init__("It was announced or withdrawn before, and stays as it is. Draft another one.")


class PolicyVersionNotValid(Refusal):
    """
    No version can be drafted or announced like that.

    Args:
        remedy: What to give instead.
    """

    code = "POLICY_VERSION_NOT_VALID"

    def __init__(self, field: str, remedy: str) -> None:
        super().__init__(remedy, field=(field,))


class PolicyRightsReduced(Refusal):
    """The version would take from people what they can do with data about themselves."""

    code = "POLICY_RIGHTS_REDUCED"

    def __init__(self, what: Sequence[str]) -> None:
        super().__init__(
            f"This takes from people what they see of their own. Give it back in the rules first: {' '.join(what)}"
        )


@dataclass(frozen=True, slots=True)
class Term:
    """A term that is highlighted to whoever accepts a version."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class AffectedPeople:
    """
    What a version means for those who agreed to some earlier one.

    Args:
        agreed_version: Which; None for those who accepted none, who are held to the first.
        people: How many there are.
        changes: In what the two versions differ.
    """

    agreed_version: int | None
    people: int
    changes: Difference


async def keep_snapshot() -> str:
    """Keep what this program's rules say, unless some version says it already; give the name."""
    said = await agreements.program_snapshot()
    await database.execute(
        "INSERT INTO policy_snapshot (name, said) VALUES ($1, $2::text::jsonb) ON CONFLICT (name) DO NOTHING",
        said.name,
        orjson.dumps(written(said)).decode(),
    )
    return said.name


async def draft(terms: Sequence[Term], *, by: Viewer) -> int:
    """
    Draft a version that says what this program's rules say (P9.1).

    Returns:
        Its number.

    Raises:
        NotPrivacyOfficer, StepUpRequired: The viewer may not.
        PolicyVersionNotValid, TextNotValid: The highlighted terms are none.
    """
    officer = require_officer(by)
    await step_up.require(by=by)
    highlighted = _read(terms)
    version_id = new_id()

    async def write() -> int:
        async with transaction():
            await database.fetch("SELECT pg_advisory_xact_lock($1)", _NUMBERING)
            (last,) = await database.fetch("SELECT coalesce(max(version), 0) AS number FROM policy_version")
            number: int = last["number"] + 1
            await PolicyVersion.create(
                id=version_id,
                version=number,
                state=PolicyVersionState.DRAFT,
                highlighted_terms=highlighted,
                snapshot_id=await keep_snapshot(),
                drafted_by_id=officer,
            )
            changes = {"state": (None, PolicyVersionState.DRAFT), "highlighted_terms": (None, highlighted)}
            await audit.record("policyVersionDraft", PolicyVersion, version_id, changes, by=by)
            return number

    return await retrying(write)


async def announce(version: int, effective_at: datetime, *, by: Viewer) -> int:
    """
    Announce a draft, as its first day and its text will not change any more; everybody is told (P9.1).

    Raises:
        NotPrivacyOfficer, StepUpRequired: The viewer may not.
        PolicyVersionNotFound, PolicyVersionNotDraft: There is nothing to announce.
        SecondPersonNeeded: The viewer drafted it.
        PolicyRightsReduced: It takes from people what they can do with their own.
        PolicyVersionNotValid: Its first day is too soon, too late, or before that of the version announced last.
    """
    officer = require_officer(by)
    await step_up.require(by=by)
    found = await _found(version)
    require_second(officer, {found.drafted_by_id})
    if found.state is not PolicyVersionState.DRAFT:
        raise PolicyVersionNotDraft
    last = await _announced_last()
    what = await compared(last, found)
    require_rights_kept(what)
    require_notice(effective_at, what)
    if last is not None and last.effective_at is not None and effective_at < last.effective_at:
        raise PolicyVersionNotValid("effectiveAt", "Give a first day that is not before that of the version before it.")

    async def write() -> None:
        async with transaction():
            # INVARIANT (announced once): of all who would announce or withdraw it, the one that changes its state goes
            # on.
            changed = await database.execute(
                """UPDATE policy_version
                SET state = 'ANNOUNCED', effective_at = $2, announced_by_id = $3, announced_at = $4
                WHERE id = $1 AND state = 'DRAFT'""",
                found.id,
                effective_at,
                officer,
                clock.now(),
            )
            if not changed:
                raise PolicyVersionNotDraft
            changes = {
                "state": (PolicyVersionState.DRAFT, PolicyVersionState.ANNOUNCED),
                "effective_at": (None, effective_at),
            }
            await audit.record("policyVersionAnnounce", PolicyVersion, found.id, changes, by=by)

    await retrying(write)
    return found.version


async def withdraw(version: int, *, by: Viewer) -> int:
    """
    Give up a draft; its number is not used again.

    Raises:
        NotPrivacyOfficer, PolicyVersionNotFound, PolicyVersionNotDraft: Nothing was changed.
    """
    require_officer(by)
    found = await _found(version)

    async def write() -> None:
        async with transaction():
            changed = await database.execute(
                "UPDATE policy_version SET state = 'WITHDRAWN' WHERE id = $1 AND state = 'DRAFT'", found.id
            )
            if not changed:
                raise PolicyVersionNotDraft
            changes = {"state": (PolicyVersionState.DRAFT, PolicyVersionState.WITHDRAWN)}
            await audit.record("policyVersionWithdraw", PolicyVersion, found.id, changes, by=by)

    await retrying(write)
    return found.version


async def impact(version: int, *, by: Viewer) -> list[AffectedPeople] | None:
    """
    Work out what a version means for people, by the version that they agreed to, the newest first; nobody is named.

    Returns:
        None for whoever is no privacy officer, and where there is no such version.
    """
    if by.staff is not StaffRole.PRIVACY_OFFICER or not by.is_trained:
        return None
    found = await PolicyVersion.get_or_none(version=version)
    if found is None or found.snapshot_id is None:
        return None
    rows = await database.fetch(
        """SELECT a.agreed_version, count(*) AS people FROM account a
        WHERE a.state <> 'CANCELLED' AND a.agreed_version IS DISTINCT FROM $1
        GROUP BY a.agreed_version ORDER BY a.agreed_version DESC NULLS FIRST LIMIT $2""",
        version,
        VERSIONS_COMPARED,
    )
    names = await agreements.names_agreed([row["agreed_version"] for row in rows])
    return [
        AffectedPeople(
            row["agreed_version"],
            row["people"],
            await agreements.differing(names[row["agreed_version"]], found.snapshot_id),
        )
        for row in rows
    ]


async def compared(before: PolicyVersion | None, after: PolicyVersion) -> Difference:
    """Tell in what a version differs from another; in nothing where there is no other, or one was never whole."""
    if before is None or before.snapshot_id is None or after.snapshot_id is None:
        return Difference(())
    return await agreements.differing(before.snapshot_id, after.snapshot_id)


@keeps("P9.1", otherwise=None)
def require_rights_kept(what: Difference) -> None:
    """
    Refuse a version by which people, or guardians of minors, would see less of what is theirs (P9.1).

    Raises:
        PolicyRightsReduced: It is one.
    """
    if what.taken_rights:
        raise PolicyRightsReduced([change.reverse.says for change in what.taken_rights])


@keeps("P9.1", otherwise=None)
def require_notice(effective_at: datetime, what: Difference) -> None:
    """
    Refuse a first day that leaves people no time to learn of a version (P9.1).

    Raises:
        PolicyVersionNotValid: It is too soon, or too far away to be remembered.
    """
    if effective_at.tzinfo is None:
        raise PolicyVersionNotValid("effectiveAt", "Give an instant with its offset, such as `2026-01-31T12:00:00Z`.")
    notice = MATERIAL_NOTICE if what.is_material else NOTICE
    if not clock.now() + notice <= effective_at <= clock.now() + LATEST:
        raise PolicyVersionNotValid(
            "effectiveAt",
            f"Give a first day {notice.days} to {LATEST.days} days from now, so that people can learn of it.",
        )


def _read(terms: Sequence[Term]) -> list[dict[str, str]]:
    if not 0 < len(terms) <= MOST_TERMS or len({term.id for term in terms}) < len(terms):
        raise PolicyVersionNotValid("highlightedTerms", f"Give 1 to {MOST_TERMS} terms, each with an id of its own.")
    return [
        {
            "id": texts.line(term.id, field="highlightedTerms", longest=64),
            "title": texts.line(term.title, field="highlightedTerms", longest=LONGEST_TERM),
        }
        for term in terms
    ]


async def _found(version: int) -> PolicyVersion:
    found = await PolicyVersion.get_or_none(version=version)
    if found is None:
        raise PolicyVersionNotFound
    return found


async def _announced_last() -> PolicyVersion | None:
    return await PolicyVersion.filter(state=PolicyVersionState.ANNOUNCED).order_by("-effective_at", "-version").first()
