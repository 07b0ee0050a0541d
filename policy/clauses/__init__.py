"""The register of clauses: every promise of the privacy policy, where it is printed, and how far it is kept."""

from policy.clauses.clause import NOT_PRINTED, Clause, Status
from policy.clauses.collection import COLLECTION, WHOLE
from policy.clauses.people import BORDERS, CHANGES, MINORS
from policy.clauses.protection import PROTECTION, RIGHTS
from policy.clauses.sharing import SHARING
from policy.clauses.use import USE

__all__ = ["NOT_PRINTED", "REGISTER", "SECTIONS", "Clause", "Status", "clause"]

# In the policy's order. It prints no section 3: what its own list calls the third is the fourth in its text.
SECTIONS: dict[str, tuple[Clause, ...]] = {
    "Whom it binds": WHOLE,
    "What is collected": COLLECTION,
    "What it is used for": USE,
    "Sharing, transfer, publication": SHARING,
    "Protection": PROTECTION,
    "Rights": RIGHTS,
    "Minors": MINORS,
    "Borders": BORDERS,
    "Changes": CHANGES,
}
REGISTER: tuple[Clause, ...] = tuple(each for section in SECTIONS.values() for each in section)
_BY_ID = {each.id: each for each in REGISTER}


def clause(clause_id: str) -> Clause:
    """
    Look a clause up.

    Raises:
        LookupError: The register has no such clause.
    """
    if clause_id not in _BY_ID:
        raise LookupError(f"The register has no clause `{clause_id}`; `docs/policy/clauses.md` lists all of them.")
    return _BY_ID[clause_id]
