"""Reads and writes behind what people consent to for themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from commerce import coming_of_age, consent_receipts, consents
from commerce.coming_of_age import Decided
from commerce.consent_receipts import CheckedReceipt
from models.accounts import Account
from models.consents import Consent
from policy.own_consents import SEPARATE, notices
from policy.parties import Party
from policy.purposes import Purpose, purposes_in
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.outcomes import outcome
from resolvers.pages import Page, cursor_context, page_request


@dataclass(frozen=True, slots=True)
class ConsentNotice:
    """What somebody reads before they consent."""

    purpose: Purpose
    what: list[str]
    why: str
    who: list[str]
    how_long: str
    is_separate: bool


def offered(version: object) -> list[ConsentNotice]:
    """List what people may consent to; the same for every version, because the rules are."""
    return [
        ConsentNotice(each.purpose, each.what, each.why, each.who, each.how_long, each.purpose in SEPARATE)
        for each in notices()
    ]


async def steps_of(
    users: Sequence[Seen[Account]],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List the steps of each account's own consents, the newest first."""
    context = cursor_context("consents of an account", viewer)
    rows = Consent.visible_to(viewer)
    keys = [user.row.id for user in users]
    found = await rows.pages(
        "account_id", keys, page_request(context, first=first, after=after, last=last, before=before)
    )
    return [Page(found[key], context, rows, ("account_id", key)) for key in keys]


@dataclass(frozen=True, slots=True)
class ConsentQuestion:
    """What somebody who came of age is asked for themselves, and who decided it before."""

    purpose: Purpose
    decided_by: Party
    decided_at: datetime
    policy_version: int | None
    what: list[str]
    why: str
    who: list[str]
    how_long: str
    is_separate: bool


async def questions_of(users: Sequence[Seen[Account]], viewer: Viewer) -> list[list[ConsentQuestion]]:
    """List what waits for each person's own answer, in the order of purposes."""
    asked = {user.row.id: purposes_in(user.row.unanswered) for user in users}
    found = await coming_of_age.decisions_before([key for key, purposes in asked.items() if purposes])
    return [
        [
            _question(purpose, found[user.row.id, purpose])
            for purpose in sorted(asked[user.row.id], key=lambda purpose: purpose.bit)
        ]
        for user in users
    ]


def _question(purpose: Purpose, decided: Decided) -> ConsentQuestion:
    notice = consent_receipts.notice_of(purpose)
    return ConsentQuestion(
        purpose,
        Party.GUARDIAN,
        decided.at,
        decided.policy_version,
        notice.what,
        notice.why,
        notice.who,
        notice.how_long,
        purpose in SEPARATE,
    )


RECEIPTS = ("purpose", "is_given", "policy_version", "recorded_at")
"""What is looked at of a step to write its receipt."""


async def receipts_of(steps: Sequence[Seen[Consent]], viewer: Viewer) -> list[str]:
    """Write the receipt of each step."""
    return [consent_receipts.issue(step.row) for step in steps]


def check(receipt: str) -> CheckedReceipt:
    """Tell whether a receipt is one of this shop's."""
    return consent_receipts.check(receipt)


@outcome
async def consent_give(viewer: Viewer, purposes: Sequence[Purpose]) -> Seen[Account] | None:
    """Consent to purposes, and read the account."""
    return await _read(viewer, await consents.give(frozenset(purposes), by=viewer))


@outcome
async def consent_withdraw(viewer: Viewer, purposes: Sequence[Purpose] | None) -> Seen[Account] | None:
    """Withdraw consent to some purposes or to all, and read the account."""
    return await _read(viewer, await consents.withdraw(purposes, by=viewer))


async def _read(viewer: Viewer, account: object) -> Seen[Account] | None:
    return await Account.visible_to(viewer).where(id=account).one()
