"""Which rows a viewer may know of: one SQL predicate per table, and the facts that decisions about its fields need."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from models import clock, grounds
from models.bands import account_of_today, day
from models.borders import crossing
from policy.ages import AgeBand
from policy.classes import DataClass
from policy.enforcement import keeps
from policy.parties import Party
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.regions import area_of
from policy.viewer import StaffRole, Viewer

_NAMED = re.compile(r"(?<!:):([a-z_]+)")

# In all SQL here `t` is the table's row and `s` the account that is its subject, as of today. Constants are of this
# code; whatever comes from a viewer or a client is a parameter.
IS_CANCELLED = "(s.state = 'CANCELLED')"
IS_UNDER_AGE = f"s.age_band <> '{AgeBand.ADULT.value}'"
# The purposes that a guardian consented to until the person came of age, and the person has not.
AWAITED = "(s.asked_anew & ~s.own_consents)"
NOTHING = "FALSE"
EVERYTHING = "TRUE"
# Whether the product that a row belongs to is shown to everybody.
PUBLISHED_PRODUCT = """EXISTS (
    SELECT FROM product p WHERE p.id = t.product_id AND p.status = 'ACTIVE' AND p.published_at <= :now)"""


@keeps("P7.3", otherwise="TRUE")
def cleared_for(purpose: Purpose) -> str:
    """Say in SQL that the subject is no child, or one whose guardian consents to a purpose (P7.3)."""
    return f"(s.age_band <> '{AgeBand.CHILD.value}' OR s.guardian_consents & {purpose.bit} <> 0)"


@keeps("P7.1", otherwise="TRUE")
def cleared_under_age_for(purpose: Purpose) -> str:
    """Say in SQL that the subject is of age, or that their guardian consents to a purpose (P7.1)."""
    return f"(s.age_band = '{AgeBand.ADULT.value}' OR s.guardian_consents & {purpose.bit} <> 0)"


@keeps("P7.5", otherwise="TRUE")
def answered(purpose: Purpose) -> str:
    """Say in SQL that a purpose does not wait for the consent of somebody who has come of age (P7.5)."""
    return f"({AWAITED} & {purpose.bit} = 0)"


def cleared_for_service() -> str:
    """Say in SQL that an agent may have what is not sensitive of the subject, apart from the ticket (P7.1, P7.5)."""
    return f"{cleared_under_age_for(Purpose.CUSTOMER_SERVICE)} AND {answered(Purpose.CUSTOMER_SERVICE)}"


# Whether an agent has an open ticket of the subject, preferring one on which membership is verified.
OPEN_TICKET = """LEFT JOIN LATERAL (
    SELECT o.membership_verified_at IS NOT NULL AS is_verified FROM ticket o
    WHERE o.account_id = s.id AND o.agent_id = :agent AND o.state = 'OPEN'
    ORDER BY o.membership_verified_at NULLS LAST LIMIT 1) k ON TRUE"""


@dataclass(frozen=True, slots=True)
class Scope:
    """
    The rows of one table that a viewer may know of.

    Args:
        joins: SQL that joins the subject's account as `s`, and what else the facts need.
        where: The predicate.
        facts: SQL for the fields of `Case`, by name, and for what one is worked out from; those left out keep their
            defaults. None at all for a table that is about nobody: its rows come with the case of nobody.
        values: The named parameters.
        core: The class by which a viewer may know of a row, where a legal ground can open it.
        known: Facts that are the same of every row, and so are not selected.
    """

    joins: str
    where: str
    facts: Mapping[str, str]
    values: Mapping[str, object] = field(default_factory=dict[str, object])
    core: DataClass | None = None
    known: Mapping[str, object] = field(default_factory=dict[str, object])


def scope_for(
    viewer: Viewer,
    *,
    subject: str,
    person: str = NOTHING,
    guardian: str = NOTHING,
    supplier: str = NOTHING,
    partners: Mapping[PartnerType, str] | None = None,
    third_party: str = NOTHING,
    agent: str = NOTHING,
    operator: str = NOTHING,
    officer: str = NOTHING,
    auditor: str = NOTHING,
    facts: Mapping[str, str] | None = None,
    through: str = "",
    token_scopes: frozenset[str] = frozenset(),
    core: DataClass | None = None,
    order: str = grounds.NO_ORDER,
    dealing: str = NOTHING,
    own_grounds: str | None = None,
) -> Scope:
    """
    Put together the scope of a table from one predicate for each capacity in which somebody may ask.

    Whatever capacity is not named sees nothing. Members of staff without valid training see nothing at all (P5.1).

    Args:
        viewer: Who asks.
        subject: The SQL join condition's column with the subject's account id, such as `t.buyer_id`.
        person: The predicate for rows about the viewer in person, apart from that they are theirs.
        guardian: The predicate for rows about a minor whom the viewer watches over, apart from that.
        supplier: The whole predicate for a supplier's token; `:supplier` is the supplier.
        partners: The whole predicates for tokens of other kinds of partners; `:partner` is the partner's entry in the
            register. One that finds a row has a duty to its subject.
        third_party: The whole predicate for whoever proved control of a phone or an e-mail address; `:proof` is the
            proof.
        agent: The predicate for agents who have an open ticket of the subject, apart from that.
        operator: The whole predicate for operators.
        officer: The whole predicate for privacy officers.
        auditor: The whole predicate for auditors.
        facts: Facts beyond those of the subject's account.
        token_scopes: The scopes of which a token needs one to see any row.
        through: SQL that joins what lies between the row and the subject's account.
        core: The class by which a viewer may know of a row: a legal ground that names it opens the row (P2.9, P4.8).
            None where no ground does.
        order: The SQL of the id of the order that the row belongs to.
        dealing: Whether the row is part of a dealing of the subject's own that reaches into the partner's region,
            `:area` (P8.1).
        own_grounds: The grounds that the rows themselves are, as the fact `grounds` has them, in place of all others.
    """
    joins = f"{through} JOIN {account_of_today()} s ON s.id = {subject}"
    said = dict(facts or {})
    said |= {
        "subject": "s.id",
        "age": "s.age_band",
        "guardian": "s.guardian_id",
        "guardian_consents": "s.guardian_consents",
        "is_cancelled": IS_CANCELLED,
        "own_consents": "s.own_consents",
        "agreed_version": "s.agreed_version",
        "asked_anew": AWAITED,
    }
    if order != grounds.NO_ORDER:
        said["order"] = order
    values: dict[str, object] = {"now": clock.now(), **day()}
    where = NOTHING
    if viewer.staff is not None:
        if not viewer.is_trained:
            return _scope(joins, NOTHING, said, values)
        if viewer.staff is StaffRole.AGENT:
            values["agent"] = viewer.account
            joins = f"{joins} {OPEN_TICKET}"
            said |= {"has_open_ticket": "k.is_verified IS NOT NULL", "is_membership_verified": "k.is_verified IS TRUE"}
            where = f"k.is_verified IS NOT NULL AND {agent}"
        else:
            where = {
                StaffRole.OPERATOR: operator,
                StaffRole.PRIVACY_OFFICER: officer,
                StaffRole.AUDITOR: auditor,
            }[viewer.staff]
        joins, opened = _under_ground(viewer, joins, said, values, core, order)
        where = f"({where}) OR {opened}" if opened != NOTHING else where
        if own_grounds is not None:
            said["grounds"] = own_grounds
    elif viewer.supplier is not None:
        values["supplier"] = viewer.supplier
        is_allowed = viewer.scopes is not None and token_scopes & viewer.scopes
        where = supplier if is_allowed and is_used_for(viewer, core) else NOTHING
        where = _bound(viewer, _at_home(viewer, where, said, values, dealing, NOTHING))
    elif viewer.partner_type is not None:
        values["partner"] = viewer.partner
        is_allowed = viewer.scopes is not None and token_scopes & viewer.scopes
        is_used = is_allowed and is_used_for(viewer, core)
        where = (partners or {}).get(viewer.partner_type, NOTHING) if is_used else NOTHING
        said |= {"is_of_partner": EVERYTHING}
        joins, opened = _under_ground(viewer, joins, said, values, core, order)
        # A ground stands for a consent and not for the work: that is over with the window (P4.4).
        opened = f"({said.get('is_window_open', NOTHING)} AND {opened})" if opened != NOTHING else NOTHING
        where = f"({where}) OR {opened}" if is_allowed else NOTHING
        carried = NOTHING if opened == NOTHING or core is None else grounds.carried_abroad(core)
        where = _bound(viewer, _at_home(viewer, where, said, values, dealing, carried))
    elif viewer.proof is not None:
        values["proof"] = viewer.proof
        where = third_party
        said |= {"is_third_party": EVERYTHING}
    # INVARIANT (nobody is not somebody): no predicate compares with a viewer who has no account.
    elif viewer.account is not None:
        values["person"] = viewer.account
        where = f"(s.id = :person AND {person}) OR (s.guardian_id = :person AND {IS_UNDER_AGE} AND {guardian})"
    return _scope(joins, where, said, values, core)


_SAME: Mapping[str, bool] = {NOTHING: False, EVERYTHING: True}


def _scope(
    joins: str, where: str, said: Mapping[str, str], values: Mapping[str, object], core: DataClass | None = None
) -> Scope:
    """Put a scope together; of its facts, those that depend on no row are known before one is read."""
    facts, known = _told_apart(tuple(said.items()))
    return Scope(joins, where, facts, values, core, known)


@lru_cache(maxsize=1_000)
def _told_apart(said: tuple[tuple[str, str], ...]) -> tuple[Mapping[str, str], Mapping[str, bool]]:
    known = {name: _SAME[sql] for name, sql in said if sql in _SAME}
    return {name: sql for name, sql in said if name not in known}, known


def _under_ground(
    viewer: Viewer,
    joins: str,
    said: dict[str, str],
    values: dict[str, object],
    core: DataClass | None,
    order: str,
) -> tuple[str, str]:
    """Add the grounds in force to the joins and facts of those who can have one, and say which rows they open."""
    party = grounds.party_under_ground(viewer)
    if party is None:
        return joins, NOTHING
    values |= grounds.values_for(viewer)
    said["grounds"] = "gr.listed"
    opens = core is not None and grounds.opens_to(party, core)
    return f"{joins} {grounds.joined(viewer, order)}", grounds.opened(
        viewer, party, core
    ) if opens and core else NOTHING


def _at_home(
    viewer: Viewer, where: str, said: dict[str, str], values: dict[str, object], dealing: str, carried: str
) -> str:
    """Narrow a partner's rows to those that it may have where it works with the data (P8.1)."""
    if dealing == EVERYTHING:
        return where
    # INVARIANT (nowhere is abroad): of a partner that nobody knows a region of, everything would cross a border.
    values["area"] = area_of(viewer.region) if viewer.region is not None else ""
    said["crosses_border"] = crossing(dealing)
    return f"({where}) AND (NOT {said['crosses_border']} OR {carried})"


