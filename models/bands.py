"""Accounts as of today: whoever's age band has ended is in the next one from the first minute of the day (P7.5)."""

from asyncpg import Record

from models import clock
from policy.ages import AgeBand
from policy.enforcement import keeps

# The day is that of the person's region, as `clock.today` has it. Null for whoever is of age.
HAS_ENDED = """(a.age_band_ends_on <= :first_date::date + CASE
    WHEN strpos(:ahead, a.region || '2') > 0 THEN 2 WHEN strpos(:ahead, a.region || '1') > 0 THEN 1 ELSE 0 END)"""
_COMES_OF_AGE = f"a.age_band = '{AgeBand.MINOR.value}' AND {HAS_ENDED}"
_OF_TODAY = f"""(SELECT a.id, a.state, a.region, a.guardian_id, a.own_consents,
    CASE WHEN a.age_band_ends_on IS NULL THEN a.age_band
        WHEN {_COMES_OF_AGE} THEN '{AgeBand.ADULT.value}' WHEN {HAS_ENDED} THEN '{AgeBand.MINOR.value}'
        ELSE a.age_band END AS age_band,
    CASE WHEN {_COMES_OF_AGE} THEN 0 ELSE a.guardian_consents END AS guardian_consents,
    CASE WHEN {_COMES_OF_AGE} THEN a.guardian_consents | a.asked_anew
        WHEN a.age_band = '{AgeBand.ADULT.value}' THEN a.asked_anew ELSE 0 END AS asked_anew,
    CASE WHEN {_COMES_OF_AGE} THEN nullif(coalesce(a.own_version, a.agreed_version), 0)
        ELSE a.agreed_version END AS agreed_version
    FROM account a)"""  # noqa: S608 -- of this code's constants alone


@keeps("P7.5", otherwise="account")
def account_of_today() -> str:
    """
    Say in SQL what to join for accounts as they are today, whether or not the job of birthdays has been there (P7.5).

    PostgreSQL takes it apart into the table itself, so its indexes serve. Of the columns of an account it has those
    that scopes and facts look at, and it takes the parameters of `day`.
    """
    return _OF_TODAY


def day() -> dict[str, object]:
    """Give the parameters that `account_of_today` takes."""
    first, ahead = clock.dates()
    return {"first_date": first, "ahead": ahead}


@keeps("P7.5", otherwise=True)
def is_under_age(row: Record) -> bool:
    """
    Tell whether somebody is under age as of today, also where the job of birthdays has not been there yet (P7.5).

    Args:
        row: Of their account: `age_band`, `age_band_ends_on` and `region`.
    """
    if row["age_band"] != AgeBand.MINOR.value:
        return row["age_band"] != AgeBand.ADULT.value
    return row["age_band_ends_on"] > clock.today(row["region"])
