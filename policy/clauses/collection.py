"""Clauses on whom the policy binds, and on what is collected."""

from policy.clauses.clause import Clause, Status

WHOLE = (
    Clause(
        "P0.1",
        "preamble",
        "Whatever program somebody shops with, it is this one policy that binds us.",
        Status.ENFORCED,
    ),
    Clause(
        "P0.2",
        "preamble",
        "Where another company serves people under a policy of its own, we say so and lead there.",
        Status.ENFORCED,
        outside="How that company keeps its own policy is beyond our programs.",
    ),
    Clause(
        "P0.3",
        "preamble",
        "Nobody becomes a member before taking note of the text in force and accepting it.",
        Status.ENFORCED,
    ),
)

COLLECTION = (
    Clause(
        "P1.0",
        "1",
        "Whatever tells of somebody who can be identified falls under one of seven kinds; what leads back to no one "
        "falls under none.",
        Status.ENFORCED,
    ),
    Clause(
        "P1.1",
        "1(1)",
        "What people tell about themselves when joining serves their account for as long as there is one.",
        holds_now="Once an account is given up, registration classes are closed to every party, and nothing is added "
        "to it.",
    ),
    Clause(
        "P1.2a",
        "1(2)(1)",
        "A company's account comes with details of those who act for it, and these stay their own.",
        Status.ENFORCED,
    ),
    Clause(
        "P1.2b",
        "1(2)(2)",
        "Somebody who only takes a parcel is a person of their own to us, not a part of the buyer.",
        holds_now="The buyer reads a recipient, and so do a supplier in its window and an agent on the verified "
        "ticket; others who see the order see a mask.",
    ),
    Clause(
        "P1.2c",
        "1(2)(3)",
        "If another person pays, the institution that collects the money is alone in reading their bank details.",
        holds_now="The rules are there; nobody else can pay yet.",
    ),
    Clause(
        "P1.2d",
        "1(2)",
        "Those who bring in another person's details vouch for being allowed to, and for that person knowing.",
        Status.ENFORCED,
        outside="Whether the word given is true stays between these two; a program can only keep that it was given.",
    ),
    Clause(
        "P1.2e",
        "1(2)",
        "A person brought in by somebody else may turn the policy down, and is then forgotten.",
        Status.ENFORCED,
    ),
    Clause(
        "P1.2f",
        "1(2)",
        "Nothing about a child is brought in by others until a guardian has agreed.",
        Status.ENFORCED,
    ),
    Clause(
        "P1.3a",
        "1(3)1",
        "Visits leave traces in cookies and logs, and no more of them than was agreed to.",
        holds_now="Log lines consist of listed fields, none of which is personal; the one cookie is the session's.",
    ),
    Clause(
        "P1.3b",
        "1(3)2",
        "A session remembers just enough of device and network for its owner to know it again and end it.",
        Status.ENFORCED,
    ),
    Clause(
        "P1.3c",
        "1(3)3",
        "What somebody looked up, looked at and took away is remembered as theirs.",
        holds_now="What they searched for is, if they consent; they list and clear it, and it goes after 180 days.",
    ),
    Clause(
        "P1.3d",
        "1(3)4",
        "Buying leaves records of what was ordered, how it was paid and where it went.",
        holds_now="Orders are kept with lines, amounts, recipient and the steps they took.",
    ),
    Clause(
        "P1.4",
        "1(4)",
        "Built-in services of others, identity checks first of all, get the least that does and answer for it.",
        Status.ENFORCED,
        outside="Such a service is a controller beside us: what it does with data that it collects is its own duty. A "
        "front end that builds in its kit has it entered in the register.",
    ),
)
