"""The words of the second reading: the facts of a case, and the classes of data in the groups that the clauses name."""

from typing import NamedTuple

CLEAR = "CLEAR"
MASK = "MASK"
NULL = "NULL"

# P1.1: what somebody gives at sign-up and in the profile.
CONTACTS = ("PERSON_NAME", "PHONE", "EMAIL", "POSTAL_ADDRESS")
PAPERS = ("IDENTITY_DOCUMENT", "PAYMENT_ACCOUNT")
REGISTRATION = (*CONTACTS, *PAPERS, "GENDER", "BIRTH_DATE", "NATIONALITY", "CONTACT_PERSON")
# P1.2a: somebody else, who acts for a company.
ENTERPRISE = ("ENTERPRISE_CONTACT", "ENTERPRISE_CONTACT_DOCUMENT")
# P1.2b, P2.4: whom an order is sent to, and the order itself.
RECIPIENT = ("RECIPIENT_NAME", "RECIPIENT_PHONE", "RECIPIENT_ADDRESS")
CORE = ("ORDER", "ORDER_NUMBER")
ORDER = (*CORE, "ORDER_AMOUNT")
# P2.9, P4.1, P8.1, P9.1: what was done with the data of somebody, and what they said to it.
RECORDS = ("CONSENT", "DISCLOSURE", "LEGAL_CASE", "TRANSFER")
# P1.2a, P1.3b, P1.3c, P2.1, P2.3, P2.7: what comes of having an account.
OF_THE_ACCOUNT = (
    *("ACCOUNT", "SESSION", "DEVICE", "SERVICE_RECORD", "VERIFICATION", "CART", "SEARCH", "ENTERPRISE_LICENCE"),
)
# P1.0: what is named and not collected.
NOT_COLLECTED = ("BIOMETRIC", "LOCATION")
ALL_CLASSES = (
    *REGISTRATION,
    *ENTERPRISE,
    *RECIPIENT,
    *ORDER,
    *RECORDS,
    *OF_THE_ACCOUNT,
    *NOT_COLLECTED,
    "CREDENTIAL",
    "PAYER_ACCOUNT",
)

# P1.0: the classes that are sensitive whoever the person is: papers, money, the precise address, the body. `DEVICE` is
# the browser's family alone and identifies none (0029).
SENSITIVE = (
    *PAPERS,
    *NOT_COLLECTED,
    "ENTERPRISE_CONTACT_DOCUMENT",
    "PAYER_ACCOUNT",
    "POSTAL_ADDRESS",
    "RECIPIENT_ADDRESS",
)


class Facts(NamedTuple):
    """The facts of one case, with the meaning that `vocabulary.md` gives them."""

    purpose_fits: bool
    age: str
    guardian_consents: bool
    account_cancelled: bool
    window_open: bool
    ticket_open: bool
    membership_verified: bool
    staff_trained: bool
    delegated: bool
    in_standing: bool
    region_fits: bool
    objected: bool
    version_pending: bool
    own_consent: bool
    sensitive_consent: bool
    task: str
    legal_ground: bool
    ground_covers_child: bool
    linked: bool


def closed_to_everybody(data_class: str, facts: Facts) -> bool:
    """Say whether data is closed to whoever asks, the person it is about among them."""
    if not facts.purpose_fits:  # P2.10
        return True
    if facts.account_cancelled and data_class in REGISTRATION:  # P1.1
        return True
    # P1.2e: a third party who objected is out of it; a delivery under way is finished first.
    return facts.objected and not facts.window_open and data_class in (*RECIPIENT, *ENTERPRISE)


def closed_to_others(data_class: str, facts: Facts) -> bool:
    """Say whether data is closed to whoever makes use of it and does not look up their own (P6.1, P9.1)."""
    if closed_to_everybody(data_class, facts):
        return True
    return facts.version_pending  # P9.3
