"""How long tests wait for a database on a machine that may stand still for seconds."""

from typing import Final, TypedDict


class Patience(TypedDict):
    """The bounds in time of `models.database.connect`, in seconds."""

    command_timeout_s: float
    patience_s: float


# What the product answers with "try again" after two seconds would fail a test that counts what became of each attempt.
# Whoever tests the bounds themselves makes a pool of their own.
PATIENT: Final[Patience] = {"command_timeout_s": 30.0, "patience_s": 20.0}
