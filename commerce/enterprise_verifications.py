"""A provider checks a company's licence, and that whoever represents it by law is who the company says (P1.4)."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from commerce import disclosures, outbox, persons, provider_checks, throttling
from commerce.acceptances import in_force
from commerce.enterprises import EnterpriseContactNotFound
from commerce.identity_checks import Finding, Licence, ProviderAway, Question
from commerce.identity_verifications import VerificationPending, require_may_send
from commerce.outbox import Event, Topic
from commerce.provider_checks import ENDS, FIRST_LOOK, LIFE, LONGEST_PROVIDER, case_of_check
from commerce.recipients import Attestation, require_attestation
from commerce.refusals import Refusal
from commerce.throttling import Rate
from models import clock, database
from models.accounts import PolicyVersion
from models.database import retrying, transaction
from models.enterprises import ContactRole, Enterprise, EnterpriseContact
from models.identity_verifications import EnterpriseVerification, VerificationState
from models.ids import new_id
from models.sealed import open_cells
from policy.classes import ENTERPRISE_CONTACT, ENTERPRISE_CONTACT_DOCUMENT, ENTERPRISE_LICENCE
from policy.enforcement import keeps
from policy.seen import Seen
from policy.viewer import Viewer

SENT = (ENTERPRISE_LICENCE, ENTERPRISE_CONTACT, ENTERPRISE_CONTACT_DOCUMENT)
PER_COMPANY = Rate("enterprise.verification", burst=5, interval=timedelta(hours=1))


class LegalRepresentativeNeeded(Refusal):
    """A company is checked together with a grown-up who represents it by law."""

    code = "LEGAL_REPRESENTATIVE_NEEDED"

    def __init__(self) -> None:
        super().__init__(
            "Name a contact of the role `LEGAL_REPRESENTATIVE` who is no child; `enterpriseContactAdd` adds one.",
            field=("contactId",),
        )


class EnterpriseDocumentNeeded(Refusal):
    """There is no document of the representative, or it went with the end of an earlier check."""

    code = "ENTERPRISE_DOCUMENT_NEEDED"

    def __init__(self) -> None:
        super().__init__(
            "No identity document of this contact is held. Remove them with `enterpriseContactRemove`, and add them "
            "anew with `identityDocument`.",
            field=("contactId",),
        )


@dataclass(frozen=True, slots=True)
class _Given:
    """The representative, as far as the account's word for them goes."""

    is_self: bool
    is_child: bool


async def verify(contact_id: UUID | None, attestation: Attestation, *, by: Viewer) -> UUID:
    """
    Have the company of the person who asks checked, together with who represents it by law.

    What is sent is what is held: the company's name and number, and the representative's name, document and phone.
    Nothing is awaited in a transaction. Asked again for the same representative it is the same check, until it has
    ended; whoever was found to represent the company stays so, and nothing is sent.

    Args:
        contact_id: The representative.
        attestation: The word that they agree to the check and know of the policy in force (P1.2d).

    Returns:
        The check's id.

    Raises:
        EnterpriseContactNotFound: There is no such contact of theirs.
        LegalRepresentativeNeeded: The contact is none, or a child.
        AttestationRequired: It is somebody else, and the word is missing.
        EnterpriseDocumentNeeded: No document of theirs is held.
        VerificationConsentRequired: The account has not consented to checks (P1.4), or not to what leaves the region.
        VerificationNotServed: Nobody checks identities for this shop, or whoever does is not in standing (P4.5).
        VerificationPending: Another check of the company is under way.
        TooManyAttempts: Too many checks.
        Refusal: See `commerce.persons`.
    """
    account = await persons.own_account(by)
    contact = await _representative(contact_id, by)
    current = await in_force()
    require_agreement(contact.row, attestation, current)
    verifier, provider = await provider_checks.serving()
    require_may_send(account, to=provider, classes=SENT)
    done = await EnterpriseVerification.get_or_none(contact_id=contact.row.id, state=VerificationState.VERIFIED)
    if done is not None:
        return done.id
    asked = await _asked(contact.row)
    await throttling.attempt(PER_COMPANY, account.row.id.bytes)
    check_id = await retrying(lambda: _begin(contact.row, verifier.name, provider, current, by))
    if check_id is None:
        raise VerificationPending
    await disclosures.sent(SENT, of=case_of_check(account, provider), to=provider, operation="enterpriseVerify")
    try:
        finding = await verifier.ask(Question(check_id, *asked[:3], licence=asked[3]))
    except ProviderAway:
        return check_id
    await retrying(lambda: _end(check_id, contact.row.id, finding, provider))
    return check_id


@keeps("P1.4", otherwise=None)
def require_agreement(contact: EnterpriseContact, attestation: Attestation, current: PolicyVersion) -> None:
    """
    Refuse to check somebody who is not said to agree: they are the subject of it, and not the account (P1.4).

    The account's word stands for theirs, as it does when their details are given (P1.2d): they need have no account.

    Raises:
        AttestationRequired: They are not the account's holder, and the word is missing.
    """
    require_attestation(_Given(contact.is_account_holder, contact.is_child), attestation, current)


