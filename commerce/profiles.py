"""The profile: what a person tells about themselves, corrected and supplemented by them alone."""

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from tortoise.expressions import F

from commerce import persons, texts
from commerce.persons import NotInPerson
from commerce.refusals import Refusal, StaleObject
from models import clock
from models.accounts import UserProfile
from models.database import retrying, transaction
from models.sealed import seal
from policy.viewer import Viewer

NATIONALITY = "nationality"

# By column: what the client calls it, and how many characters it may have.
LINES: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "name": ("name", 100),
        "gender": ("gender", 50),
        "identity_document": ("identityDocument", 64),
        "payment_account": ("paymentAccount", 64),
        "contact_person": ("contactPerson", 200),
    }
)


class NothingToChange(Refusal):
    """The input names nothing to change."""

    code = "NOTHING_TO_CHANGE"

    def __init__(self) -> None:
        super().__init__("Give at least one field to change; null clears one, and what is left out stays as it is.")


async def update(changes: Mapping[str, str | None], *, expected_version: int, is_confirmed: bool, by: Viewer) -> UUID:
    """
    Correct or supplement the profile of the person who asks (P6.1).

    The version is compared and set in one statement, so of two changes made to the same version one is refused. The
    birth date is not among what can be changed: `commerce.age_corrections` does that, because ages depend on it (P7.1).

    Args:
        changes: Texts by column; None clears one.
        expected_version: The version that the person has seen.
        is_confirmed: Whether they confirmed that sensitive data is to be stored.
        by: Who asks.

    Returns:
        The account's id.

    Raises:
        NotInPerson: They are staff, a token or nobody.
        AccountCancelled: Their account was cancelled.
        NothingToChange: There are no changes.
        TextNotValid: A text is empty, too long, or no single line.
        CountryNotKnown: The nationality is no ISO 3166-1 code.
        GuardianConsentRequired: A child gives data without their guardian's consent.
        SensitiveNotConfirmed: Sensitive data was not confirmed.
        StaleObject: The profile has another version.
    """
    account = await persons.own_account(by)
    if not changes:
        raise NothingToChange
    texts_by_column = {column: _read(column, text) for column, text in changes.items()}
    given = persons.classes_of(UserProfile, [column for column, text in texts_by_column.items() if text is not None])
    persons.require_may_give(given, of=account.case, is_confirmed=is_confirmed)
    profile = await UserProfile.visible_to(by).where(account_id=account.row.id).one()
    if profile is None:
        raise NotInPerson
    cells = await seal(UserProfile, profile.row.id, account.row.id, **texts_by_column)

    async def write() -> None:
        async with transaction():
            # INVARIANT (consent holds while it is used): the facts are read again, and can not change until the end.
            locked = await persons.own_account(by, is_locked=True)
            persons.require_may_give(given, of=locked.case, is_confirmed=is_confirmed)
            changed = await UserProfile.filter(id=profile.row.id, version=expected_version).update(
                **cells, version=F("version") + 1, updated_at=clock.now()
            )
            if not changed:
                raise StaleObject

    await retrying(write)
    return account.row.id


def _read(column: str, text: str | None) -> str | None:
    if text is None:
        return None
    if column == NATIONALITY:
        return texts.country(text, field="nationality")
    field, longest = LINES[column]
    return texts.line(text, field=field, longest=longest)
