"""Clauses on minors, on borders, and on changes of the policy."""

from policy.clauses.clause import Clause, Status

MINORS = (
    Clause(
        "P7.1",
        "7",
        "People under age use the shop if a guardian is for it.",
        holds_now="Birth date and region give the age band, with each region's ages as data; a child's account "
        "starts locked and opens with the guardian's consent; a minor orders nothing, and their sensitive data goes to "
        "nobody else, without it.",
    ),
    Clause(
        "P7.2",
        "7",
        "Once somebody turns out to be a child, a guardian is told and asked, purpose by purpose.",
        holds_now="A minor invites an adult, who is verified as one by a provider, reads what is asked and accepts or "
        "refuses, purpose by purpose; invitations end, and are taken back; each consent and withdrawal is a step of a "
        "lasting history. Whoever turns out to be a child later is locked in the moment in which the day of birth is "
        "corrected, and closed to everybody; an earlier day than before needs proof.",
    ),
    Clause(
        "P7.3",
        "7",
        "Until a guardian says yes, nothing is done with a child's data that neither the law nor the child needs.",
        holds_now="Without consent to the purpose at hand a child's data is open to the guardian alone, apart from "
        "what the child needs to ask for it and the core of what a supplier has sold; a withdrawal cancels what has "
        "not left.",
    ),
    Clause(
        "P7.4",
        "7",
        "A guardian can look after what a child does here.",
        holds_now="Guardians read a child's profile, orders, consents and to whom its data was shown, of an older "
        "minor the orders and consents, may cancel what was ordered, approve or refuse what costs more than a limit of "
        "theirs, and withdraw any consent at any time.",
    ),
    Clause(
        "P7.5",
        "7",
        "Whoever comes of age takes over from the guardian.",
        holds_now="On the birthday in the person's region the age band moves on: a child's account opens as a minor's, "
        "and whoever is of age has no guardian and none of a guardian's consents any more; both are told.",
    ),
)

BORDERS = (
    Clause(
        "P8.1",
        "8",
        "Data stays at home, unless the law, its owner or a deal that its owner made abroad takes it out.",
        holds_now="The region that a partner's agreement says is compared with the person's, row by row; a law that a "
        "legal ground names, the consent of the person or their guardian, and an order from abroad are the only ways "
        "out. Guardians are asked for theirs where the shop stands abroad of the minor. What leaves is in a register "
        "that the person reads. Replicas, backups and file stores have no region yet.",
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
