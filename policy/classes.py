"""The classes of personal data: what kind each is, what it may be used for, and how it looks when masked."""

from dataclasses import dataclass
from enum import Enum

from policy.purposes import Purpose
from policy.subjects import Subject


class Category(Enum):
    """The seven categories of personal data (P1.0)."""

    BASIC = "basic information"
    IDENTITY_DOCUMENT = "identity documents"
    BIOMETRIC = "biometric information"
    NETWORK_IDENTITY = "network identity"
    PROPERTY = "property"
    BROWSING = "browsing history"
    DEVICE = "device information"


@dataclass(frozen=True, slots=True, eq=False)
class DataClass:
    """
    One kind of personal data, the unit that the policy decides on.

    A mask is a constant: it says that something is there to be asked for, and holds nothing of the value, not even
    whether there is one. Masking therefore never needs the value (docs/decisions/0003-masks-are-constants.md).

    Args:
        name: The word by which the SDL, the matrix and error texts call the class.
        category: One of the seven categories (P1.0).
        taxonomy: The key of the Fides data taxonomy.
        purposes: All that the class may be used for; any other use is refused (P2.10).
        mask: What is shown in its place where a clause allows a mask; None where no clause does.
        is_sensitive: Whether the stricter rules for sensitive data apply to everybody's datum, not only a child's.
        is_registration: Whether use of it stops with the account (P1.1).
        about: Whom it is about wherever it stands; None where the table and the type that it stands in say so.
    """

    name: str
    category: Category
    taxonomy: str
    purposes: frozenset[Purpose]
    mask: str | None = None
    is_sensitive: bool = False
    is_registration: bool = False
    about: Subject | None = None

    def __repr__(self) -> str:
        return self.name


_ACCOUNT = frozenset({Purpose.ACCOUNT})
_OWN = _ACCOUNT | {Purpose.OVERSIGHT}
_CONTACT = _OWN | {Purpose.CUSTOMER_SERVICE, Purpose.OPERATIONS}
_ORDER = _CONTACT | {Purpose.FULFILMENT}
_PAID = _ORDER | {Purpose.PAYMENT, Purpose.SECURITY}
_RECIPIENT = _ORDER | {Purpose.RIGHTS}
_WATCHED = _OWN | {Purpose.PRIVACY, Purpose.AUDIT}
_VERIFIED = _CONTACT | {Purpose.IDENTITY_VERIFICATION}

# Registration data (P1.1): used while the account lives, and no longer.
PERSON_NAME = DataClass(
    "PERSON_NAME",
    Category.BASIC,
    "user.name",
    _VERIFIED | {Purpose.SECURITY, Purpose.AFFILIATE_ACCOUNT, Purpose.AFFILIATE_SAFETY},
    mask="•••",
    is_registration=True,
)
GENDER = DataClass("GENDER", Category.BASIC, "user.demographic.gender", _OWN, is_registration=True)
BIRTH_DATE = DataClass("BIRTH_DATE", Category.BASIC, "user.demographic.date_of_birth", _OWN, is_registration=True)
NATIONALITY = DataClass("NATIONALITY", Category.BASIC, "user.demographic.nationality", _OWN, is_registration=True)
PHONE = DataClass(
    "PHONE",
    Category.BASIC,
    "user.contact.phone_number",
    _VERIFIED | {Purpose.SECURITY, Purpose.AFFILIATE_SAFETY},
    mask="+•• ••• •••••",
    is_registration=True,
)
EMAIL = DataClass(
    "EMAIL",
    Category.BASIC,
    "user.contact.email",
    _CONTACT | {Purpose.SECURITY, Purpose.AFFILIATE_ACCOUNT},
    mask="•••@•••",
    is_registration=True,
)
POSTAL_ADDRESS = DataClass(
    "POSTAL_ADDRESS",
    Category.BASIC,
    "user.contact.address",
    _CONTACT,
    mask="•••",
    is_sensitive=True,
    is_registration=True,
)
CONTACT_PERSON = DataClass("CONTACT_PERSON", Category.BASIC, "user.contact", _OWN, is_registration=True)
IDENTITY_DOCUMENT = DataClass(
    "IDENTITY_DOCUMENT",
    Category.IDENTITY_DOCUMENT,
    "user.government_id",
    _ACCOUNT | {Purpose.CUSTOMER_SERVICE, Purpose.IDENTITY_VERIFICATION},
    mask="••••••",
    is_sensitive=True,
    is_registration=True,
)
PAYMENT_ACCOUNT = DataClass(
    "PAYMENT_ACCOUNT",
    Category.PROPERTY,
    "user.financial.bank_account",
    _ACCOUNT | {Purpose.CUSTOMER_SERVICE},
    mask="••••",
    is_sensitive=True,
    is_registration=True,
)

