"""Who may change what is held about a person: they themselves, while the account lives, with the consents it takes."""

from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID

from tortoise.models import Model

from commerce.refusals import Refusal
from models.accounts import Account
from models.columns import holding
from models.locking import locked
from policy.ages import AgeBand
from policy.classes import SENSITIVE, DataClass
from policy.enforcement import keeps
from policy.purposes import Purpose
from policy.seen import Seen
from policy.viewer import Case, Viewer


class NotInPerson(Refusal):
    """Only the person themself changes their profile and addresses; not staff, a token or a stranger."""

    code = "NOT_IN_PERSON"

    def __init__(self) -> None:
        super().__init__("Log in as the person whom it is about; nobody else can change this.")


class AccountCancelled(Refusal):
    """The account was cancelled, so nothing is added to it any more."""

    code = "ACCOUNT_CANCELLED"

    def __init__(self) -> None:
        super().__init__("This account was cancelled. Register anew to give data.")


class GuardianConsentRequired(Refusal):
    """
    A child gives data, and somebody under age orders, only with their guardian's consent.

    Args:
        purposes: What the guardian is to consent to; none is the account.
    """

    code = "GUARDIAN_CONSENT_REQUIRED"

    def __init__(self, *purposes: Purpose) -> None:
        named = " and ".join(f"`{purpose.name}`" for purpose in purposes) or "your account"
        super().__init__(f"Ask your guardian to consent to {named} first; then try again.")


class ConsentAskedAnew(Refusal):
    """
    Somebody who has come of age has not consented to what their guardian consented to before.

    Args:
        purposes: What they are to consent to.
    """

    code = "CONSENT_ASKED_ANEW"

    def __init__(self, *purposes: Purpose) -> None:
        named = " and ".join(f"`{purpose.name}`" for purpose in purposes)
        super().__init__(f"You are of age: consent to {named} yourself with `consentGive`; then try again.")


class WardNotFound(Refusal):
    """There is no such ward, or none of the viewer's."""

    code = "WARD_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__(
            "You have no such ward. List `viewer.account.wards` for those that you have.", field=("wardId",)
        )


class SensitiveNotConfirmed(Refusal):
    """Sensitive data came without the confirmation that it is to be stored."""

    code = "SENSITIVE_NOT_CONFIRMED"

    def __init__(self) -> None:
        super().__init__(
            "This is sensitive data. Say what it is used for; if the person agrees, send `confirmsSensitive: true`.",
            field=("confirmsSensitive",),
        )


@keeps("P1.1", otherwise=None)
def require_living(case: Case) -> None:
    """
    Refuse to use registration data of a cancelled account (P1.1).

    Raises:
        AccountCancelled: It is one.
    """
    if case.is_cancelled:
        raise AccountCancelled


@keeps("P1.2f", otherwise=None)
@keeps("P7.3", otherwise=None)
def require_guardian_consent(case: Case) -> None:
    """
    Refuse data of a child whose guardian has not consented to the account (P7.3, P1.2f).

    Raises:
        GuardianConsentRequired: The person is such a child.
    """
    if case.age is AgeBand.CHILD and Purpose.ACCOUNT not in case.guardian_consents:
        raise GuardianConsentRequired


@keeps("P7.1", otherwise=None)
def require_consent_to_sensitive(classes: Iterable[DataClass], *, of: Case) -> None:
    """
    Refuse sensitive data of a minor who is no child unless their guardian consents to the account (P7.1).

    Raises:
        GuardianConsentRequired: There is some, and the guardian does not.
    """
    if of.age is AgeBand.MINOR and Purpose.ACCOUNT not in of.guardian_consents and SENSITIVE & frozenset(classes):
        raise GuardianConsentRequired


@keeps("P7.5", otherwise=None)
def require_own_consent(case: Case, purposes: Iterable[Purpose]) -> None:
    """
    Refuse what a guardian's consent carried until the person came of age, and the person's own does not yet (P7.5).

    Raises:
        ConsentAskedAnew: There is some.
    """
    if missing := [purpose for purpose in purposes if purpose in case.asked_anew]:
        raise ConsentAskedAnew(*missing)


@keeps("P2.10", otherwise=None)
def require_confirmation(classes: Iterable[DataClass], *, of: Case, is_confirmed: bool) -> None:
    """
    Refuse sensitive data that the person has not confirmed (P2.10); whatever a child gives is sensitive.

    Raises:
        SensitiveNotConfirmed: There is some, without the confirmation.
    """
    if not is_confirmed and any(given.is_sensitive or of.age is AgeBand.CHILD for given in classes):
        raise SensitiveNotConfirmed


def require_may_give(classes: Iterable[DataClass], *, of: Case, is_confirmed: bool) -> None:
    """
    Refuse data that may not be taken from this person; taking none of it, as clearing does, is always allowed.

    Raises:
        GuardianConsentRequired: The guardian does not consent: of a child to any data, of a minor to sensitive data.
        SensitiveNotConfirmed: It is sensitive, and not confirmed.
    """
    given = frozenset(classes)
    if given:
        require_guardian_consent(of)
        require_consent_to_sensitive(given, of=of)
        require_confirmation(given, of=of, is_confirmed=is_confirmed)


def person_of(by: Viewer) -> UUID:
    """
    Tell whose data the viewer may change: their own, if they came in person.

    Raises:
        NotInPerson: They are staff, a token or nobody.
    """
    if by.person is None or by.scopes is not None:
        raise NotInPerson
    return by.person


async def own_account(by: Viewer, *, is_locked: bool = False) -> Seen[Account]:
    """
    Read the account of the person who acts, with the facts that decide what they may do.

    Args:
        by: Who acts.
        is_locked: Whether to lock it until the end of the transaction. Then the facts stay as they are read (a
            guardian's withdrawal waits), and of the person's own changes one comes after the other.

    Raises:
        NotInPerson: They do not act in person.
        AccountCancelled: Their account was cancelled.
    """
    person = person_of(by)
    own = Account.visible_to(by).where(id=person)
    account = await (locked(own) if is_locked else own).one()
    if account is None:
        raise NotInPerson
    require_living(account.case)
    return account


def classes_of(model: type[Model], columns: Iterable[str]) -> frozenset[DataClass]:
    """Tell the classes of data that columns hold."""
    fields = cast(dict[str, Any], model._meta.fields_map)  # pyright: ignore[reportPrivateUsage]
    held = (holding(fields[column]) for column in columns)
    return frozenset(data_class for data_class in held if isinstance(data_class, DataClass))
