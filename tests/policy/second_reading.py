"""The policy read a second time, as plain ifs, from the clauses alone."""

CLEAR = "CLEAR"
MASK = "MASK"
NULL = "NULL"

# P1.1: what somebody gives at sign-up and in the profile.
_CONTACTS = ("PERSON_NAME", "PHONE", "EMAIL", "POSTAL_ADDRESS")
_PAPERS = ("IDENTITY_DOCUMENT", "PAYMENT_ACCOUNT")
_REGISTRATION = (
    *_CONTACTS,
    *_PAPERS,
    "GENDER",
    "BIRTH_DATE",
    "NATIONALITY",
    "CONTACT_PERSON",
)
# P1.2b, P2.4: whom an order is sent to, and the order itself.
_RECIPIENT = ("RECIPIENT_NAME", "RECIPIENT_PHONE", "RECIPIENT_ADDRESS")
_ORDER = ("ORDER", "ORDER_AMOUNT")
_ACCOUNT = (
    "ACCOUNT",
    "CONSENT",
    "SESSION",
    "DEVICE",
    "CREDENTIAL",
    "SERVICE_RECORD",
)
# P2.3: what somebody has put by; nobody else has a part in that.
_PUT_BY = ("CART",)
READ_CLASSES = (*_REGISTRATION, *_ACCOUNT, *_ORDER, *_RECIPIENT, *_PUT_BY)

# P1.0: the classes that are sensitive whoever the person is.
_SENSITIVE = (*_PAPERS, "POSTAL_ADDRESS", "RECIPIENT_ADDRESS")

# P7.1, P7.2: what a locked child still needs, to have its guardian asked.
_NEEDED_TO_ASK = ("ACCOUNT", "CONSENT", "EMAIL", "SESSION", "DEVICE")

_AGES = ("CHILD", "MINOR", "ADULT")


def sight(
    party: str,
    data_class: str,
    *,
    purpose_fits: bool,
    age: str,
    guardian_consents: bool,
    account_cancelled: bool,
    window_open: bool,
    ticket_open: bool,
    membership_verified: bool,
    staff_trained: bool,
) -> str:
    """Say whether a party sees a class of data CLEAR, as a MASK, or not (NULL)."""
    if data_class not in READ_CLASSES:
        raise ValueError(f"no such class of data: {data_class}")
    if age not in _AGES:
        raise ValueError(f"no such age: {age}")

    # P5.1: hashes of passwords and tokens are for no reader.
    if data_class == "CREDENTIAL":
        return NULL

    # What no party has in clear, whatever else would give it.
    closed = False
    if not purpose_fits:  # P2.10
        closed = True
    if account_cancelled and data_class in _REGISTRATION:  # P1.1
        closed = True

    if party == "SELF":
        return _self(data_class, closed, age, guardian_consents)
    if party == "GUARDIAN":
        return _guardian(data_class, closed, age)
    if party == "SUPPLIER":
        return _supplier(data_class, closed, age, guardian_consents, window_open)
    if party == "AGENT":
        return _agent(
            data_class,
            closed,
            age,
            guardian_consents,
            ticket_open,
            membership_verified,
            staff_trained,
        )
    if party == "OPERATOR":
        return _operator(data_class, closed, age, guardian_consents, staff_trained)
    if party == "STRANGER":
        return NULL  # P1.2b, P4.1: nothing makes a stranger a reader.
    raise ValueError(f"no such party: {party}")


def _self(data_class: str, closed: bool, age: str, guardian_consents: bool) -> str:
    if closed:
        return NULL
    # P7.2, P7.3: a child's account stays locked until its guardian consents.
    if age == "CHILD" and not guardian_consents:
        if data_class in _NEEDED_TO_ASK:
            return CLEAR
        return NULL
    # P6.1: all that is held; P1.2b: and the recipients that this account gave.
    return CLEAR


def _guardian(data_class: str, closed: bool, age: str) -> str:
    # P1.2b: an order has a recipient, but whom is not the guardian's to know.
    if data_class in _RECIPIENT:
        return MASK
    if closed:
        return NULL
    # P7.5: of somebody grown up, nothing any more.
    if age == "ADULT":
        return NULL
    # P7.4: orders and consents of anybody under age.
    if data_class in ("ACCOUNT", "CONSENT") or data_class in _ORDER:
        return CLEAR
    # P7.4: and of a child the profile too.
    if age == "CHILD":
        if data_class in _CONTACTS:
            return CLEAR
        if data_class in ("GENDER", "BIRTH_DATE", "NATIONALITY"):
            return CLEAR
    return NULL


def _supplier(
    data_class: str,
    closed: bool,
    age: str,
    guardian_consents: bool,
    window_open: bool,
) -> str:
    # P4.2, P5.3: the core of the order it supplies, consent or none.
    if data_class == "ORDER":
        if closed:
            return NULL
        # P7.1, P7.3: an order that is to be delivered, with a mask for whom, would tell that the buyer is under age.
        if window_open and age != "ADULT" and not guardian_consents:
            return NULL
        return CLEAR
    # P4.2: of the rest only the recipient.
    if data_class not in _RECIPIENT:
        return NULL
    if closed:
        return MASK
    # P2.6: until the delivery and what follows it are over.
    if not window_open:
        return MASK
    # P7.1, P7.3: part of a recipient would tell that the buyer is under age.
    if age != "ADULT" and not guardian_consents:
        return MASK
    return CLEAR


def _agent(
    data_class: str,
    closed: bool,
    age: str,
    guardian_consents: bool,
    ticket_open: bool,
    membership_verified: bool,
    staff_trained: bool,
) -> str:
    # What stays when there is no sight in clear (P1.2b, P1.4, P2.7).
    otherwise = NULL
    if data_class in _RECIPIENT:
        otherwise = MASK
    if ticket_open and (data_class in _CONTACTS or data_class in _PAPERS):
        otherwise = MASK

    if closed:
        return otherwise
    if not staff_trained:  # P5.1
        return otherwise
    if not ticket_open:  # P2.7
        return otherwise
    if _consent_is_missing(data_class, age, guardian_consents):
        return otherwise
    # P2.7: the account and the ticket, so that the caller can be verified.
    if data_class in ("ACCOUNT", "SERVICE_RECORD"):
        return CLEAR
    if not membership_verified:  # P2.7
        return otherwise
    if data_class in _CONTACTS:
        return CLEAR
    if data_class in _ORDER:
        return CLEAR
    if data_class in _RECIPIENT:
        return CLEAR
    return otherwise


def _operator(
    data_class: str,
    closed: bool,
    age: str,
    guardian_consents: bool,
    staff_trained: bool,
) -> str:
    # P1.2b: that there is a recipient, never who.
    if data_class in _RECIPIENT:
        return MASK
    if closed:
        return NULL
    if not staff_trained:  # P5.1
        return NULL
    if _consent_is_missing(data_class, age, guardian_consents):
        return NULL
    # P2.4: orders are managed.
    if data_class in _ORDER:
        return CLEAR
    return NULL


def _consent_is_missing(data_class: str, age: str, guardian_consents: bool) -> bool:
    if guardian_consents:
        return False
    # P7.3: of a child everything waits for the guardian.
    if age == "CHILD":
        return True
    # P7.1: of a minor what is sensitive does.
    return age == "MINOR" and data_class in _SENSITIVE