def _bound(viewer: Viewer, where: str) -> str:
    """Narrow a partner's rows by what binds its token: a row without values would tell what a rule hides."""
    if not stands(viewer):
        return NOTHING
    return f"({where}) AND {kept_back(viewer)}" if viewer.is_delegated else where


@keeps("P4.5", otherwise=True)
def stands(viewer: Viewer) -> bool:
    """Tell whether a partner's agreement and review are both in force; without them no row is there (P4.5)."""
    return viewer.is_in_standing


@keeps("P4.4", otherwise=EVERYTHING)
def kept_back(viewer: Viewer) -> str:
    """Say in SQL which rows are not kept back from a token that a partner made for a subcontractor (P4.4)."""
    return f"s.age_band <> '{AgeBand.CHILD.value}'" if viewer.is_delegated else EVERYTHING


@keeps("P2.10", otherwise=True)
def is_used_for(viewer: Viewer, core: DataClass | None) -> bool:
    """Tell whether a token asks for a purpose that it was made for, and that what a row is known by serves (P2.10)."""
    if viewer.purposes is None:
        return True
    party = Party.SUPPLIER if viewer.partner_type is None else viewer.partner_type.party
    purpose = viewer.purpose_in(party)
    return purpose in viewer.purposes and (core is None or purpose in core.purposes)


def public_scope(viewer: Viewer, *, public: str, through: str = "") -> Scope:
    """
    Make the scope of a table that is about nobody, such as the catalogue.

    Operators see all of it. Whoever else asks sees what is public; so do members of staff without valid training.

    Args:
        viewer: Who asks.
        public: The predicate for rows that everybody may see.
        through: SQL that joins what the predicate needs.
    """
    sees_all = viewer.staff is StaffRole.OPERATOR and viewer.is_trained
    return Scope(through, EVERYTHING if sees_all else public, {}, {"now": clock.now()})


def numbered(sql: str, values: Mapping[str, object]) -> tuple[str, list[object]]:
    """Turn named parameters into PostgreSQL's numbered ones, and list the values in that order."""
    text, order = _numbered(sql)
    return text, [values[name] for name in order]


# The texts are of code alone, so there are few; what comes from a client is in the values.
@lru_cache(maxsize=4_096)
def _numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    order: list[str] = []

    def number(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in order:
            order.append(name)
        return f"${order.index(name) + 1}"

    text = _NAMED.sub(number, sql)
    return text, tuple(order)
