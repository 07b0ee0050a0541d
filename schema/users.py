"""People: their account, profile and addresses, as they, their guardian and customer service see them."""

from datetime import date, datetime

import strawberry

from models.accounts import AccountState
from models.bounds import ADDRESSES, DEVICES, WARDS
from permissions.fields import classified, connection, to_many, to_one
from policy.ages import AgeBand
from policy.classes import (
    ACCOUNT,
    BIRTH_DATE,
    CONSENT,
    CONTACT_PERSON,
    DEVICE,
    EMAIL,
    GENDER,
    IDENTITY_DOCUMENT,
    NATIONALITY,
    PAYMENT_ACCOUNT,
    PERSON_NAME,
    PHONE,
    POSTAL_ADDRESS,
)
from policy.guardian_notice import GIVABLE
from policy.purposes import Purpose, purposes_in
from policy.subjects import Subject
from resolvers import (
    devices,
    disclosures,
    guardianships,
    identity_verifications,
    legal_grounds,
    purchase_approvals,
    transfers,
    users,
)
from resolvers.consents import questions_of, steps_of
from resolvers.enterprises import enterprises_of
from resolvers.orders import orders_of
from resolvers.searches import searches_of
from schema.consents import Consent, ConsentQuestion
from schema.disclosures import Disclosure
from schema.enterprises import Enterprise
from schema.guardianships import GuardianChallenge, GuardianConsent, Guardianship
from schema.identity_verifications import IdentityVerification, Verification
from schema.legal_grounds import LegalGround
from schema.orders import Order
from schema.purchase_approvals import PurchaseApproval
from schema.relay import Connection, Node, node_id, shows
from schema.searches import Search
from schema.transfers import Transfer


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text is not None else None


def _purposes(bits: int) -> list[Purpose]:
    return sorted(purposes_in(bits), key=lambda purpose: purpose.bit)


@strawberry.type(description="What a person told about themselves when they signed up, or later.")
class UserProfile:
    """Exactly the registration data of the policy (P1.1), and nothing more."""

    about = Subject.ACCOUNT_HOLDER

    name: str | None = classified(PERSON_NAME, "The person's name.")
    gender: str | None = classified(GENDER, "The person's gender, in their own words; optional.")
    birth_date: date | None = classified(BIRTH_DATE, "The day of birth.", value=_date)
    nationality: str | None = classified(NATIONALITY, "The nationality, as an ISO 3166-1 code.")
    identity_document: str | None = classified(IDENTITY_DOCUMENT, "The number of an identity document.")
    payment_account: str | None = classified(PAYMENT_ACCOUNT, "The account for payments and refunds.")
    contact_person: str | None = classified(CONTACT_PERSON, "Whom to ask for, if not the person.")
    updated_at: datetime | None = classified(ACCOUNT, "When any of it was last changed.")
    version: int | None = classified(ACCOUNT, "Counts the changes; give it as `expectedVersion` when you change it.")


