"""What is kept of searches: as somebody's own with their consent, and otherwise only what leads to nobody (P2.2c)."""

import re
import unicodedata
from datetime import timedelta

from policy.ages import AgeBand
from policy.enforcement import keeps
from policy.purposes import Purpose
from policy.viewer import Case

KEPT_FOR = timedelta(days=180)
"""How long a search is kept, linked or not."""
KEPT = f"{KEPT_FOR.days} days, unless you clear them or withdraw the consent before"

MOST_CHARACTERS = 60
"""How long words may be that are kept of somebody unknown: the longer, the more of whoever wrote them is in them."""

# Phone and card numbers, and whatever else is one person's: so many digits, whatever separates them.
_NUMBER = re.compile(r"(?:\d[\W_]*){7}")


def plain(words: str) -> str:
    """Write words in one form for all who search for them, so that no way of writing tells one from another."""
    read = unicodedata.normalize("NFKC", words)
    shown = "".join(each for each in read if unicodedata.category(each) != "Cf")
    return " ".join(shown.casefold().split())


@keeps("P2.2c", otherwise=True)
def leads_to_nobody(words: str) -> bool:
    """
    Tell whether words alone, as `plain` writes them, may be kept (P2.2c).

    Not if they are long, or look like an e-mail address, a phone number or the number of a card: there the word itself
    is tied to somebody. A name is not told from other words.
    """
    return len(words) <= MOST_CHARACTERS and "@" not in words and _NUMBER.search(words) is None


@keeps("P2.2c", otherwise=True)
def may_be_linked(case: Case) -> bool:
    """
    Tell whether what somebody searches for may be kept as theirs: if they consent to be recommended by it (P2.2c).

    Of somebody under age it is the guardian who does (P7.1).

    Args:
        case: That of their account.
    """
    purpose = Purpose.PERSONALISATION
    is_agreed = purpose in case.own_consents if case.age is AgeBand.ADULT else case.is_consented_by_guardian(purpose)
    return is_agreed and not case.is_cancelled


@keeps("P7.3", otherwise=True)
def may_be_kept_of(case: Case) -> bool:
    """Tell whether a search of somebody may be kept at all: none of a child's without the guardian's consent (P7.3)."""
    return case.age is not AgeBand.CHILD or Purpose.OPERATIONS in case.guardian_consents
