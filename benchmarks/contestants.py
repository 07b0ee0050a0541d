"""Who is measured: a table, to which a further way of answering is added as one entry."""

from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.purchases import Cast
from benchmarks.stage import Program, Stage, running
from benchmarks.wire import Request
from benchmarks.workloads import WORKLOADS, Workload

COMPARED = frozenset({"W1", "W2", "W3", "W6", "W6s"})
"""The reads that are also written by hand."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """
    A server that answers workloads.

    Args:
        name: In tables.
        about: What it is, for readers of the table.
        command: What stands behind `python -m`, for the folder of recorded answers.
        workloads: Which it knows.
        speaks_graphql: Whether it is asked by GraphQL; otherwise each workload is a path of its own.
        is_limit: Whether it is one of the hand-written servers of which the faster one is the limit.
        environment: Settings by which it differs.
    """

    name: str
    about: str
    command: Callable[[Path], list[str]]
    workloads: frozenset[str] = COMPARED
    speaks_graphql: bool = False
    is_limit: bool = False
    environment: Mapping[str, str] = field(default_factory=dict[str, str])

    def request(self, workload: Workload, cast: Cast) -> Request:
        """Give the request of a read, in the way that this one is asked."""
        asked = workload.request(cast)
        return asked if self.speaks_graphql else Request(f"/{workload.name}", asked.body, asked.credential)


AVOW = "avow"
FLOOR = "floor"
CONTESTANTS = (
    Contestant(
        AVOW,
        "Avow as it is served, one worker",
        lambda _: ["server", "serve", "--workers", "1"],
        workloads=frozenset(WORKLOADS),
        speaks_graphql=True,
    ),
    Contestant(
        "bare rows",
        "hand-written, a statement for each level",
        lambda _: ["benchmarks.bare", "rows"],
        is_limit=True,
    ),
    Contestant(
        "bare json",
        "hand-written, one statement that makes the JSON",
        lambda _: ["benchmarks.bare", "json"],
        is_limit=True,
    ),
    Contestant(
        FLOOR,
        "the same bytes without a database",
        lambda folder: ["benchmarks.bare", "floor", str(folder)],
        workloads=COMPARED | {"W1a"},
    ),
)


@contextmanager
def running_all(
    stage: Stage, answers: Path, record: Callable[[Mapping[str, Program]], None]
) -> Generator[dict[str, Program]]:
    """
    Run every contestant for the length of a `with` block.

    Args:
        answers: The folder of recorded answers.
        record: Called once those that speak GraphQL run, before those that repeat what they said are started.
    """
    with ExitStack() as stack:
        programs: dict[str, Program] = {}
        for speaks_graphql in (True, False):
            for one in CONTESTANTS:
                if one.speaks_graphql is speaks_graphql:
                    programs[one.name] = stack.enter_context(
                        running(
                            stage,
                            one.name.replace(" ", "-"),
                            one.command(answers),
                            ready="/readyz",
                            environment=one.environment,
                        )
                    )
            if speaks_graphql:
                record(programs)
        yield programs
