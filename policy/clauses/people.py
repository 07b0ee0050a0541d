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
        holds_now="The region that a partner's agreement says is compared with the person's, row by row; a law that a "
        "legal ground names, the consent of the person or their guardian, and an order from abroad are the only ways "
        "out; a charge that the shop sends is asked the same. Guardians are asked for theirs where the shop stands "
        "abroad of the minor. What leaves is in a register that the person reads. Replicas, backups and file stores "
        "have no region yet.",
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
