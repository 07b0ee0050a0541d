"""Whether showing a row takes it out of its subject's region, in SQL (P8.1)."""

from policy.ages import AgeBand
from policy.enforcement import keeps
from policy.purposes import Purpose
from policy.regions import AREAS


def area_in(column: str) -> str:
    """Say in SQL the region of a country, as `policy.regions.area_of` does."""
    listed = {area: ", ".join(f"'{country}'" for country in sorted(countries)) for area, countries in AREAS.items()}
    cases = " ".join(f"WHEN {column} IN ({countries}) THEN '{area}'" for area, countries in listed.items())
    return f"CASE {cases} ELSE {column} END"


# A guardian consents for somebody under age.
CONSENTS_TO_LEAVE = f"""((CASE WHEN s.age_band = '{AgeBand.ADULT.value}' THEN s.own_consents
    ELSE s.guardian_consents END) & {Purpose.CROSS_BORDER.bit} <> 0)"""


@keeps("P8.1", otherwise="FALSE")
def crossing(dealing: str) -> str:
    """
    Say in SQL that the subject `s` lives elsewhere than in `:area`, and neither consents nor deals there themselves.

    Args:
        dealing: Whether a dealing of the subject's own reaches into `:area`, and the row is part of it.
    """
    return f"(({area_in('s.region')}) <> :area AND NOT {CONSENTS_TO_LEAVE} AND NOT ({dealing}))"
