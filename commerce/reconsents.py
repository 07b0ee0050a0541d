"""People accept a version of the policy that widens what is used: for themselves, and guardians for minors (P9.3)."""

from datetime import timedelta
from uuid import UUID

from commerce import coming_of_age, persons, throttling
from commerce.acceptances import Acceptance, PolicyNotAccepted, agree, from_agreed, in_force, record, require_acceptance
from commerce.refusals import Refusal
from commerce.throttling import Rate
from models import database
from models.accounts import Account, Manner, PolicyAcceptance
from models.database import retrying, transaction
from policy.ages import AgeBand
from policy.enforcement import keeps
from policy.version_changes import Difference
from policy.viewer import Case, Viewer

PER_PERSON = Rate("policy acceptance", burst=20, interval=timedelta(minutes=1))


class PolicyNeedsGuardian(Refusal):
    """A version that widens what is used of a minor's data is accepted by their guardian."""

    code = "POLICY_NEEDS_GUARDIAN"

    def __init__(self) -> None:
        super().__init__(
            "Ask your guardian to accept this version for you, with `wardId`; until then everything stays as it was."
        )


@keeps("P7.1", otherwise=None)
def require_guardian_for(case: Case, what: Difference) -> None:
    """
    Refuse that somebody under age agrees to more being used of their data than before (P7.1).

    Raises:
        PolicyNeedsGuardian: They are, and it is.
    """
    if case.age is not AgeBand.ADULT and what.is_material:
        raise PolicyNeedsGuardian


async def accept(acceptance: Acceptance, *, ward: UUID | None, by: Viewer, client_kind: str) -> UUID:
    """
    Accept the version in force: what waited for it is open from the next row on that anybody reads (P9.3).

    Accepting once more what was accepted changes nothing.

    Args:
        ward: Whom a guardian accepts it for; None for the viewer themselves.

    Returns:
        The account that has accepted it.

    Raises:
        PolicyNotAccepted: It is another version, or a highlighted term was not shown.
        PolicyNeedsGuardian: The viewer is under age, and the version widens what is used.
        WardNotFound: The viewer has no such ward.
        TooManyAttempts: Too many attempts.
        Refusal: See `commerce.persons`.
    """
    person = persons.person_of(by)
    await coming_of_age.grow_one(person)
    current = await in_force()
    try:
        require_acceptance(version=acceptance.version, highlighted_terms=acceptance.highlighted_terms, current=current)
    except PolicyNotAccepted as refusal:
        refusal.field = ("version",)
        raise
    await throttling.attempt(PER_PERSON, person.bytes)

    async def write() -> UUID:
        async with transaction():
            account_id = ward or person
            await database.fetch("SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE", account_id)
            seen = await Account.visible_to(by).where(id=account_id).one()
            if seen is None or (ward is not None and seen.case.guardian != person):
                raise persons.WardNotFound if ward is not None else persons.NotInPerson
            persons.require_living(seen.case)
            if seen.row.agreed_version == current.version:
                return account_id
            if ward is None:
                require_guardian_for(seen.case, await from_agreed(seen.row.agreed_version, current))
            earlier = await PolicyAcceptance.filter(account_id=account_id, policy_version_id=current.id).values_list(
                "manner", flat=True
            )
            # What was accepted while a guardian had to is accepted once more by the person, who is of age now (P7.5).
            manner = Manner.OF_AGE if earlier and seen.case.age is AgeBand.ADULT else Manner.EXPLICIT
            if manner in earlier or (earlier and manner is Manner.EXPLICIT):
                await agree(account_id, current.version, by_guardian=ward is not None)
            else:
                await record(
                    account_id=account_id,
                    version=current,
                    highlighted_terms=acceptance.highlighted_terms,
                    client_kind=client_kind,
                    manner=manner,
                    by_guardian=person if ward is not None else None,
                )
            return account_id

    return await retrying(write)
