"""The second reading of the policy for partners: whoever asks by a token."""

from tests.policy.second_reading_words import (
    CLEAR,
    CORE,
    ENTERPRISE,
    MASK,
    NULL,
    ORDER,
    RECIPIENT,
    SENSITIVE,
    Facts,
    closed_to_others,
)

# P4.3: the least that each task of an affiliate needs.
_FOR_THE_ACCOUNT = ("ACCOUNT", "PERSON_NAME", "EMAIL")
_FOR_RECOMMENDATION = ("ACCOUNT", "ORDER")
_FOR_ABNORMAL_ACCOUNTS = ("ACCOUNT", "DEVICE")
_FOR_SAFETY = ("ACCOUNT", "PERSON_NAME", "PHONE")


def supplier(data_class: str, facts: Facts) -> str:
    """Read P4.2 for whoever supplies lines of this order."""
    # P4.2, P5.3: the core of the order it supplies, consent or none.
    if data_class in CORE:
        if _closed_to_partners(data_class, facts):
            return NULL
        # P7.3: an order that waits for its delivery is not there until the guardian consents.
        if facts.window_open and _guardian_is_missing(facts):
            return NULL
        return CLEAR
    # P4.2: of the rest only the recipient.
    if data_class not in RECIPIENT:
        return NULL
    if _closed_to_partners(data_class, facts):
        return MASK
    # P2.6: until the delivery and what follows it are over.
    if not facts.window_open:
        return MASK
    # P7.1, P7.3: all of the recipient is closed alike.
    if _guardian_is_missing(facts):
        return MASK
    return CLEAR


def carrier(data_class: str, facts: Facts) -> str:
    """Read P2.6 for whoever takes this order's shipment along."""
    # P1.2b: what closes a recipient leaves the mask, as it does for a supplier.
    otherwise = MASK if data_class in RECIPIENT else NULL

    if _closed_to_partners(data_class, facts):
        return otherwise
    # P2.6: afterwards the order is not there at all.
    if not facts.window_open:
        return otherwise
    if _guardian_is_missing(facts):  # P7.3
        return otherwise
    # P4.4: what is written on a parcel; P2.6: and the order that it belongs to, without what it cost (0029).
    if data_class in CORE or data_class in RECIPIENT:
        return CLEAR
    return NULL


def payment_institution(data_class: str, facts: Facts) -> str:
    """Read P2.5 for whoever takes this order's payment."""
    if _closed_to_partners(data_class, facts):
        return NULL
    if not facts.window_open:  # P4.4
        return NULL
    if _guardian_is_missing(facts):  # P7.3
        return NULL
    # P2.5: number and amount only; P1.2c: and the account of a payer.
    if data_class in ("ORDER_NUMBER", "ORDER_AMOUNT", "PAYER_ACCOUNT"):
        return CLEAR
    return NULL


def risk_control(data_class: str, facts: Facts) -> str:
    """Read P2.8 for whoever looks at an account's orders for fraud."""
    if _closed_to_partners_on_ground(data_class, facts):
        return NULL
    if not facts.window_open:  # P4.4
        return NULL
    # P7.3: of a child nothing; P7.1: of a minor nothing sensitive.
    waits = facts.age == "CHILD" or data_class in SENSITIVE
    if waits and _guardian_is_missing(facts) and not _ground_passes(facts):
        return NULL
    # P2.8, P4.4: the account, what it is used with, and its transactions.
    if data_class in ("ACCOUNT", "DEVICE") or data_class in ORDER:
        return CLEAR
    # P4.8: who is behind the account, on a legal ground alone.
    if facts.legal_ground and data_class in ("PERSON_NAME", "PHONE", "EMAIL"):
        return CLEAR
    return NULL


def verifier(data_class: str, facts: Facts) -> str:
    """Read P1.4 for whoever runs a check of identity."""
    if _closed_to_partners_on_ground(data_class, facts):
        return NULL
    if not facts.window_open:  # P4.4
        return NULL
    # P1.4: the person consents to the check, or (P4.8) a ground stands for that.
    if not facts.own_consent and not facts.legal_ground:
        return NULL
    if _guardian_is_missing(facts) and not _ground_passes(facts):  # P7.3
        return NULL
    # P1.4: name, number of the document, phone; for a company its licence and who represents
    # it (0168). The check itself is theirs (0029).
    if data_class in ("PERSON_NAME", "IDENTITY_DOCUMENT", "PHONE", "VERIFICATION"):
        return CLEAR
    if data_class in ENTERPRISE or data_class == "ENTERPRISE_LICENCE":
        return CLEAR
    return NULL


def affiliate(data_class: str, facts: Facts) -> str:
    """Read P4.3 for a company of the group and for whom it has named."""
    if _closed_to_partners(data_class, facts):
        return NULL
    if not facts.own_consent:  # P4.3
        return NULL
    # P4.3: a consent lasts as long as the account, and what it opened as long as that.
    if facts.account_cancelled:
        return NULL
    # P1.0: of a child everything is sensitive.
    is_sensitive = data_class in SENSITIVE or facts.age == "CHILD"
    # P4.3: what is sensitive waits for a consent of its own; P7.1, P7.3: of somebody under age for the guardian's too.
    if is_sensitive and (not facts.sensitive_consent or _guardian_is_missing(facts)):
        return NULL
    if facts.task == "AFFILIATE_ACCOUNT":
        needed = _FOR_THE_ACCOUNT
    elif facts.task == "AFFILIATE_RECOMMENDATION":
        needed = _FOR_RECOMMENDATION
    elif facts.task == "AFFILIATE_ABNORMAL_ACCOUNTS":
        needed = _FOR_ABNORMAL_ACCOUNTS
    elif facts.task == "AFFILIATE_SAFETY":
        needed = _FOR_SAFETY
    else:
        raise ValueError(f"no such task: {facts.task}")
    return CLEAR if data_class in needed else NULL


def _closed_to_partners(data_class: str, facts: Facts) -> bool:
    return closed_to_others(data_class, facts) or _out_of_bounds(facts)


def _closed_to_partners_on_ground(data_class: str, facts: Facts) -> bool:
    # P4.8: the law does not wait for an account that ended or a version that awaits consent; the purpose binds (0029).
    if facts.legal_ground:
        return not facts.purpose_fits or _out_of_bounds(facts)
    return _closed_to_partners(data_class, facts)


def _out_of_bounds(facts: Facts) -> bool:
    # P4.4: no work on a child's data is passed on, whoever consents to whatever.
    if facts.delegated and facts.age == "CHILD":
        return True
    if not facts.in_standing:  # P4.5
        return True
    return not facts.region_fits  # P8.1


def _guardian_is_missing(facts: Facts) -> bool:
    # P7.1, P7.3: part of a row would tell an age, so a partner gets the whole of it or none.
    return facts.age != "ADULT" and not facts.guardian_consents


def _ground_passes(facts: Facts) -> bool:
    # P7.3: only the law and the protection of whoever is under age.
    return facts.legal_ground and facts.ground_covers_child
