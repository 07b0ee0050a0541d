"""People without an account in the world of the matrix: recipients, those who objected, and who acts for companies."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from commerce import disclosures
from commerce.addresses import Address
from models import clock
from models.disclosures import Disclosure
from models.enterprises import ContactRole, Enterprise, EnterpriseContact
from models.identity_verifications import EnterpriseVerification, VerificationState
from models.ids import new_id
from models.sealed import seal
from models.suppliers import Supplier
from models.third_parties import ObjectionNotice, ThirdPartyProof
from permissions.disclosures import Release, Shown
from policy.classes import ORDER, RECIPIENT_NAME
from policy.parties import Party
from policy.purposes import Purpose
from policy.viewer import Viewer
from tests.commerce.people import policy

if TYPE_CHECKING:
    from tests.graphql.world import Sale, Subject, World

CONSENTING = ("adult", "guardian")
# Whom a provider works on: they, and somebody whose guardian consents.
CHECKED = (*CONSENTING, "consented_child")
# So that no job of another test ends it.
LONG = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Warned:
    """That a supplier was told of somebody who objected."""

    sale: "Sale"
    row: ObjectionNotice


@dataclass(frozen=True, slots=True)
class Company:
    """The company that an account is of, with somebody who acts for it."""

    subject: "Subject"
    enterprise: Enterprise
    contact: EnterpriseContact
    phone: str
    check: EnterpriseVerification


@dataclass(frozen=True, slots=True)
class Told:
    """What was shown to a supplier."""

    sale: "Sale"
    supplier: UUID
    row: Disclosure


async def prove(world: "World", supplier: Supplier) -> None:
    """Write that a recipient has proven their phone, and that suppliers were told of others who objected."""
    world.proven_phone = world.sales_of(world.subjects["adult"])[0].parcel.phone
    proof = await ThirdPartyProof.create(
        token_hash=f"proof of {world.proven_phone}".encode(),
        contact_index=Address("phone", world.proven_phone).index_of_given,
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(hours=1),
    )
    world.viewers["third_party"] = Viewer(proof=proof.id)
    for subject in world.subjects.values():
        sale = world.sales_of(subject)[1]
        notice = await ObjectionNotice.create(
            order_id=sale.order.id, supplier_id=supplier.id, classes=["RECIPIENT_NAME"], created_at=clock.now()
        )
        world.notices.append(Warned(sale, notice))


async def register_companies(world: "World") -> None:
    """Write a company for everybody, as rows, because some of them may not do it themselves."""
    current = await policy()
    for number, subject in enumerate(world.subjects.values()):
        account = subject.account.id
        enterprise = await Enterprise.create(
            account_id=account, name=f"Firm of {subject.name}", registration_number="77", created_at=clock.now()
        )
        # One of the contacts is who has proven a phone.
        phone = world.proven_phone if subject.name == "other" else f"{subject.person.phone}{number}"
        contact_id = new_id()
        cells: dict[str, Any] = await seal(
            EnterpriseContact,
            contact_id,
            contact_id,
            name=f"Contact of {subject.name}",
            phone=phone,
            email="contact@firm.example",
            identity_document="A 77",
        )
        contact = await EnterpriseContact.create(
            id=contact_id,
            enterprise_id=enterprise.id,
            role=ContactRole.DIRECTOR,
            **cells,
            phone_index=Address("phone", phone).index_of_given,
            is_account_holder=False,
            policy_version_id=current.id,
            is_child=False,
            created_at=clock.now(),
        )
        is_open = subject.name in CHECKED
        now, verifier = clock.now(), world.partners["verifier"]
        check = await EnterpriseVerification.create(
            enterprise_id=enterprise.id,
            contact_id=contact.id,
            partner_id=verifier.id,
            policy_version_id=current.id,
            state=VerificationState.PENDING if is_open else VerificationState.REFUSED,
            provider=verifier.name,
            look_at=now + LONG,
            created_at=now,
            expires_at=now + LONG,
            closed_at=None if is_open else now,
        )
        world.companies.append(Company(subject, enterprise, contact, phone, check))


async def disclose(world: "World", supplier: Supplier) -> None:
    """Put on record that a supplier was shown somebody of an order of everybody."""
    for subject in world.subjects.values():
        sale = world.sales_of(subject)[0]
        release = Release(subject.account.id, Party.SUPPLIER, Purpose.FULFILMENT, sale.order.id, None)
        shown = Shown({RECIPIENT_NAME.name, ORDER.name}, {"P2.6", "P4.2"})
        await disclosures.note({release: shown}, by=Viewer(supplier=supplier.id), operation="Parts")
        row = await Disclosure.filter(account_id=subject.account.id).order_by("-id").first()
        assert row is not None
        world.disclosures.append(Told(sale, supplier.id, row))
