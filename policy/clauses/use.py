"""Clauses on what personal data is used for."""

from policy.clauses.clause import Clause, Status

USE = (
    Clause(
        "P2.1",
        "2(1)1",
        "Whoever joins is checked: first that an address is theirs, then who they are.",
        Status.ENFORCED,
        outside="Whether a document belongs to whoever shows it is what the provider of the check answers for.",
    ),
    Clause(
        "P2.2",
        "2(1)2",
        "People find products, and are shown some, with the help of what they did before.",
        holds_now="Products are searched for, and the words are kept as the person's own with their consent to be "
        "recommended by them. Nothing is recommended yet.",
    ),
    Clause(
        "P2.2c",
        "2(1)2",
        "A device or a word searched for is about nobody, until it is tied to somebody.",
        Status.ENFORCED,
        outside="Whether words name somebody in themselves, as a name does, no program can tell; those that look like "
        "a number, an address or a long text are not kept.",
    ),
    Clause(
        "P2.3",
        "2(1)3",
        "People put things by: in a cart, among favourites, or by following who sells them.",
        holds_now="A cart is its holder's alone; a guest's has no name, and becomes part of the account's after "
        "logging in.",
    ),
    Clause(
        "P2.4",
        "2(1)4",
        "An order says to whom it goes, can be followed by its buyer, and is looked at when something seems odd.",
        Status.ENFORCED,
        outside="Whether an order that is out of the ordinary is one of abuse is for people to judge.",
    ),
    Clause(
        "P2.5",
        "2(1)5",
        "An institution that takes a payment learns which order and how much, and reads a card only if chosen for it.",
        holds_now="An institution is told number and amount, of a charge and of money that goes back, each on record "
        "before; by its token it finds no more.",
    ),
    Clause(
        "P2.6",
        "2(1)6",
        "Those who bring the goods read what they need to bring them, and tell how far they are.",
        status=Status.ENFORCED,
        outside="Whether a parcel is where its carrier says, and what a company does with what it has read, is for the "
        "agreement with it.",
    ),
    Clause(
        "P2.7",
        "2(1)7",
        "Support makes sure whom it talks to, and keeps what was talked about.",
        holds_now="An agent sees a person only on a ticket that is open and assigned to them, masked until the "
        "caller is verified.",
    ),
    Clause(
        "P2.8",
        "2(1)8",
        "Devices, logs and purchases are watched for signs of fraud and attacks.",
        holds_now="Attempts to sign in are counted by account and by network, and slowed down.",
    ),
    Clause(
        "P2.9",
        "2(2)",
        "In ten situations, and only there, data may be used though nobody was asked.",
        status=Status.ENFORCED,
        outside="Whether a situation is one of the ten is for the two officers to judge; a program sees to it that "
        "there are two, that it ends, and that each use is noted.",
    ),
    Clause(
        "P2.10",
        "2(3)",
        "Data serves what it was given for; for anything else its owner is asked before.",
        Status.ENFORCED,
    ),
    Clause(
        "P2.10b",
        "2(3)",
        "What others report about people has to come from a clean source, and is guarded as if we had asked for it.",
        outside="That a source tells the truth about itself is what its written word and its liability are for.",
    ),
    Clause(
        "P2.11",
        "2(3)",
        "Numbers in which nobody can be found again may be studied.",
    ),
    Clause(
        "P2.12",
        "2(3)3",
        "If the shop ever shuts, it takes in no more data, tells everyone it knows, and clears its shelves.",
    ),
)
