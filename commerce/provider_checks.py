"""What checks of people and of companies have in common: who runs them, and asking again how they stand (P1.4)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from commerce import identity_checks
from commerce.identity_checks import Finding, ProviderAway, Verifier
from commerce.refusals import Refusal
from models.accounts import Account
from models.database import retrying
from models.identity_verifications import (
    EnterpriseVerification,
    IdentityVerification,
    VerificationState,
    take_due,
)
from models.partners import acting
from policy.ages import AgeBand
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.regions import is_abroad
from policy.seen import Seen
from policy.viewer import Case, Viewer

LIFE = timedelta(days=1)
FIRST_LOOK = timedelta(minutes=1)
LONGEST_LOOK_MINUTES = 60
LOOKED_AT_ONCE = 20
LONGEST_PROVIDER = 64

ENDS = {
    Finding.VERIFIED: VerificationState.VERIFIED,
    Finding.REFUSED: VerificationState.REFUSED,
    Finding.UNKNOWN: VerificationState.EXPIRED,
}


class VerificationNotServed(Refusal):
    """
    The shop has nobody who checks identities, or nobody who may.

    Args:
        remedy: Whom to ask for what.
    """

    code = "VERIFICATION_NOT_SERVED"

    def __init__(self, remedy: str = "Ask its operator to set up a provider.") -> None:
        super().__init__(f"This shop can not check identities yet. {remedy}")


async def serving() -> tuple[Verifier, Viewer]:
    """
    Find who checks identities for this shop, and its entry in the register of partners (P1.4, P4.5).

    Raises:
        VerificationNotServed: There is nobody, or nobody in standing.
    """
    verifier = identity_checks.served()
    if verifier is None:
        raise VerificationNotServed
    provider = await _standing(verifier)
    if provider is None:
        raise VerificationNotServed(
            "Its provider has no agreement and no examination in force in the register of partners: ask its privacy "
            "officer to record them. Nothing was sent to anybody."
        )
    return verifier, provider


def case_of_check(account: Seen[Account], provider: Viewer) -> Case:
    """Give the case of a check that is about to run."""
    assert provider.partner is not None, "it was found in the register"
    # INVARIANT (nowhere is abroad): of a provider that nobody knows a region of, everything would cross a border.
    leaves = provider.region is None or is_abroad(provider.region, of=account.row.region)
    case, abroad = account.case, Purpose.CROSS_BORDER
    consents = abroad in case.own_consents if case.age is AgeBand.ADULT else case.is_consented_by_guardian(abroad)
    return case._replace(
        partners=frozenset({provider.partner}), is_window_open=True, crosses_border=leaves and not consents
    )


async def ask_again(
    model: type[IdentityVerification | EnterpriseVerification],
    end: Callable[[Any, Finding, Viewer], Awaitable[bool]],
) -> int:
    """
    Ask how checks stand that nobody has answered yet; any number of programs may do so at once.

    A provider that is not in standing any more is asked nothing (P4.5), so what waits for it expires.

    Args:
        model: What they are of.
        end: Writes down what is found of one, and tells whether that ended it.

    Returns:
        How many have ended.
    """
    verifier = identity_checks.served()
    provider = await _standing(verifier) if verifier is not None else None
    if verifier is None or provider is None:
        return 0
    ended = 0
    rows = await take_due(model, longest_minutes=LONGEST_LOOK_MINUTES, at_once=LOOKED_AT_ONCE)
    for row in rows:
        try:
            finding = await verifier.look(row["id"])
        except ProviderAway:
            continue
        ended += await retrying(lambda row=row, finding=finding: end(row, finding, provider))
    return ended


async def _standing(verifier: Verifier) -> Viewer | None:
    """Find the provider in the register of partners, where everybody reads who is told what (P1.4, P4.5)."""
    return await acting(PartnerType.IDENTITY_VERIFICATION, name=verifier.name)
