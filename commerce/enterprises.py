"""What an account says of the company that it is of, and of the people who act for it (P1.2a)."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from commerce import addresses, persons, texts
from commerce.acceptances import in_force
from commerce.recipients import Attestation, require_attestation, require_consent_for_child
from commerce.refusals import Refusal
from commerce.verification_levels import require_level
from models import clock, keys
from models.bounds import ENTERPRISE_CONTACTS
from models.database import execute, fetch, retrying, transaction
from models.enterprises import ContactRole, Enterprise, EnterpriseContact
from models.ids import new_id
from models.sealed import seal
from policy.ages import AgeBand
from policy.seen import Seen
from policy.verification import VerificationLevel
from policy.viewer import Viewer

LONGEST_NAME = 200
LONGEST_PERSON = 100
LONGEST_NUMBER = 64


class EnterprisePresent(Refusal):
    """The account is of a company already."""

    code = "ENTERPRISE_PRESENT"

    def __init__(self) -> None:
        super().__init__("This account is of a company already; see `viewer.account.enterprise`.")


class EnterpriseNeeded(Refusal):
    """The account is of no company."""

    code = "ENTERPRISE_NEEDED"

    def __init__(self) -> None:
        super().__init__("Say first which company the account is of: `enterpriseRegister`.")


class EnterpriseNeedsAdult(Refusal):
    """Somebody under age speaks for no company."""

    code = "ENTERPRISE_NEEDS_ADULT"

    def __init__(self) -> None:
        super().__init__("Only somebody of age speaks for a company; have them register with an account of their own.")


class EnterpriseContactsFull(Refusal):
    """A company has as many contacts as it may have."""

    code = "ENTERPRISE_CONTACTS_FULL"

    def __init__(self) -> None:
        super().__init__(f"A company has at most {ENTERPRISE_CONTACTS} contacts; remove one first.")


class EnterpriseContactNotFound(Refusal):
    """There is no such contact, or it is another company's."""

    code = "ENTERPRISE_CONTACT_NOT_FOUND"

    def __init__(self, field: str = "id") -> None:
        super().__init__(
            "Your company has no such contact. List `viewer.account.enterprise.contacts` for those that it has.",
            field=(field,),
        )


class EnterpriseContactNotReachable(Refusal):
    """A contact without phone and e-mail address could never see what was given of them."""

    code = "ENTERPRISE_CONTACT_NOT_REACHABLE"

    def __init__(self) -> None:
        super().__init__(
            "Give `email` or `phone` of the contact: by it they see what is held of them, and object.",
            field=("email",),
        )


@dataclass(frozen=True, slots=True)
class Contact:
    """
    Somebody who acts for a company, as it was typed.

    Args:
        is_self: Whether it is the account's holder.
        region: Whose phone numbers are understood without a country code.
    """

    is_self: bool
    role: ContactRole
    name: str = field(repr=False)
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    identity_document: str | None = field(default=None, repr=False)
    region: str | None = None
    is_child: bool = False


async def register(name: str, registration_number: str, *, by: Viewer) -> UUID:
    """
    Say which company the account of the person who asks is of.

    Returns:
        The company.

    Raises:
        EnterpriseNeedsAdult: They are under age.
        EnterprisePresent: The account is of a company already.
        TextNotValid: A text is empty or too long.
        NotInPerson, AccountCancelled: See `commerce.persons`.
    """
    called = texts.line(name, field="name", longest=LONGEST_NAME)
    number = texts.line(registration_number, field="registrationNumber", longest=LONGEST_NUMBER)

    async def write() -> UUID:
        async with transaction():
            account = await persons.own_account(by, is_locked=True)
            if account.case.age is not AgeBand.ADULT:
                raise EnterpriseNeedsAdult
            if await Enterprise.exists(account_id=account.row.id):
                raise EnterprisePresent
            row = await Enterprise.create(
                account_id=account.row.id, name=called, registration_number=number, created_at=clock.now()
            )
            return row.id

    return await retrying(write)


