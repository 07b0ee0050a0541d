"""Puts on record what was shown to whom."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from models import clock, ledger
from models.legal_grounds import LegalGround
from policy.classes import DataClass
from policy.decide import decide
from policy.enforcement import keeps
from policy.parties import Party
from policy.purposes import Purpose
from policy.rules import RULES, Rule
from policy.sharing import SharingGround, grounds_of
from policy.viewer import Case, Viewer


@keeps("P4.1", otherwise=None)
async def note(shown: Mapping[Any, Any], *, by: Viewer, operation: str | None) -> None:
    """
    Write what an operation shows into the ledger, in one statement; it returns when that is on disk (P4.1).

    Args:
        shown: As `permissions.disclosures.Disclosures.shown`.
        by: To whom it is shown.
        operation: The name of the operation, as its document gives it.

    Raises:
        DatabaseUnavailable: It could not be written, so the answer must not leave.
        UnderNoGround: A partner would be shown something on none of the eight grounds of sharing.
    """
    now, sharing, rules = clock.now(), await _sharing(shown), rules_in_force()
    await ledger.current().write(
        [
            {
                "account_id": release.subject,
                "party": release.party.name,
                "viewer_account_id": by.account,
                "supplier_id": by.supplier,
                "partner_id": by.partner,
                "credential_id": by.session,
                "classes": sorted(what.classes),
                "purpose": release.purpose.name,
                "clauses": sorted(what.clauses),
                "ground_id": release.ground,
                "order_id": release.order,
                "operation": operation and operation[:64],
                "rules": rules,
                "disclosed_at": now,
                "sharing_grounds": grounds and [ground.name for ground in grounds],
            }
            for (release, what), grounds in zip(shown.items(), sharing, strict=True)
        ]
    )


async def _sharing(shown: Mapping[Any, Any]) -> list[list[SharingGround] | None]:
    """Name the grounds of sharing of each row; a legal ground that opened it to a partner says which by its kind."""
    asked = {release.ground for release in shown if release.ground is not None and release.party.is_partner}
    kinds = {row.id: row.kind for row in await LegalGround.filter(id__in=list(asked))} if asked else {}
    return [
        grounds_of(release.party, what.classes, what.clauses, kinds.get(release.ground))
        for release, what in shown.items()
    ]


class _Release(NamedTuple):
    subject: UUID
    party: Party
    purpose: Purpose
    order: UUID | None
    ground: None = None


class _Shown(NamedTuple):
    classes: set[str]
    clauses: set[str]


async def sent(
    classes: Iterable[DataClass], *, of: Case, to: Viewer, operation: str, ending: Collection[str] = ()
) -> None:
    """
    Write into the ledger what we are about to send to a partner; nothing is sent before this returns (P4.1).

    Args:
        classes: Of what is sent; each was decided to be clear.
        of: The case of the person whom it is about.
        to: The partner.
        operation: What it is sent for.
        ending: The clauses by which it was begun, where it ends what was begun on them: it goes whatever is decided by
            now, and so on these. Without any, those of the decision.

    Raises:
        DatabaseUnavailable: It could not be written, so nothing must be sent.
    """
    given = list(classes)
    party = to.party_to(of)
    clauses = set(ending) or {clause for each in given for clause in decide(to.asks(each, of=of)).clauses}
    release = _Release(of.subject, party, to.purpose_in(party), of.order)
    await note({release: _Shown({each.name for each in given}, clauses)}, by=to, operation=operation)


def rules_in_force() -> str:
    """Name the rules by which this program decides: another name if any of them differs."""
    return _digest(RULES)


@lru_cache(maxsize=1)
def _digest(rules: tuple[Rule, ...]) -> str:
    text = sorted(
        repr(
            (
                rule.clause,
                rule.effect.name,
                sorted(party.name for party in rule.parties),
                sorted(each.name for each in rule.classes),
                [fact.name for fact in rule.when],
                [fact.name for fact in rule.unless],
            )
        )
        for rule in rules
    )
    return hashlib.sha256("\n".join(text).encode()).hexdigest()[:16]
