"""Clauses on giving personal data to others: sharing, transfer and publication."""

from policy.clauses.clause import Clause, Status

SHARING = (
    Clause(
        "P4.1",
        "4(1)",
        "Another company receives data on one of eight stated grounds, or does not receive it.",
        Status.ENFORCED,
        outside="That nobody is paid for data is written in contracts and books, which no program of ours reads.",
    ),
    Clause(
        "P4.2",
        "4(1)2",
        "Who provides an article learns of its order what providing it takes.",
        Status.ENFORCED,
    ),
    Clause(
        "P4.3",
        "4(1)3",
        "Sister companies and those who work for them share in four tasks, each with its own small part.",
        Status.ENFORCED,
        outside="How companies are related is in public registers; a privacy officer enters who belongs to the group, "
        "and whom they have named.",
    ),
    Clause(
        "P4.4",
        "4(1)4",
        "Five kinds of partners see what their work takes, and never pass a child's data on.",
        Status.ENFORCED,
    ),
    Clause(
        "P4.5",
        "4(1)5",
        "Partners' software is examined, and how it protects people is agreed, before it gets anything.",
        Status.ENFORCED,
        outside="Examining and agreeing are done by people; a program records how it ended and acts on it.",
    ),
    Clause(
        "P4.6",
        "4(2)",
        "Data changes hands with its owner's agreement, or goes to a successor who stays bound.",
    ),
    Clause(
        "P4.7",
        "4(3)",
        "The public reads of people what they chose to publish, or of a measure that the law allows to be told.",
        outside="Whether a measure was just is for people and courts to judge.",
    ),
    Clause(
        "P4.8",
        "4(4)",
        "In six situations, fewer than for use, data may be passed on though nobody was asked.",
        Status.ENFORCED,
    ),
)
