"""Clauses on minors, on borders, and on changes of the policy."""

from policy.clauses.clause import Clause, Status

MINORS = (
    Clause(
        "P7.1",
        "7",
        "People under age use the shop if a guardian is for it.",
        Status.ENFORCED,
    ),
    Clause(
        "P7.2",
        "7",
        "Once somebody turns out to be a child, a guardian is told and asked, purpose by purpose.",
        Status.ENFORCED,
    ),
    Clause(
        "P7.3",
        "7",
        "Until a guardian says yes, nothing is done with a child's data that neither the law nor the child needs.",
        Status.ENFORCED,
    ),
    Clause(
        "P7.4",
        "7",
        "A guardian can look after what a child does here.",
        Status.ENFORCED,
    ),
    Clause(
        "P7.5",
        "7",
        "Whoever comes of age takes over from the guardian.",
        Status.ENFORCED,
    ),
)

BORDERS = (
    Clause(
        "P8.1",
        "8",
        "Data stays at home, unless the law, its owner or a deal that its owner made abroad takes it out.",
        Status.ENFORCED,
        outside="Where a disk really stands is the word of whoever runs the shop, as is where they put copies of a "
        "database that are made past the program.",
    ),
    Clause(
        "P8.2",
        "8",
        "Wherever data lies, it is guarded alike, and its owner can see where that is.",
        status=Status.ENFORCED,
    ),
)

CHANGES = (
    Clause(
        "P9.1",
        "9",
        "A new text is made known together with its first day, and takes no right away unasked.",
        Status.ENFORCED,
    ),
    Clause(
        "P9.2",
        "9",
        "Whoever goes on after a new text came into force has taken it on.",
        Status.ENFORCED,
    ),
    Clause(
        "P9.3",
        "9",
        "If more is to be collected, or for other ends, people are asked once more.",
        Status.ENFORCED,
    ),
)