# The account as such, and what the person must see in order to manage it.
ACCOUNT = DataClass(
    "ACCOUNT",
    Category.NETWORK_IDENTITY,
    "user.account",
    _CONTACT
    | {
        Purpose.SECURITY,
        Purpose.AFFILIATE_ACCOUNT,
        Purpose.AFFILIATE_RECOMMENDATION,
        Purpose.AFFILIATE_ABNORMAL_ACCOUNTS,
        Purpose.AFFILIATE_SAFETY,
        Purpose.PRIVACY,
    },
)
CONSENT = DataClass("CONSENT", Category.NETWORK_IDENTITY, "user.privacy_preferences", _OWN | {Purpose.PRIVACY})
SESSION = DataClass("SESSION", Category.NETWORK_IDENTITY, "user.device.ip_address", _ACCOUNT | {Purpose.SECURITY})
# The family of the browser and the kind of client, which thousands share. Whatever tells one device from another would
# be a class of its own, and sensitive (docs/decisions/0029).
DEVICE = DataClass(
    "DEVICE",
    Category.DEVICE,
    "user.device",
    _ACCOUNT | {Purpose.SECURITY, Purpose.OPERATIONS, Purpose.AFFILIATE_ABNORMAL_ACCOUNTS},
)
CREDENTIAL = DataClass(
    "CREDENTIAL", Category.NETWORK_IDENTITY, "user.authorization.credentials", frozenset({Purpose.SECURITY})
)
SERVICE_RECORD = DataClass(
    "SERVICE_RECORD", Category.NETWORK_IDENTITY, "user.content.private", _ACCOUNT | {Purpose.CUSTOMER_SERVICE}
)

# What was done with somebody's data, and on what ground: for the person first, and for those who check it.
DISCLOSURE = DataClass("DISCLOSURE", Category.NETWORK_IDENTITY, "user.privacy_preferences", _WATCHED | {Purpose.RIGHTS})
LEGAL_CASE = DataClass("LEGAL_CASE", Category.NETWORK_IDENTITY, "user.privacy_preferences", _WATCHED)
TRANSFER = DataClass("TRANSFER", Category.NETWORK_IDENTITY, "user.privacy_preferences", _WATCHED)

# That somebody's identity was checked, and how the check ended (P1.4).
VERIFICATION = DataClass(
    "VERIFICATION",
    Category.IDENTITY_DOCUMENT,
    "user.government_id",
    _OWN | {Purpose.CUSTOMER_SERVICE, Purpose.IDENTITY_VERIFICATION},
)

# Not collected; the classes are there so that nobody collects them as something else.
BIOMETRIC = DataClass("BIOMETRIC", Category.BIOMETRIC, "user.biometric", _ACCOUNT, is_sensitive=True)
LOCATION = DataClass(
    "LOCATION", Category.DEVICE, "user.location", _ACCOUNT | {Purpose.FULFILMENT, Purpose.LOCATION}, is_sensitive=True
)

# The company that an account is of, as its licence has it: about its account, as far as it leads there.
ENTERPRISE_LICENCE = DataClass("ENTERPRISE_LICENCE", Category.BASIC, "user.contact.organization", _VERIFIED)

