"""Clauses on protecting personal data, and on the rights of the people it is about."""

from policy.clauses.clause import NOT_PRINTED, Clause, Status

PROTECTION = (
    Clause(
        "P5.1",
        "5.1",
        "Nobody reads along on the way, nobody unauthorised reads at rest, and those who may read were taught how.",
        holds_now="Direct identifiers and sensitive columns are sealed with a key per person, mail leaves encrypted "
        "alone, and staff whose training ran out see nothing.",
        outside="Giving the courses is people's work; a program knows until when a training is valid.",
    ),
    Clause(
        "P5.2",
        "5.2",
        "Each kind of data has a known way from its beginning to its end.",
        outside="How the company that runs the platform is organised is for that company to settle.",
    ),
    Clause(
        "P5.3",
        "5.3",
        "Little is taken in, and it stays for its time: a finished deal three years or longer, the rest no longer "
        "than it is of use.",
    ),
    Clause(
        "P5.4",
        "5.4",
        "What has had its time is erased, or loses whatever led back to somebody.",
    ),
    Clause(
        "P5.5",
        "5.5",
        "Those who notice a stranger in their account say so, and something is done.",
    ),
    Clause(
        "P5.6",
        "5.6",
        "People are made to think twice before they publish what identifies somebody.",
    ),
    Clause(
        "P5.7",
        "5.7",
        "A password that could be guessed is turned down with the reasons, and a good one is kept unreadable.",
        Status.ENFORCED,
        outside="What a court grants those who were harmed is not decided by a program.",
    ),
    Clause(
        "P5.8",
        "5.8",
        "When data got out, those it is about hear what happened, what is being done and what they can do.",
    ),
)

RIGHTS = (
    Clause(
        "P6.1",
        "6(1)",
        "Everybody may read what is held about them, and have it put right.",
        holds_now="People read their account, profile, addresses, orders, tickets and sessions, class by class, and "
        "change profile and addresses themselves.",
    ),
    Clause(
        "P6.2",
        "6(2)",
        "In five situations people have their data deleted, with us and with those whom we gave it to.",
    ),
    Clause(
        "P6.3",
        "6(3)",
        "An account can be given up, and what was in it ends with it.",
    ),
    Clause(
        "P6.4",
        "6(4)",
        "Whoever asks for a right shows who they are; the answer comes in time, and a no names one of six reasons.",
        outside="Whether a reason applies is judged by a privacy officer.",
    ),
    Clause(
        "P6.5",
        NOT_PRINTED,
        "People can take all that is held about them away with them, in a form that programs read.",
    ),
)
