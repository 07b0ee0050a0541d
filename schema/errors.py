"""User errors: how a mutation says that the business refuses, with what to do about it."""

from enum import Enum
from typing import TYPE_CHECKING, Any

import strawberry

from models.orders import OrderStatus
from permissions.fields import part, to_one
from resolvers import guardianships, purchase_approvals
from resolvers.accounts import password_remedies
from resolvers.outcomes import UserFault, refusal_reasons
from schema.enums import described
from schema.guardianships import Guardianship
from schema.identity_verifications import VerificationLevel
from schema.money import Money
from schema.purchase_approvals import PurchaseApproval


def _codes() -> Any:
    """Publish the codes of all refusals there are."""
    said = refusal_reasons()
    codes: Any = Enum("UserErrorCode", {code: code for code in sorted(said)})
    return described(codes, "Why an action was refused.", {codes[code]: text for code, text in said.items()})


if TYPE_CHECKING:

    class UserErrorCode(Enum):
        """One member for each refusal of `commerce`."""
else:
    UserErrorCode = _codes()


def _code(code: str) -> Any:
    return UserErrorCode[code]


@strawberry.interface(description="Why an action was refused; nothing was changed.")
class UserError:
    """Concrete types carry what the remedy needs."""

    code: UserErrorCode = part("The reason, for programs.", value=_code)
    message: str = part("The reason and the remedy, for people.")
    field: list[str] = part("The path of the input at fault; empty if it is none in particular.")


_TYPED: set[str] = set()


def _shows(code: str) -> Any:
    """Tell GraphQL that a type shows the refusals with a code."""
    _TYPED.add(code)

    def is_type_of(value: Any, info: Any) -> bool:
        return isinstance(value, UserFault) and value.code == code

    return staticmethod(is_type_of)


@strawberry.type(description="A refusal that needs no more than its code and message.")
class PlainUserError(UserError):
    """Any refusal that has no type of its own."""

    @classmethod
    def is_type_of(cls, value: Any, info: Any) -> bool:
        """Tell whether no other type shows this refusal."""
        return isinstance(value, UserFault) and value.code not in _TYPED


def _status(details: dict[str, Any]) -> OrderStatus:
    return details["status"]


@strawberry.type(description="The order has left the warehouse or was cancelled before.")
class OrderNotCancellable(UserError):
    """Carries the status in the way."""

    status: OrderStatus = part("The status that is in the way.", columns=("details",), value=_status)

    is_type_of = _shows("ORDER_NOT_CANCELLABLE")


def _reasons() -> Any:
    """Publish why a password may be too weak."""
    remedies = password_remedies()
    reasons: Any = Enum("PasswordWeakness", {reason: reason for reason in sorted(remedies)})
    texts = {reasons[reason]: f"{remedy[0].upper()}{remedy[1:]}." for reason, remedy in remedies.items()}
    return described(reasons, "Why a password is too weak, with what to do about it.", texts)


if TYPE_CHECKING:

    class PasswordWeakness(Enum):
        """One member for each reason of `commerce.passwords`."""
else:
    PasswordWeakness = _reasons()


def _weaknesses(details: dict[str, Any]) -> Any:
    return [PasswordWeakness[reason.value] for reason in details["reasons"]]


@strawberry.type(description="The password could be guessed.")
class WeakPassword(UserError):
    """Carries every reason (P5.7)."""

    reasons: list[PasswordWeakness] = part(
        "All that makes it weak; never empty.", columns=("details",), value=_weaknesses
    )

    is_type_of = _shows("WEAK_PASSWORD")


def _wait(details: dict[str, Any]) -> int:
    return details["wait_s"]


@strawberry.type(description="There were too many attempts; those that are refused so do not count.")
class TooManyAttempts(UserError):
    """Carries how long to wait."""

    wait_seconds: int = part(
        "After how many seconds the next attempt is let through, at least 1.", columns=("details",), value=_wait
    )

    is_type_of = _shows("TOO_MANY_ATTEMPTS")


def _version(details: dict[str, Any]) -> int:
    return details["version"]


@strawberry.type(
    description="Another version of the privacy policy is in force, or not all of its terms were accepted."
)
class PolicyNotAccepted(UserError):
    """Carries the version to read and accept (P0.3)."""

    version: int = part("The version in force; see `privacyPolicy`.", columns=("details",), value=_version)

    is_type_of = _shows("POLICY_NOT_ACCEPTED")


def _detail(name: str) -> Any:
    def read(details: dict[str, Any]) -> Any:
        return details[name]

    return read


@strawberry.type(description="Fewer are in stock than are wanted.")
class InsufficientStock(UserError):
    """Carries how many can be had."""

    available: int = part("How many can be had now.", columns=("details",), value=_detail("available"))

    is_type_of = _shows("INSUFFICIENT_STOCK")


@strawberry.type(description="The cart costs something else than the buyer was shown.")
class PriceChanged(UserError):
    """Carries both totals."""

    expected: Money = part("What the buyer was shown.", columns=("details",), value=_detail("expected"))
    actual: Money = part("What it costs now.", columns=("details",), value=_detail("actual"))

    is_type_of = _shows("PRICE_CHANGED")


@strawberry.type(description="A minor's guardian has not consented to this use of their data.")
class GuardianConsentRequired(UserError):
    """Carries whom to ask (P7.3)."""

    guardianship: Guardianship | None = to_one(
        "Who watches over the viewer; null where nobody does yet: then begin with `guardianInvite`.",
        by="details",
        rows=guardianships.own_guardianships,
    )

    is_type_of = _shows("GUARDIAN_CONSENT_REQUIRED")


@strawberry.type(description="The order is above the limit that the buyer's guardian set, and they are asked.")
class GuardianApprovalRequired(UserError):
    """Carries what the guardian was asked (P7.4)."""

    approval: PurchaseApproval | None = to_one(
        "What the guardian is asked: send the checkout again once it is `APPROVED`.",
        by="details",
        rows=purchase_approvals.asked,
    )

    is_type_of = _shows("GUARDIAN_APPROVAL_REQUIRED")


@strawberry.type(description="It was changed since it was read.")
class StaleObject(UserError):
    """Carries the version that it has now, where that is told."""

    current_version: int | None = part(
        "The version that it has now; null where it is not told.", columns=("details",), value=_detail("version")
    )

    is_type_of = _shows("STALE_OBJECT")


@strawberry.type(description="There is more or less on hand than was expected.")
class StockMoved(UserError):
    """Carries how many there are."""

    on_hand: int = part("How many are on hand now.", columns=("details",), value=_detail("on_hand"))

    is_type_of = _shows("STOCK_MOVED")


@strawberry.type(description="It takes somebody who is verified further.")
class VerificationRequired(UserError):
    """Carries the level that it takes and the one that there is (P2.1)."""

    needed: VerificationLevel = part("The level that it takes.", columns=("details",), value=_detail("needed"))
    held: VerificationLevel = part("The level that the viewer has.", columns=("details",), value=_detail("held"))

    is_type_of = _shows("VERIFICATION_REQUIRED")


TYPES = [
    PlainUserError,
    GuardianConsentRequired,
    GuardianApprovalRequired,
    OrderNotCancellable,
    WeakPassword,
    TooManyAttempts,
    PolicyNotAccepted,
    InsufficientStock,
    PriceChanged,
    StaleObject,
    StockMoved,
    VerificationRequired,
]
