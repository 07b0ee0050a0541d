"""A provider checks that people are who they say they are, and of age where that counts (P1.4, P2.1, P7.2)."""

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from commerce import disclosures, outbox, persons, provider_checks, texts, throttling
from commerce.identity_checks import Finding, ProviderAway, Question
from commerce.outbox import Event, Topic
from commerce.provider_checks import ENDS, FIRST_LOOK, LIFE, LONGEST_PROVIDER, case_of_check
from commerce.refusals import Refusal
from commerce.throttling import Rate
from commerce.verification_levels import require_level
from models import clock, database
from models.accounts import Account
from models.database import retrying, transaction
from models.identity_verifications import IdentityVerification, VerificationState
from models.ids import new_id
from models.sealed import open_cells
from models.secrets import derive
from policy.ages import AgeBand, limits_in
from policy.classes import IDENTITY_DOCUMENT, PERSON_NAME, PHONE, DataClass
from policy.decide import decide
from policy.enforcement import keeps
from policy.purposes import Purpose
from policy.seen import Seen
from policy.verification import CHECKED, VerificationLevel
from policy.viewer import Viewer

LONGEST_NAME = 100
LONGEST_NUMBER = 64
SENT = (PERSON_NAME, IDENTITY_DOCUMENT)
PER_PERSON = Rate("identity.verification", burst=5, interval=timedelta(hours=1))


class GuardianNotAdult(Refusal):
    """A guardian is of age."""

    code = "GUARDIAN_NOT_ADULT"

    def __init__(self) -> None:
        super().__init__("A guardian is of age where they live. Have the invitation withdrawn and sent to an adult.")


class VerificationConsentRequired(Refusal):
    """The person has not consented to a check of who they are, or not to its leaving their region."""

    code = "VERIFICATION_CONSENT_REQUIRED"

    def __init__(self, purpose: Purpose) -> None:
        super().__init__(f"Consent to `{purpose.name}` with `consentGive` first. Nothing was sent to anybody.")


@dataclass(frozen=True, slots=True)
class Claim:
    """
    Who somebody says they are, and what is to be found of it.

    Args:
        name: As the document has it.
        identity_number: The document's number; blanks, hyphens and small letters make no difference.
        is_of_age: Whether it is to be found as well that they are of age where they live.
    """

    name: str = field(repr=False)
    identity_number: str = field(repr=False)
    is_of_age: bool = False

    @property
    def level(self) -> VerificationLevel:
        """The level that is reached if it is so."""
        return VerificationLevel.ADULT if self.is_of_age else VerificationLevel.NAME


class VerificationPending(Refusal):
    """Another document is being checked, or something else of the person."""

    code = "VERIFICATION_PENDING"

    def __init__(self) -> None:
        super().__init__(
            "A check of another document, or for another level, is under way. Wait until it has ended, at most a day."
        )


@keeps("P7.2", otherwise=None)
def require_adult(age: AgeBand) -> None:
    """
    Refuse a guardian who is not of age (P7.2).

    Raises:
        GuardianNotAdult: They are not.
    """
    if age is not AgeBand.ADULT:
        raise GuardianNotAdult


@keeps("P7.2", otherwise=None)
async def require_verified(account_id: UUID) -> None:
    """
    Refuse a guardian of whom nobody has verified that they are an adult (P7.2).

    Raises:
        VerificationRequired: There is no such check that ended well.
    """
    await require_level(VerificationLevel.ADULT, of=account_id)


async def verify(claim: Claim, *, is_confirmed: bool, by: Viewer) -> UUID:
    """
    Have it checked that the person who asks is who they say they are.

    The check is written down, then what it takes is put on record and sent, then the answer is written down: nothing
    is awaited in a transaction. The number goes to the provider and nowhere else, with the phone number that the
    person signs in with if there is one. A repetition with the same number asks for the same check; whoever is
    verified as far stays so, and nothing is sent. A provider that does not answer is asked again by `follow_up`.

    Args:
        claim: Who they say they are.
        is_confirmed: Whether they confirmed that sensitive data is sent.

    Returns:
        The check's id.

    Raises:
        GuardianNotAdult: They are to be found of age, and by their own word are not.
        VerificationConsentRequired: They have not consented to it (P1.4), or not to its leaving their region (P8.1).
        GuardianConsentRequired: They are under age, and their guardian has not.
        SensitiveNotConfirmed: They did not confirm what is sent.
        TextNotValid: The name or the number can not be one.
        VerificationNotServed: Nobody checks identities for this shop, or whoever does is not in standing (P4.5).
        VerificationPending: Another check is under way.
        TooManyAttempts: Too many checks.
        Refusal: See `commerce.persons`.
    """
    account = await persons.own_account(by)
    _require_age(claim, account)
    name = texts.line(claim.name, field="name", longest=LONGEST_NAME)
    number = _normal(texts.line(claim.identity_number, field="identityNumber", longest=LONGEST_NUMBER))
    phone = await _phone_of(account)
    given = SENT if phone is None else (*SENT, PHONE)
    persons.require_may_give(given, of=account.case, is_confirmed=is_confirmed)
    verifier, provider = await provider_checks.serving()
    require_may_send(account, to=provider, classes=given)
    done = await _verified(account.row.id, claim.level)
    if done is not None:
        return done.id
    await throttling.attempt(PER_PERSON, account.row.id.bytes)
    check = await retrying(lambda: _begin(claim, number, verifier.name, provider, by))
    if check is None:
        raise VerificationPending
    check_id = check.id
    if check.state is VerificationState.VERIFIED:
        return check_id
    years = limits_in(account.row.region).minor_until if claim.is_of_age else None
    await disclosures.sent(given, of=case_of_check(account, provider), to=provider, operation="identityVerify")
    try:
        finding = await verifier.ask(Question(check_id, name, number, phone, years))
    except ProviderAway:
        return check_id
    await retrying(lambda: _end(check_id, account.row.id, finding, provider))
    return check_id