@strawberry.type(description="A postal address in a person's address book.")
class Address(Node):
    """Registration data (P1.1)."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("Address")

    id: strawberry.ID = node_id("Address")
    name: str | None = classified(PERSON_NAME, "Who lives or works there.")
    phone: str | None = classified(PHONE, "Whom the courier calls.")
    street: str | None = classified(POSTAL_ADDRESS, "Street, house and what else the courier needs.")
    city: str | None = classified(POSTAL_ADDRESS, "City or place.")
    postal_code: str | None = classified(POSTAL_ADDRESS, "Postal code, as the country writes it.")
    country: str | None = classified(POSTAL_ADDRESS, "Country, as an ISO 3166-1 code.")
    is_default: bool | None = classified(ACCOUNT, "Whether it is the one to begin with.")
    version: int | None = classified(ACCOUNT, "Counts the changes; give it as `expectedVersion` when you change it.")


@strawberry.type(description="A kind of device that an account is used with, which thousands share.")
class Device:
    """It has no id: it is a kind, and whatever told one device from another would be sensitive."""

    about = Subject.ACCOUNT_HOLDER

    client_kind: str | None = classified(DEVICE, "`web`, `app`, `mini-program` or `api`.")
    user_agent_family: str | None = classified(DEVICE, "The family of the browser or program, such as `Firefox`.")


@strawberry.type(description="A person's account.")
class User(Node):
    """Who knows of an account at all is `models.accounts.Account.visible_to`; each field is decided besides."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("User")

    id: strawberry.ID = node_id("User")
    email: str | None = classified(EMAIL, "The e-mail address that the person signs in with.")
    phone: str | None = classified(PHONE, "The phone number that the person signs in with.")
    state: AccountState | None = classified(ACCOUNT, "Whether the account may be used.")
    region: str | None = classified(ACCOUNT, "Where the person lives, as an ISO 3166-1 code.")
    storage_region: str | None = classified(
        ACCOUNT, "Where what is held of them is stored, as an ISO 3166-1 code.", rows=transfers.storage_regions_of
    )
    age_band: AgeBand | None = classified(
        BIRTH_DATE, "How far the law protects the person for their age.", rows=users.age_bands_of
    )
    created_at: datetime | None = classified(ACCOUNT, "When the account was made.")
    guardian_consents: list[Purpose] | None = classified(
        CONSENT, "What a minor's guardian consents to.", columns=("guardian_consents",), value=_purposes
    )
    consents: list[Purpose] | None = classified(
        CONSENT, "What they consent to for themselves.", columns=("own_consents",), value=_purposes
    )
    policy_version: int | None = classified(
        CONSENT, "The version of the privacy policy that they accepted last.", columns=("agreed_version",)
    )
    consents_asked_anew: list[ConsentQuestion] | None = classified(
        CONSENT,
        "What waits for their own answer since they came of age: closed until `consentGive`; `consentWithdraw` says "
        "no.",
        rows=questions_of,
        needs=("unanswered",),
        at_most=len(GIVABLE),
    )
    consent_history: Connection[Consent] = connection(
        "How their own consents came to be, the newest step first.", rows=steps_of
    )
    guardianship: Guardianship | None = to_one(
        "That a guardian watches over them; null without one.", by="id", rows=guardianships.guardianships_of
    )
    guardian_challenge: GuardianChallenge | None = to_one(
        "The newest invitation of a guardian by them; null if there was none.",
        by="id",
        rows=guardianships.challenges_of,
    )
    guardian_consent_history: Connection[GuardianConsent] = connection(
        "How their guardian's consents came to be, the newest step first.", rows=guardianships.consents_of
    )
    verification: Verification | None = to_one(
        "How far they are verified.", by="id", rows=identity_verifications.standings_of
    )
    identity_verification: IdentityVerification | None = to_one(
        "The newest check of who they are; null if there was none.",
        by="id",
        rows=identity_verifications.verifications_of,
    )
    profile: UserProfile | None = to_one("What the person told about themselves.", by="id", rows=users.profiles_of)
    devices: list[Device] = to_many(
        "With what kinds of devices the account is signed in; for the person, and for partners who look for abuse.",
        at_most=DEVICES,
        rows=devices.devices_of,
    )
    addresses: list[Address] = to_many("The address book.", at_most=ADDRESSES, rows=users.addresses_of)
    enterprise: Enterprise | None = to_one(
        "The company that the account is of; null for a person's own.", by="id", rows=enterprises_of
    )
    orders: Connection[Order] = connection("The orders they placed, the newest first.", rows=orders_of)
    purchase_approvals: Connection[PurchaseApproval] = connection(
        "What they wanted to buy above the limit of their guardian, the newest first.",
        rows=purchase_approvals.approvals_of,
    )
    legal_grounds: Connection[LegalGround] = connection(
        "The legal grounds by which somebody may see, or could see, their data; the newest first.",
        rows=legal_grounds.grounds_of,
    )
    disclosures: Connection[Disclosure] = connection(
        "To whom their data was shown, the newest first.", rows=disclosures.disclosures_of
    )
    searches: Connection[Search] = connection(
        "What they searched for, if they consent to `PERSONALISATION`; the newest first.", rows=searches_of
    )
    transfers: Connection[Transfer] = connection("To where abroad their data goes.", rows=transfers.transfers_of)
    wards: list["User"] | None = classified(
        CONSENT, "The minors whom they watch over.", at_most=WARDS, rows=users.wards_of
    )
