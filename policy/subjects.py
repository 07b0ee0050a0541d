"""Whom personal data is about: the word by which the catalogue, the schema and the manifest call them."""

from enum import Enum


class Subject(Enum):
    """Whom a datum is about, which says on whose facts the policy decides and whose key seals it (P1.0)."""

    ACCOUNT_HOLDER = "the holder of the account"
    APPLICANT = "somebody who is opening an account"
    WARD = "a minor, as somebody whom a guardian watches over"
    GUARDIAN = "the guardian of a minor, or somebody who shows that they are of age to become one"
    RECIPIENT = "the recipient of an order, whom its buyer named"
    CONTACT = "somebody who acts for a company, whom its account named"
    PAYER = "somebody who pays for an order of another"
    CLAIMANT = "somebody without an account, who asks for what was given of them"
    STAFF = "somebody who works for the platform"
    VISITOR = "whoever calls, signed in or not"

    @property
    def is_named_by_others(self) -> bool:
        """Whether an account gave the data: decided by the facts of that account, and by the person's objection."""
        return self in _NAMED_BY_OTHERS


_NAMED_BY_OTHERS = frozenset({Subject.RECIPIENT, Subject.CONTACT, Subject.PAYER})