@keeps("P1.4", otherwise=None)
def require_may_send(account: Seen[Account], *, to: Viewer, classes: Iterable[DataClass] = SENT) -> None:
    """
    Refuse to send what the policy does not show the provider of this person's check (P1.4, P7.1, P8.1).

    Raises:
        VerificationConsentRequired: The person has not consented.
        GuardianConsentRequired: They are under age, and their guardian has not.
    """
    case = case_of_check(account, to)
    decisions = [decide(to.asks(each, of=case)) for each in classes]
    if not all(decision.is_clear for decision in decisions):
        missing = {fact for decision in decisions for fact in decision.missing}
        purpose = Purpose.CROSS_BORDER if missing == {"region"} else Purpose.IDENTITY_VERIFICATION
        if case.age is not AgeBand.ADULT:
            raise persons.GuardianConsentRequired(purpose)
        raise VerificationConsentRequired(purpose)


def _require_age(claim: Claim, account: Seen[Account]) -> None:
    if claim.is_of_age:
        require_adult(account.case.age)


async def _phone_of(account: Seen[Account]) -> str | None:
    """Give the phone number that somebody signs in with, which is proven to be theirs."""
    (phone,) = await open_cells([(Account, "phone", account.row.id, account.row.id, account.row.phone)])
    return phone if isinstance(phone, str) else None


async def _verified(account_id: UUID, level: VerificationLevel) -> IdentityVerification | None:
    """Find the check by which somebody is verified as far, or further."""
    levels = [each for each in CHECKED if each.reaches(level)]
    return await IdentityVerification.filter(
        account_id=account_id, state=VerificationState.VERIFIED, level__in=levels
    ).first()


async def _begin(claim: Claim, number: str, name: str, provider: Viewer, by: Viewer) -> IdentityVerification | None:
    """Write a check down, or find the one that counts or is pending; None if that is of something else."""
    now, index = clock.now(), _index(number)
    async with transaction():
        account = await persons.own_account(by, is_locked=True)
        _require_age(claim, account)
        require_may_send(account, to=provider)
        await _expire(account.row.id)
        done = await _verified(account.row.id, claim.level)
        if done is not None:
            return done
        pending = await IdentityVerification.get_or_none(account_id=account.row.id, state=VerificationState.PENDING)
        if pending is not None:
            if pending.level is not claim.level or not hmac.compare_digest(pending.document_index, index):
                return None
            # The job leaves it alone while it is asked here.
            await IdentityVerification.filter(id=pending.id).update(look_at=now + FIRST_LOOK)
            return pending
        return await IdentityVerification.create(
            id=new_id(),
            account_id=account.row.id,
            level=claim.level,
            state=VerificationState.PENDING,
            provider=name[:LONGEST_PROVIDER],
            partner_id=provider.partner,
            document_index=index,
            look_at=now + FIRST_LOOK,
            created_at=now,
            expires_at=now + LIFE,
        )


async def follow_up() -> int:
    """
    Ask how checks stand that nobody has answered yet; any number of programs may do so at once.

    A check that the provider never got, and one that has waited for too long, end as expired. A provider that is not in
    standing any more is asked nothing (P4.5), so what waits for it expires as well.

    Returns:
        How many have ended.
    """
    return await _expire(None) + await provider_checks.ask_again(
        IdentityVerification,
        lambda row, finding, provider: _end(row["id"], row["account_id"], finding, provider),
    )


async def _end(check_id: UUID, account_id: UUID, finding: Finding, provider: Viewer) -> bool:
    """Write down how a check ended, once; without the consent to it, which may be gone by now, it ends unused."""
    state = ENDS.get(finding)
    if state is None:
        return False
    now = clock.now()
    async with transaction():
        if not await _counts(check_id, account_id, provider):
            state = VerificationState.EXPIRED
        changed = await database.execute(
            """UPDATE identity_verification SET state = $2, closed_at = $3, document_index = NULL
            WHERE id = $1 AND state = 'PENDING'""",
            check_id,
            state.value,
            now,
        )
        if changed:
            await outbox.enqueue(Event(Topic.IDENTITY_CHECKED, {"account": account_id, "at": now}))
    return bool(changed)


async def _counts(check_id: UUID, account_id: UUID, provider: Viewer) -> bool:
    """Tell whether an answer may still be used, with the account locked: the person may have thought better of it."""
    try:
        account = await persons.own_account(Viewer(account=account_id), is_locked=True)
        check = await IdentityVerification.get(id=check_id)
        if check.level is VerificationLevel.ADULT:
            require_adult(account.case.age)
        require_may_send(account, to=provider)
    except Refusal:
        return False
    return True


async def _expire(account_id: UUID | None) -> int:
    return await database.execute(
        """UPDATE identity_verification SET state = 'EXPIRED', closed_at = $1, document_index = NULL
        WHERE state = 'PENDING' AND expires_at <= $1 AND ($2::uuid IS NULL OR account_id = $2)""",
        clock.now(),
        account_id,
    )


def _normal(number: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKC", number).upper() if sign.isalnum())


def _index(number: str) -> bytes:
    return hmac.digest(derive("identity numbers"), number.encode(), hashlib.sha256)
