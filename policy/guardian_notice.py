"""What a guardian is asked: for each purpose what is used, why, who gets it and how long it is kept (P7.2)."""

from collections.abc import Iterable
from dataclasses import dataclass

from policy.classes import CLASSES
from policy.enforcement import keeps
from policy.parties import Party
from policy.purposes import Purpose
from policy.rules import RULES, Effect
from policy.searches import KEPT as SEARCHES_KEPT

_ORDER_CORE = "an order's lines, amounts and times at least three years from its completion"

# The purposes that wait for a guardian, and how long what they use is kept (P5.3). The others need no consent: they
# are the guardian's own sight, the safety of accounts, and what is about nobody.
KEPT = {
    Purpose.ACCOUNT: f"as long as the account lives; {_ORDER_CORE}",
    Purpose.FULFILMENT: f"until the delivery and its after-sales window end; {_ORDER_CORE}",
    Purpose.CUSTOMER_SERVICE: "as long as a request to customer service is open",
    Purpose.OPERATIONS: _ORDER_CORE,
    Purpose.PAYMENT: _ORDER_CORE,
    Purpose.IDENTITY_VERIFICATION: "until the check has ended; that it was made, as long as the account lives",
    Purpose.PERSONALISATION: SEARCHES_KEPT,
}
ASKED = frozenset(KEPT)

# Asked besides where the minor's data is kept abroad of them, and always by itself (P8.1).
ABROAD = Purpose.CROSS_BORDER
_KEPT_ABROAD = "until you withdraw it, or as long as the account lives"
GIVABLE = ASKED | {ABROAD}
"""Whatever a guardian may be asked for."""


@keeps("P8.1", otherwise=ASKED)
def asked_for(*, is_abroad: bool) -> frozenset[Purpose]:
    """
    List the purposes that a guardian is asked for.

    Args:
        is_abroad: Whether the shop stands in another region than the one that the minor lives in (P8.1).
    """
    return GIVABLE if is_abroad else ASKED


@dataclass(frozen=True, slots=True)
class PurposeNotice:
    """
    What consent to one purpose would allow.

    Args:
        purpose: What is consented to.
        what: The classes of data that would be used, in words.
        why: The purpose in words.
        who: Who would use them.
        how_long: How long they are kept.
    """

    purpose: Purpose
    what: list[str]
    why: str
    who: list[str]
    how_long: str


@keeps("P7.2", otherwise=[])
def notices(purposes: Iterable[Purpose] = ASKED) -> list[PurposeNotice]:
    """List what consent to each purpose would allow, as the rules on sight have it and in the order of purposes."""
    return [_notice(purpose) for purpose in sorted(purposes, key=lambda purpose: purpose.bit)]


def of_personalisation() -> PurposeNotice:
    """Say what consent to `PERSONALISATION` would allow: no party asks for it, so it is read from the classes."""
    purpose = Purpose.PERSONALISATION
    used = [data_class for data_class in CLASSES if purpose in data_class.purposes]
    readers = {
        party
        for rule in RULES
        if rule.effect is Effect.PERMIT and not rule.when and rule.classes.intersection(used)
        for party in rule.parties
    }
    return PurposeNotice(
        purpose=purpose,
        what=[data_class.name.lower().replace("_", " ") for data_class in used],
        why=purpose.value,
        who=[party.value for party in Party if party in readers],
        how_long=KEPT[purpose],
    )


def _notice(purpose: Purpose) -> PurposeNotice:
    if purpose is Purpose.PERSONALISATION:
        return of_personalisation()
    is_abroad = purpose is ABROAD
    # Leaving the region is no purpose of anybody's: it widens where partners may work with what they see anyway.
    parties = [party for party in Party if (party.is_partner if is_abroad else party.purpose is purpose)]
    shown = {
        data_class
        for rule in RULES
        if rule.effect is Effect.PERMIT and rule.parties.intersection(parties)
        for data_class in rule.classes
        if is_abroad or purpose in data_class.purposes
    }
    return PurposeNotice(
        purpose=purpose,
        what=[known.name.lower().replace("_", " ") for known in CLASSES if known in shown],
        why=purpose.value,
        who=[party.value for party in parties],
        how_long=_KEPT_ABROAD if is_abroad else KEPT[purpose],
    )