async def follow_up() -> int:
    """
    Ask how checks of companies stand that nobody has answered yet; see `commerce.identity_verifications.follow_up`.

    Returns:
        How many have ended.
    """
    return await _expire(None) + await provider_checks.ask_again(
        EnterpriseVerification,
        lambda row, finding, provider: _end(row["id"], row["contact_id"], finding, provider),
    )


async def _representative(contact_id: UUID | None, by: Viewer) -> Seen[EnterpriseContact]:
    seen = await EnterpriseContact.visible_to(by).where(id=contact_id).one() if contact_id is not None else None
    if seen is None:
        raise EnterpriseContactNotFound(field="contactId")
    if seen.row.role is not ContactRole.LEGAL_REPRESENTATIVE or seen.row.is_child:
        raise LegalRepresentativeNeeded
    return seen


async def _asked(contact: EnterpriseContact) -> tuple[str, str, str | None, Licence]:
    """Put together the least that the check takes: who it is, the document, the phone, and the company."""
    name, document, phone = await open_cells(
        [
            (EnterpriseContact, column, contact.id, contact.id, getattr(contact, column))
            for column in ("name", "identity_document", "phone")
        ]
    )
    if not isinstance(name, str) or not isinstance(document, str):
        raise EnterpriseDocumentNeeded
    enterprise = await Enterprise.get(id=contact.enterprise_id)
    licence = Licence(enterprise.name, enterprise.registration_number)
    return name, document, phone if isinstance(phone, str) else None, licence


async def _begin(
    contact: EnterpriseContact, name: str, provider: Viewer, current: PolicyVersion, by: Viewer
) -> UUID | None:
    """Write a check down, or find the one that is pending; None if that is with somebody else."""
    now = clock.now()
    assert provider.partner is not None, "it was found in the register"
    async with transaction():
        account = await persons.own_account(by, is_locked=True)
        require_may_send(account, to=provider, classes=SENT)
        # They may have been removed, or have objected, since they were looked up.
        await _representative(contact.id, by)
        await _expire(contact.enterprise_id)
        pending = await EnterpriseVerification.get_or_none(
            enterprise_id=contact.enterprise_id, state=VerificationState.PENDING
        )
        if pending is not None:
            if pending.contact_id != contact.id:
                return None
            # The job leaves it alone while it is asked here.
            await EnterpriseVerification.filter(id=pending.id).update(look_at=now + FIRST_LOOK)
            return pending.id
        made = await EnterpriseVerification.create(
            id=new_id(),
            enterprise_id=contact.enterprise_id,
            contact_id=contact.id,
            partner_id=provider.partner,
            policy_version_id=None if contact.is_account_holder else current.id,
            state=VerificationState.PENDING,
            provider=name[:LONGEST_PROVIDER],
            look_at=now + FIRST_LOOK,
            created_at=now,
            expires_at=now + LIFE,
        )
        return made.id


async def _end(check_id: UUID, contact_id: UUID, finding: Finding, provider: Viewer) -> bool:
    """Write down how a check ended, once, and forget the document; without the consent to it it ends unused."""
    state = ENDS.get(finding)
    if state is None:
        return False
    now = clock.now()
    async with transaction():
        owner = await database.fetch(
            """SELECT e.account_id FROM enterprise_contact c JOIN enterprise e ON e.id = c.enterprise_id
            WHERE c.id = $1""",
            contact_id,
        )
        if not owner:
            return False
        account_id = owner[0]["account_id"]
        if not await _counts(account_id, contact_id, provider):
            state = VerificationState.EXPIRED
        changed = await database.execute(
            "UPDATE enterprise_verification SET state = $2, closed_at = $3 WHERE id = $1 AND state = 'PENDING'",
            check_id,
            state.value,
            now,
        )
        if changed:
            if state is not VerificationState.EXPIRED:
                # INVARIANT (kept for the check alone): nothing else takes the document's number.
                await EnterpriseContact.filter(id=contact_id).update(identity_document=None)
            await outbox.enqueue(Event(Topic.IDENTITY_CHECKED, {"account": account_id, "at": now}))
    return bool(changed)


async def _counts(account_id: UUID, contact_id: UUID, provider: Viewer) -> bool:
    """Tell whether an answer may still be used, with the account locked: either may have thought better of it."""
    by = Viewer(account=account_id)
    try:
        account = await persons.own_account(by, is_locked=True)
        await _representative(contact_id, by)
        require_may_send(account, to=provider, classes=SENT)
    except Refusal:
        return False
    return True


async def _expire(enterprise_id: UUID | None) -> int:
    return await database.execute(
        """UPDATE enterprise_verification SET state = 'EXPIRED', closed_at = $1
        WHERE state = 'PENDING' AND expires_at <= $1 AND ($2::uuid IS NULL OR enterprise_id = $2)""",
        clock.now(),
        enterprise_id,
    )
