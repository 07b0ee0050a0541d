"""Who is measured: a table, to which a further way of answering is added as one entry."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette

from benchmarks import naive
from benchmarks.purchases import Cast
from benchmarks.stage import Program, Stage, running
from benchmarks.wire import Request
from benchmarks.workloads import WORKLOADS, Workload
from server import app
from server.settings import Settings

COMPARED = frozenset({"W1", "W1x100", "W1L", "W2", "W3", "W6", "W6s"})
"""The reads that are also written by hand, in two ways."""
WRITTEN = frozenset({"W4", "W5"})
"""The writes that are also written by hand."""
REPEATED = frozenset({"W1", "W1a", "W2", "W3", "W6", "W6s"})
"""The reads whose answers are also sent without a database."""


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
        application: Makes the same application in this program, whose statements are counted; None if none is.
        share: The share of a turn's length that is enough for one that is slow.
    """

    name: str
    about: str
    command: Callable[[Path], list[str]]
    workloads: frozenset[str] = COMPARED
    speaks_graphql: bool = False
    is_limit: bool = False
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    application: Callable[[Settings], Starlette] | None = None
    share: float = 1.0

    def request(self, workload: Workload, cast: Cast, number: int = 0) -> Request:
        """Give the one request of a repetition, in the way that this one is asked."""
        if self.speaks_graphql:
            return workload.request(cast)
        asked = workload.by_hand(cast, number) if workload.by_hand is not None else workload.request(cast)
        return Request(f"/{workload.name}", asked.body, asked.credential)

    def is_told_at_once(self, workload: Workload) -> bool:
        """Tell whether a repetition is one request."""
        return workload.is_read or not self.speaks_graphql


AVOW = "avow"
NAIVE = "naive"
UNGUARDED = "unguarded"
FLOOR = "floor"
CONTESTANTS = (
    Contestant(
        AVOW,
        "Avow as it is served, one worker",
        lambda _: ["server", "serve", "--workers", "1"],
        workloads=frozenset(WORKLOADS),
        speaks_graphql=True,
        application=app.create,
    ),
    Contestant(
        NAIVE,
        "the same server, in which stock Strawberry runs every operation",
        lambda _: ["benchmarks.naive"],
        workloads=frozenset({"W1", "W2", "W3", "W6", "W6s"}),
        speaks_graphql=True,
        application=naive.create,
        share=0.4,
    ),
    Contestant(
        UNGUARDED,
        "the same server without the policy, to tell what that costs",
        lambda _: ["benchmarks.unguarded"],
        workloads=frozenset({"W6"}),
        speaks_graphql=True,
    ),
    Contestant(
        "bare rows",
        "hand-written, a statement for each level or table",
        lambda _: ["benchmarks.bare", "rows"],
        workloads=COMPARED | WRITTEN,
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
        workloads=REPEATED,
    ),
)


@contextmanager
def running_all(
    stage: Stage,
    workloads: Sequence[Workload],
    answers: Path,
    record: Callable[[Mapping[str, Program]], None],
) -> Generator[dict[str, Program]]:
    """
    Run every contestant that knows one of the workloads for the length of a `with` block.

    Args:
        answers: The folder of recorded answers.
        record: Called once those that speak GraphQL run, before those that repeat what they said are started.
    """
    names = {workload.name for workload in workloads}
    with ExitStack() as stack:
        programs: dict[str, Program] = {}
        for speaks_graphql in (True, False):
            for one in CONTESTANTS:
                if one.speaks_graphql is speaks_graphql and not names.isdisjoint(one.workloads):
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
