"""How large and how deep a document may be; every figure in one place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLimits:
    """
    The bounds that a document must keep before it is validated.

    Together they hold the decision on any document that is short enough below 50 ms of CPU time,
    so none of them is raised without running `tests/execution/test_hostile_documents.py`.
    """

    text_bytes: int = 15_000
    """Of the text, in UTF-8."""
    tokens: int = 1_000
    """Punctuators, names, numbers, strings and comments."""
    nesting: int = 64
    """Brackets of any kind that are open at once."""
    depth: int = 10
    """Object levels; the wrappers of a connection are not counted."""
    introspection_depth: int = 16
    """Levels below `__schema` and `__type`, which the explorer's own query needs."""
    aliases_per_level: int = 15
    """Aliased fields at one distance from the root, with fragments written out."""
    directives: int = 20
    list_items: int = 250
    """Entries of one list, written in the document or sent in a variable."""
    root_fields: int = 20
    mutations: int = 5
    sensitive_mutations: int = 1
    operations: int = 10
    fragments: int = 100
    expanded_fields: int = 2_000
    """Fields of one operation with fragments written out."""
    cost: int = 1_000
    """Units that one operation may cost (`execution/cost.py`): at most about a second of CPU time."""
    field_comparisons: int = 6_000
    """Units of work that looking for conflicting fields may take."""
