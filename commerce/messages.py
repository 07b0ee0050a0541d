"""Messages to people: what may be said, to whom, and the port through which it leaves."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

LANGUAGES = ("en", "zh")
LONGEST_FACT = 200
LONGEST_ADDRESS = 254

# RFC 5322's dot-atom at a host name: what mail programs agree on, without quoting, comments or lists.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_TELEPHONE = re.compile(r"\+[1-9][0-9]{6,14}")


class Channel(StrEnum):
    """The way by which a message reaches a person."""

    EMAIL = "EMAIL"
    TEXT = "TEXT"


class MessageKind(StrEnum):
    """What a message says; each has one template per language."""

    REGISTRATION_CODE = "REGISTRATION_CODE"
    PASSWORD_RESET_CODE = "PASSWORD_RESET_CODE"  # noqa: S105
    STEP_UP_CODE = "STEP_UP_CODE"
    GUARDIAN_INVITATION = "GUARDIAN_INVITATION"
    GUARDIAN_ACCEPTED = "GUARDIAN_ACCEPTED"
    GUARDIAN_REFUSED = "GUARDIAN_REFUSED"
    GUARDIAN_CONSENT_CHANGED = "GUARDIAN_CONSENT_CHANGED"
    GUARDIANSHIP_ENDED = "GUARDIANSHIP_ENDED"
    IDENTITY_CHECKED = "IDENTITY_CHECKED"
    WARD_IS_CHILD = "WARD_IS_CHILD"
    PURCHASE_ASKED = "PURCHASE_ASKED"
    PURCHASE_APPROVED = "PURCHASE_APPROVED"
    PURCHASE_REFUSED = "PURCHASE_REFUSED"
    AGE_CORRECTED = "AGE_CORRECTED"
    AGE_BAND_CHANGED = "AGE_BAND_CHANGED"
    CONSENTS_ASKED_ANEW = "CONSENTS_ASKED_ANEW"
    POLICY_ANNOUNCED = "POLICY_ANNOUNCED"
    THIRD_PARTY_CODE = "THIRD_PARTY_CODE"
    RECIPIENT_OBJECTED = "RECIPIENT_OBJECTED"
    SECURITY_NOTICE = "SECURITY_NOTICE"


class SecurityEvent(StrEnum):
    """What a security notice reports; its template has a paragraph for each."""

    REGISTRATION_REPEATED = "REGISTRATION_REPEATED"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105
    SESSION_REUSED = "SESSION_REUSED"


FACTS: Mapping[MessageKind, frozenset[str]] = MappingProxyType(
    {
        MessageKind.REGISTRATION_CODE: frozenset({"code", "minutes"}),
        MessageKind.PASSWORD_RESET_CODE: frozenset({"code", "minutes"}),
        MessageKind.STEP_UP_CODE: frozenset({"code", "minutes"}),
        MessageKind.GUARDIAN_INVITATION: frozenset({"code", "days", "child"}),
        MessageKind.GUARDIAN_ACCEPTED: frozenset({"at"}),
        MessageKind.GUARDIAN_REFUSED: frozenset({"at"}),
        MessageKind.GUARDIAN_CONSENT_CHANGED: frozenset({"at"}),
        MessageKind.GUARDIANSHIP_ENDED: frozenset({"at"}),
        MessageKind.IDENTITY_CHECKED: frozenset({"at"}),
        MessageKind.WARD_IS_CHILD: frozenset({"at"}),
        MessageKind.PURCHASE_ASKED: frozenset({"at"}),
        MessageKind.PURCHASE_APPROVED: frozenset({"at"}),
        MessageKind.PURCHASE_REFUSED: frozenset({"at"}),
        MessageKind.AGE_CORRECTED: frozenset({"at"}),
        MessageKind.AGE_BAND_CHANGED: frozenset({"at"}),
        MessageKind.CONSENTS_ASKED_ANEW: frozenset({"at"}),
        MessageKind.POLICY_ANNOUNCED: frozenset({"version", "at", "terms"}),
        MessageKind.THIRD_PARTY_CODE: frozenset({"code", "minutes"}),
        MessageKind.RECIPIENT_OBJECTED: frozenset({"at"}),
        MessageKind.SECURITY_NOTICE: frozenset({"event", "at"}),
    }
)


class BadMessage(ValueError):
    """A message that must not be sent; the text names the part that is wrong, never its value."""


class NotSent(Exception):
    """
    An attempt to send that failed.

    The text says what the other side answered in our own words: replies of mail servers quote addresses.
    `is_final` tells that trying again can not help.
    """

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


def _is_one_line(text: str) -> bool:
    return not any(unicodedata.category(sign) in {"Cc", "Cf", "Zl", "Zp"} for sign in text)


@dataclass(frozen=True)
class Message:
    """
    One message to one person.

    A message that was made can be sent: address and facts are single lines without control or
    formatting signs, so that neither a header nor the reading order of a text can be forged through them.
    Neither shows in `repr`, and so in no log or traceback.

    Args:
        id: Names the message for its receiver too; a repeated attempt carries the same one.
        to: An ASCII e-mail address, or a telephone number as `+` and digits.
        facts: Exactly the names that `FACTS` lists for the kind.

    Raises:
        BadMessage: A part is missing, superfluous, too long or not a single line.
    """

    id: UUID
    kind: MessageKind
    to: str = field(repr=False)
    language: str
    facts: Mapping[str, str] = field(repr=False)

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise BadMessage(f"Messages are written in {', '.join(LANGUAGES)}; choose one of these.")
        if frozenset(self.facts) != FACTS[self.kind]:
            wanted = ", ".join(sorted(FACTS[self.kind]))
            raise BadMessage(f"A message `{self.kind}` takes exactly these facts: {wanted}.")
        for name, fact in self.facts.items():
            if len(fact) > LONGEST_FACT or not _is_one_line(fact):
                raise BadMessage(f"The fact `{name}` is to be one line of at most {LONGEST_FACT} signs.")
        if len(self.to) > LONGEST_ADDRESS or not (_EMAIL.fullmatch(self.to) or is_telephone(self.to)):
            raise BadMessage("The address is to be one ASCII e-mail address, or a telephone number as `+` and digits.")

    @property
    def channel(self) -> Channel:
        """Tell by which way this message travels."""
        return Channel.TEXT if is_telephone(self.to) else Channel.EMAIL


def is_telephone(address: str) -> bool:
    """Tell whether an address is a telephone number in its international form (`+` and digits)."""
    return _TELEPHONE.fullmatch(address) is not None


_served = {Channel.EMAIL}


def serve(channels: Iterable[Channel]) -> None:
    """Tell, once at start, on which channels this shop can send; e-mail alone where nothing is said."""
    _served.clear()
    _served.update(channels)


def served() -> frozenset[Channel]:
    """Tell on which channels this shop can send."""
    return frozenset(_served)


class Outbound(Protocol):
    """A way out for messages; the server brings the adapters."""

    @property
    def channels(self) -> frozenset[Channel]:
        """The channels it can serve."""
        ...

    async def send(self, message: Message) -> None:
        """
        Send one message, once it is accepted by the other side.

        Raises:
            NotSent: It was not accepted; `is_final` says whether another attempt can help.
        """
        ...