async def add_contact(contact: Contact, attestation: Attestation, *, is_confirmed: bool, by: Viewer) -> UUID:
    """
    Give the details of somebody who acts for the company of the person who asks.

    Args:
        contact: Who.
        attestation: The word that they allow it and know of the policy in force (P1.2d).
        is_confirmed: Whether it was confirmed that sensitive data is to be stored (P2.10).

    Returns:
        The contact.

    Raises:
        EnterpriseNeeded: The account is of no company.
        AttestationRequired, RecipientConsentRequired: It is somebody else, and the word is missing (P1.2d, P1.2f).
        SensitiveNotConfirmed: An identity document came without confirmation.
        VerificationRequired: They say that they themselves represent it by law, and their name is not verified (P2.1).
        EnterpriseContactNotReachable: There is neither a phone nor an e-mail address.
        EnterpriseContactsFull: There are too many.
        TextNotValid, EmailNotValid, PhoneNotValid: What was typed is none.
    """
    account = await persons.own_account(by)
    current = await in_force()
    require_attestation(contact, attestation, current)
    require_consent_for_child(contact, attestation)
    plain, index = _read(contact)
    given = persons.classes_of(EnterpriseContact, [column for column, text in plain.items() if text is not None])
    persons.require_may_give(given, of=account.case, is_confirmed=is_confirmed)
    if contact.is_self and contact.role is ContactRole.LEGAL_REPRESENTATIVE:
        await require_level(VerificationLevel.NAME, of=account.row.id)
    await _own(by)
    contact_id = new_id()
    cells: dict[str, Any] = await seal(EnterpriseContact, contact_id, contact_id, **plain)

    async def write() -> UUID:
        async with transaction():
            # INVARIANT (as many as may be): additions to one company take turns at its account.
            await persons.own_account(by, is_locked=True)
            enterprise = await _own(by)
            if await EnterpriseContact.filter(enterprise_id=enterprise.row.id).count() >= ENTERPRISE_CONTACTS:
                raise EnterpriseContactsFull
            await EnterpriseContact.create(
                id=contact_id,
                enterprise_id=enterprise.row.id,
                role=contact.role,
                **cells,
                **({} if contact.is_self else index),
                is_account_holder=contact.is_self,
                policy_version_id=current.id,
                is_child=contact.is_child,
                created_at=clock.now(),
            )
            return contact_id

    return await retrying(write)


async def remove_contact(contact_id: UUID | None, *, by: Viewer) -> UUID:
    """
    Remove somebody who acts for the company of the person who asks, with their key.

    Raises:
        EnterpriseContactNotFound: There is no such contact of theirs.
    """
    persons.person_of(by)
    seen = await EnterpriseContact.visible_to(by).where(id=contact_id).one() if contact_id is not None else None
    if seen is None:
        raise EnterpriseContactNotFound
    await erase(seen.row.id)
    return seen.row.id


async def erase(contact_id: UUID) -> bool:
    """
    Erase a contact with the checks of them.

    The key goes first, so that broken off between the two the next attempt finds the row again.

    Returns:
        Whether there was one until now.
    """
    await keys.destroy(contact_id)
    async with transaction():
        # Locked first, so that no check of them is begun between the two.
        await fetch("SELECT id FROM enterprise_contact WHERE id = $1 FOR UPDATE", contact_id)
        await execute("DELETE FROM enterprise_verification WHERE contact_id = $1", contact_id)
        return bool(await execute("DELETE FROM enterprise_contact WHERE id = $1", contact_id))


async def erase_objecting() -> int:
    """Erase the contacts who objected and are still there; any number of programs may do so at once."""
    rows = await fetch("SELECT id FROM enterprise_contact WHERE objected_at IS NOT NULL ORDER BY id")
    return sum([await erase(row["id"]) for row in rows])


async def _own(by: Viewer) -> Seen[Enterprise]:
    found = await Enterprise.visible_to(by).where(account_id=by.person).one()
    if found is None:
        raise EnterpriseNeeded
    return found


def _read(contact: Contact) -> tuple[dict[str, str | None], dict[str, Any]]:
    email = addresses.email(contact.email) if contact.email else None
    phone = addresses.phone(contact.phone, region=contact.region) if contact.phone else None
    if email is None and phone is None:
        raise EnterpriseContactNotReachable
    document = contact.identity_document
    plain = {
        "name": texts.line(contact.name, field="name", longest=LONGEST_PERSON),
        "email": email and email.text,
        "phone": phone and phone.text,
        "identity_document": document and texts.line(document, field="identityDocument", longest=LONGEST_NUMBER),
    }
    reached = [address for address in (email, phone) if address is not None]
    return plain, {f"{address.column}_index": address.index_of_given for address in reached}
