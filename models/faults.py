"""What can go wrong with a database, said without a single value of a row."""

import re

import asyncpg
from tortoise.exceptions import IntegrityError, OperationalError

# SQLSTATE classes and codes that mean "this database cannot serve now": PostgreSQL manual, appendix A.
_UNAVAILABLE = {
    "08": "the connection broke",
    "25006": "it accepts no writes",
    "25P03": "a transaction was left idle",
    "28": "it refused the login or the role",
    "3D": "the database does not exist",
    "53": "it is out of connections, memory or disk space",
    "57P": "it is starting, stopping or recovering",
    "58": "it met a fault of its own",
    "F0": "it met a fault of its own",
    "XX": "it met a fault of its own",
}
_CONTENDED = {"40001", "40P01"}
_BUSY = {"55P03": "a lock was not free in time", "57014": "a statement took too long"}

_ARGUMENT = re.compile(r"invalid input for query argument \$\d+")


class DatabaseUnavailable(Exception):
    """
    A database gave no answer: it is stopped, hung, full, read-only, or refuses the login.

    Nothing is wrong with the request; the same may succeed in a few seconds.
    """

    def __init__(self, database: str, reason: str) -> None:
        self.database = database
        self.reason = reason
        super().__init__(f"The `{database}` database cannot serve: {reason}. Try again in a few seconds.")


class DatabaseElsewhere(DatabaseUnavailable):
    """
    A database was made in another region than the program says that it stands in, and nothing is read or written there.

    Args:
        noted: The region that the database remembers.
        said: The one that the configuration says.
    """

    def __init__(self, database: str, noted: str, said: str) -> None:
        super().__init__(database, f"it was made in the region `{noted}`, and the configuration says `{said}`")
        self.args = (
            f"The `{database}` database was made in the region `{noted}`, and the configuration says `{said}`: set the "
            "regions back to where it was made, or make an empty one where the servers stand now. Nothing was read.",
        )


class DatabaseBusy(DatabaseUnavailable):
    """A database is at work, but could not do this in time."""


class Contended(Exception):
    """A transaction lost against another one and was undone; `models.database.retrying` repeats it."""

    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate
        super().__init__(f"A transaction was undone for another one ({sqlstate}). Run it again from its start.")


class ConstraintViolated(IntegrityError):
    """
    A row was refused by a constraint.

    Args:
        constraint: Its name; for a missing value, the column's.
        table: The table's name.
        sqlstate: 23505 not unique, 23503 refers to no row or is referred to, 23502 missing, 23514 check.
    """

    def __init__(self, constraint: str, table: str, sqlstate: str) -> None:
        self.constraint = constraint
        self.table = table
        self.sqlstate = sqlstate
        super().__init__(f"`{constraint}` of table `{table}` refuses this row ({sqlstate}).")


class BadStatement(OperationalError):
    """A statement that PostgreSQL cannot run; a fault of the program."""


class BadArgument(BadStatement):
    """
    A value does not fit its placeholder.

    The driver finds out between two messages to the server, which is left waiting for the second one and would end
    the next statement for taking too long. So the connection is not used again.
    """


def translated(fault: BaseException, database: str) -> Exception | None:
    """
    Tell what a fault of the driver means, without the values that PostgreSQL puts into its messages.

    Returns:
        The exception to raise in its place; None if the fault has nothing to do with the database.
    """
    if isinstance(fault, TimeoutError):
        return DatabaseUnavailable(database, "it gave no answer in time")
    # The driver's own, though it looks like one of the server's.
    if argument := _ARGUMENT.match(str(fault)):
        return BadArgument(f"{argument[0]} (value withheld)")
    if isinstance(fault, asyncpg.PostgresError):
        return _refused(fault, database)
    if isinstance(fault, asyncpg.InterfaceError):
        if "clos" in str(fault) or "released" in str(fault):
            return DatabaseUnavailable(database, "the connection is closed")
        return BadStatement("A connection was used by two at once, or after its transaction had ended")
    if isinstance(fault, OSError | asyncpg.InternalClientError):
        return DatabaseUnavailable(database, "it cannot be reached")
    return None


def _refused(fault: asyncpg.PostgresError, database: str) -> Exception:
    state = str(fault.sqlstate or "XX000")
    if state in _CONTENDED:
        return Contended(state)
    if state in _BUSY:
        return DatabaseBusy(database, _BUSY[state])
    for prefix, reason in _UNAVAILABLE.items():
        if state.startswith(prefix):
            return DatabaseUnavailable(database, reason)
    if state.startswith("23"):
        column = getattr(fault, "column_name", None)
        constraint = getattr(fault, "constraint_name", None)
        return ConstraintViolated(str(constraint or column), str(getattr(fault, "table_name", None)), state)
    # Only messages about the statement itself (class 42) name nothing but tables, columns and functions.
    about = f": {fault.args[0]}" if state.startswith("42") and fault.args else ""
    return BadStatement(f"PostgreSQL refused a statement ({state}){about}")
