"""Puts on record what was shown to whom."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from models import clock, ledger
from policy.enforcement import keeps
from policy.rules import RULES, Rule
from policy.viewer import Viewer


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
    """
    now = clock.now()
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
                "rules": rules_in_force(),
                "disclosed_at": now,
            }
            for release, what in shown.items()
        ]
    )


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
