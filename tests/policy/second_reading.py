"""The policy read a second time, as plain ifs, from the clauses alone."""

from tests.policy.second_reading_partners import (
    affiliate,
    carrier,
    payment_institution,
    risk_control,
    supplier,
    verifier,
)
from tests.policy.second_reading_staff import agent, auditor, operator, privacy_officer
from tests.policy.second_reading_words import (
    ALL_CLASSES,
    CLEAR,
    CONTACTS,
    ENTERPRISE,
    MASK,
    NULL,
    ORDER,
    RECIPIENT,
    Facts,
    closed_to_everybody,
)

# P7.1, P7.2: what a locked child still needs, to have its guardian asked.
_NEEDED_TO_ASK = ("ACCOUNT", "CONSENT", "EMAIL", "SESSION", "DEVICE")


def sight(party: str, data_class: str, facts: Facts) -> str:
    """Say whether a party sees a class of data CLEAR, as a MASK, or not (NULL)."""
    if data_class not in ALL_CLASSES:
        raise ValueError(f"no such class of data: {data_class}")

    if data_class == "CREDENTIAL":  # P5.1: hashes of passwords and tokens are for no reader.
        return NULL
    seen = _sight_of(party, data_class, facts)
    # P1.2c: who sees the order without its payer's account sees a mask of that; partners and others nothing (0029).
    if data_class == "PAYER_ACCOUNT" and seen == NULL and party in ("SELF", "GUARDIAN", "AGENT", "OPERATOR"):
        return MASK
    return seen


def _sight_of(party: str, data_class: str, facts: Facts) -> str:
    if party == "SELF":
        return _self(data_class, facts)
    if party == "GUARDIAN":
        return _guardian(data_class, facts)
    if party == "THIRD_PARTY":
        return _third_party(data_class, facts)
    if party == "SUPPLIER":
        return supplier(data_class, facts)
    if party == "CARRIER":
        return carrier(data_class, facts)
    if party == "PAYMENT_INSTITUTION":
        return payment_institution(data_class, facts)
    if party == "RISK_CONTROL":
        return risk_control(data_class, facts)
    if party == "VERIFIER":
        return verifier(data_class, facts)
    if party in ("AFFILIATE", "AFFILIATE_PROVIDER"):  # P4.3: who an affiliate has named is bound like the affiliate.
        return affiliate(data_class, facts)
    if party == "AGENT":
        return agent(data_class, facts)
    if party == "OPERATOR":
        return operator(data_class, facts)
    if party == "PRIVACY_OFFICER":
        return privacy_officer(data_class, facts)
    if party == "AUDITOR":
        return auditor(data_class, facts)
    if party == "STRANGER":
        return NULL  # P1.2b, P4.1: nothing makes a stranger a reader.
    raise ValueError(f"no such party: {party}")


def _self(data_class: str, facts: Facts) -> str:
    if closed_to_everybody(data_class, facts):
        return NULL
    # P7.2, P7.3: a child's account stays locked until its guardian consents.
    if facts.age == "CHILD" and not facts.guardian_consents:
        if data_class in _NEEDED_TO_ASK:
            return CLEAR
        return NULL
    # P1.2c: not even who named the payer reads that account again.
    if data_class == "PAYER_ACCOUNT":
        return MASK
    # P1.2a, P1.4: the papers of a company's contact are that person's, and not the account's.
    if data_class == "ENTERPRISE_CONTACT_DOCUMENT":
        return NULL
    # P6.1: all that is held; P1.2b: and the recipients that this account gave.
    return CLEAR


def _guardian(data_class: str, facts: Facts) -> str:
    # P1.2b: an order has a recipient, but whom is not the guardian's to know.
    if data_class in RECIPIENT:
        return MASK
    # P9.3: a pending version closes what it widens, and not the consents by which a guardian answers (0029).
    if closed_to_everybody(data_class, facts):
        return NULL
    if facts.version_pending and data_class != "CONSENT":
        return NULL
    # P7.5: of somebody grown up, nothing any more.
    if facts.age == "ADULT":
        return NULL
    # P7.4: orders and consents of anybody under age.
    if data_class in ("ACCOUNT", "CONSENT") or data_class in ORDER:
        return CLEAR
    # P7.4: and of a child the profile and the disclosures too.
    if facts.age == "CHILD":
        if data_class in CONTACTS:
            return CLEAR
        # What went abroad is told like what was shown; a legal case may be against the guardian (0029).
        if data_class in ("GENDER", "BIRTH_DATE", "NATIONALITY", "DISCLOSURE", "TRANSFER"):
            return CLEAR
    return NULL


def _third_party(data_class: str, facts: Facts) -> str:
    if closed_to_everybody(data_class, facts):
        return NULL
    # P1.2e: what was given of them, whoever gave it, and nothing of the giver.
    if data_class in RECIPIENT or data_class in ENTERPRISE:
        return CLEAR
    # P1.2e: and to whom it was shown, so that they know where to object (0028).
    if data_class == "DISCLOSURE":
        return CLEAR
    return NULL