# Who acts for a company: subjects of their own, whose details its account gave (P1.2a).
ENTERPRISE_CONTACT = DataClass(
    "ENTERPRISE_CONTACT",
    Category.BASIC,
    "user.contact",
    _VERIFIED | {Purpose.RIGHTS},
    mask="•••",
    about=Subject.CONTACT,
)
ENTERPRISE_CONTACT_DOCUMENT = DataClass(
    "ENTERPRISE_CONTACT_DOCUMENT",
    Category.IDENTITY_DOCUMENT,
    "user.government_id",
    _ACCOUNT | {Purpose.CUSTOMER_SERVICE, Purpose.IDENTITY_VERIFICATION, Purpose.RIGHTS},
    mask="••••••",
    is_sensitive=True,
    about=Subject.CONTACT,
)

# What somebody thinks of buying: theirs alone until they buy it (P2.3).
CART = DataClass("CART", Category.BROWSING, "user.behavior.browsing_history", _ACCOUNT)

# What somebody searched for. Without an account it is about nobody, and with one it is theirs (P2.2c).
SEARCH = DataClass(
    "SEARCH",
    Category.BROWSING,
    "user.behavior.search_history",
    _ACCOUNT | {Purpose.OPERATIONS, Purpose.PERSONALISATION},
)

# Orders: the transaction core, what was paid, and the recipient, who is a subject of their own (P1.2b).
ORDER = DataClass(
    "ORDER",
    Category.PROPERTY,
    "user.behavior.purchase_history",
    _ORDER | {Purpose.SECURITY, Purpose.AFFILIATE_RECOMMENDATION},
)
ORDER_NUMBER = DataClass("ORDER_NUMBER", Category.PROPERTY, "user.unique_id", _PAID)
ORDER_AMOUNT = DataClass("ORDER_AMOUNT", Category.PROPERTY, "user.financial", _PAID)
RECIPIENT_NAME = DataClass(
    "RECIPIENT_NAME", Category.BASIC, "user.name", _RECIPIENT, mask="•••", about=Subject.RECIPIENT
)
RECIPIENT_PHONE = DataClass(
    "RECIPIENT_PHONE",
    Category.BASIC,
    "user.contact.phone_number",
    _RECIPIENT,
    mask="+•• ••• •••••",
    about=Subject.RECIPIENT,
)
RECIPIENT_ADDRESS = DataClass(
    "RECIPIENT_ADDRESS",
    Category.BASIC,
    "user.contact.address",
    _RECIPIENT,
    mask="•••",
    is_sensitive=True,
    about=Subject.RECIPIENT,
)

# Where the money comes from if somebody else pays: for the institution that takes it, and for nobody else (P1.2c).
PAYER_ACCOUNT = DataClass(
    "PAYER_ACCOUNT",
    Category.PROPERTY,
    "user.financial.bank_account",
    _ACCOUNT | {Purpose.CUSTOMER_SERVICE, Purpose.OPERATIONS, Purpose.PAYMENT},
    mask="••••",
    is_sensitive=True,
    about=Subject.PAYER,
)

CLASSES: tuple[DataClass, ...] = tuple(value for value in list(globals().values()) if isinstance(value, DataClass))
BY_NAME = {data_class.name: data_class for data_class in CLASSES}
REGISTRATION = frozenset(data_class for data_class in CLASSES if data_class.is_registration)
SENSITIVE = frozenset(data_class for data_class in CLASSES if data_class.is_sensitive)
RECIPIENT = frozenset(data_class for data_class in CLASSES if data_class.about is Subject.RECIPIENT)
CONTACTS_OF_ENTERPRISES = frozenset(data_class for data_class in CLASSES if data_class.about is Subject.CONTACT)
OF_OTHERS = frozenset(each for each in CLASSES if each.about is not None and each.about.is_named_by_others)
"""Classes about somebody without an account, whose data an account gave (P1.2)."""
