"""What people may consent to for themselves, and what each consent would allow, as the rules have it."""

from collections.abc import Iterable

from policy.ages import AgeBand
from policy.classes import CLASSES, ORDER
from policy.facts import OWN_CONSENT, REGION_FITS, Ask, Fact
from policy.guardian_notice import PurposeNotice, of_personalisation
from policy.parties import Party
from policy.purposes import AFFILIATE_TASKS, Purpose
from policy.rules import RULES, Effect, Rule
from policy.searches import KEPT as SEARCHES_KEPT

_WHILE_CONSENTED = "until you withdraw it, or as long as the account lives"
KEPT = {
    Purpose.IDENTITY_VERIFICATION: "until the check has ended; that it was made, as long as the account lives",
    **dict.fromkeys(AFFILIATE_TASKS, _WHILE_CONSENTED),
    Purpose.CROSS_BORDER: _WHILE_CONSENTED,
    Purpose.PERSONALISATION: SEARCHES_KEPT,
}
OFFERED = frozenset(KEPT)
"""The purposes of which some rule, some scope of rows, or what is kept at all asks for the person's own consent."""

SEPARATE = frozenset({Purpose.CROSS_BORDER})
"""Those that are given on their own, never together with others (P8.1)."""

_ANY = Ask(Party.AFFILIATE, ORDER, True, AgeBand.ADULT, False, False, True, False, False, False)


def notices() -> list[PurposeNotice]:
    """List what consent to each purpose would allow, in the order of purposes."""
    return [_notice(purpose) for purpose in sorted(OFFERED, key=lambda purpose: purpose.bit)]


def _notice(purpose: Purpose) -> PurposeNotice:
    if purpose is Purpose.PERSONALISATION:
        return of_personalisation()
    rules = [rule for rule in RULES if _waits_for(rule, purpose)]
    opened = {data_class for rule in rules for data_class in rule.classes}
    parties = {party for rule in rules for party in rule.parties}
    return PurposeNotice(
        purpose=purpose,
        what=[known.name.lower().replace("_", " ") for known in CLASSES if known in opened],
        why=purpose.value,
        who=[party.value for party in Party if party in parties and party.is_partner],
        how_long=KEPT[purpose],
    )


def _waits_for(rule: Rule, purpose: Purpose) -> bool:
    if purpose is Purpose.CROSS_BORDER:
        return REGION_FITS in rule.unless
    if rule.effect is not Effect.PERMIT or OWN_CONSENT not in rule.when:
        return False
    if purpose in AFFILIATE_TASKS:
        return _is_for(rule.when, purpose)
    return any(party.purpose is purpose for party in rule.parties)


def _is_for(facts: Iterable[Fact], task: Purpose) -> bool:
    return any(fact.name == "task" and fact.holds(_ANY._replace(task=task)) for fact in facts)
