"""The second reading of the policy for members of staff."""

from tests.policy.second_reading_words import (
    CLEAR,
    CONTACTS,
    ENTERPRISE,
    MASK,
    NULL,
    ORDER,
    PAPERS,
    RECIPIENT,
    RECORDS,
    SENSITIVE,
    Facts,
    closed_to_others,
)


def agent(data_class: str, facts: Facts) -> str:
    """Read P2.7 for an agent of customer service."""
    # What stays when there is no sight in clear (P1.2b, P1.4, P2.7).
    otherwise = NULL
    if data_class in RECIPIENT:
        otherwise = MASK
    if facts.ticket_open and data_class in (*CONTACTS, *PAPERS, *ENTERPRISE):  # 0029
        otherwise = MASK

    if not facts.staff_trained:  # P5.1
        return otherwise
    # P1.4: documents are never shown to customer service, ground or none.
    if data_class in ("IDENTITY_DOCUMENT", "ENTERPRISE_CONTACT_DOCUMENT"):
        return otherwise
    if _opened_by_ground(data_class, facts):
        return CLEAR
    if closed_to_others(data_class, facts):
        return otherwise
    if not facts.ticket_open:  # P2.7
        return otherwise
    if _guardian_is_missing(data_class, facts):
        return otherwise
    # P2.7: the account and the ticket, so that the caller can be verified.
    if data_class in ("ACCOUNT", "SERVICE_RECORD"):
        return CLEAR
    if not facts.membership_verified:  # P2.7
        return otherwise
    if data_class in CONTACTS or data_class in ORDER or data_class in RECIPIENT:
        return CLEAR
    if data_class == "ENTERPRISE_LICENCE":  # P2.7: which company the account is of (0168).
        return CLEAR
    if data_class == "VERIFICATION":  # P2.1: how far they are verified (0164).
        return CLEAR
    return otherwise


def operator(data_class: str, facts: Facts) -> str:
    """Read P2.4 for a merchandiser or administrator of the shop."""
    # P1.2b: that there is a recipient, never who.
    otherwise = MASK if data_class in RECIPIENT else NULL

    if not facts.staff_trained:  # P5.1
        return otherwise
    if _opened_by_ground(data_class, facts):
        return CLEAR
    if closed_to_others(data_class, facts):
        return otherwise
    # P2.2c: devices and searches that lead to nobody; those of a child wait for the guardian all the same.
    if data_class in ("DEVICE", "SEARCH") and not facts.linked:
        if facts.age == "CHILD" and not facts.guardian_consents:
            return NULL
        return CLEAR
    if _guardian_is_missing(data_class, facts):
        return otherwise
    # P2.4: orders are managed.
    if data_class in ORDER:
        return CLEAR
    return otherwise


def privacy_officer(data_class: str, facts: Facts) -> str:
    """Read P2.9 for whoever answers for the use of personal data."""
    if not facts.staff_trained:  # P5.1
        return NULL
    if _opened_by_ground(data_class, facts):
        return CLEAR
    # P6.1, P6.4: whose account it is that asks for its rights (0029).
    return _what_was_done(data_class, facts, besides=("ACCOUNT",))


def auditor(data_class: str, facts: Facts) -> str:
    """Read P4.1 for whoever checks what was done; no ground tells them whom it was done to."""
    if not facts.staff_trained:  # P5.1
        return NULL
    # P4.1: a consent is what somebody said, and not what was done.
    if data_class == "CONSENT":
        return NULL
    return _what_was_done(data_class, facts)


def _what_was_done(data_class: str, facts: Facts, besides: tuple[str, ...] = ()) -> str:
    if closed_to_others(data_class, facts):
        return NULL
    if _guardian_is_missing(data_class, facts):
        return NULL
    if data_class in RECORDS or data_class in besides:
        return CLEAR
    return NULL


def _opened_by_ground(data_class: str, facts: Facts) -> bool:
    # P2.9: whatever an approved ground names, without asking for a consent.
    if not facts.legal_ground:
        return False
    # P7.1, P7.3: what waits for a guardian is opened by the law and by the protection of the child alone.
    return facts.ground_covers_child or not _guardian_is_missing(data_class, facts)


def _guardian_is_missing(data_class: str, facts: Facts) -> bool:
    if facts.guardian_consents:
        return False
    # P7.3: of a child everything waits for the guardian.
    if facts.age == "CHILD":
        return True
    # P7.1: of a minor what is sensitive does.
    return facts.age == "MINOR" and data_class in SENSITIVE
