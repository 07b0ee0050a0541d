"""
A plugin of pytest that takes the policy away piece by piece and expects the tests to fail.

`pytest --mutate clauses` runs for each clause the tests that are marked with it, in a world without the clause: a mark
whose test passes there does not count. `--mutate fields` opens each classified field and `--mutate scopes` the rows of
each table, and both look for one generated test that notices.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from _pytest import runner

from tests.clauses.mutants import Mutant, with_open_fields, with_open_tables, without_clauses
from tests.reporting import FIGURES

KINDS: dict[str, Callable[[], list[Mutant]]] = {
    "clauses": without_clauses,
    "fields": with_open_fields,
    "scopes": with_open_tables,
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("policy")
    group.addoption(
        "--mutate",
        action="append",
        choices=[*KINDS, "all"],
        default=[],
        help="take the policy away piece by piece, and fail where no test notices",
    )
    group.addoption(
        "--mutate-only",
        action="append",
        default=[],
        metavar="NAME",
        help="only these: a clause like P5.7, a field like Order.number, or a model like Order",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks, and keep Hypothesis from spending time on failures that are expected."""
    config.addinivalue_line("markers", "matrix(type): compares objects of a type with what the policy decides")
    config.addinivalue_line("markers", "scope(model): compares rows of a table with what the policy decides")
    if config.getoption("--mutate"):
        from hypothesis import Phase, settings

        settings.register_profile("mutate", phases=[Phase.explicit, Phase.generate], database=None, print_blob=False)
        settings.load_profile("mutate")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run the tests in mutated worlds, where that was asked for."""
    kinds = _given(session.config, "--mutate")
    if not kinds:
        return None
    if session.testsfailed:
        raise session.Interrupted(f"{session.testsfailed} errors during collection")
    only = _given(session.config, "--mutate-only")
    runs = [_Run(session, kind, only) for kind in (KINDS if "all" in kinds else dict.fromkeys(kinds))]
    try:
        for run in runs:
            run.go()
    finally:
        _give_back(session, None)
        # What was measured without the policy is no figure of the product.
        FIGURES.clear()
    session.testsfailed = sum(len(run.faults) for run in runs)
    return True


def _given(config: pytest.Config, option: str) -> list[str]:
    values: Any = config.getoption(option)
    return values


@dataclass
class _Run:
    """All mutants of one kind, and what was found."""

    session: pytest.Session
    kind: str
    only: list[str]
    faults: list[str] = field(default_factory=list[str])
    lines: list[str] = field(default_factory=list[str])

    def go(self) -> None:
        """Try every mutant, and print what was found."""
        began = time.monotonic()
        mutants = [mutant for mutant in KINDS[self.kind]() if not self.only or mutant.name in self.only]
        tests = {mutant.name: _marked(self.session.items, mutant) for mutant in mutants}
        _set_up_for(self.session, (item for items in tests.values() for item in items))
        failing = {mutant.name: self._failing_in(mutant, tests[mutant.name]) for mutant in mutants}
        unsound = self._failing_anyway(failing)
        caught = 0
        for mutant in mutants:
            faults = _faults(mutant, tests[mutant.name], failing[mutant.name], unsound)
            caught += not faults
            noticed = len([item for item in failing[mutant.name] if item not in unsound])
            self.lines.append(f"{mutant.name:24} without {mutant.missing:24} noticed by {noticed} tests")
            self.faults += faults
        if self.kind == "clauses" and not self.only:
            self.faults += _marks_of_nothing(self.session.items, {mutant.name for mutant in mutants})
        marks = sum(map(len, failing.values()))
        self._print(
            f"{self.kind}: {caught} of {len(mutants)} caught, by {marks} tests, in {time.monotonic() - began:.1f} s"
        )

    def _failing_in(self, mutant: Mutant, items: list[pytest.Item]) -> list[pytest.Item]:
        if mutant.is_every:
            # Rules take part in what tests prepare for themselves and share, but for what the whole session shares.
            _give_back(self.session, self.session)
        failing: list[pytest.Item] = []
        with mutant.world():
            for item in items:
                if _failure(item):
                    failing.append(item)
                    if not mutant.is_every:
                        break
            if mutant.is_every:
                _give_back(self.session, self.session)
        return failing

    def _failing_anyway(self, failing: dict[str, list[pytest.Item]]) -> dict[pytest.Item, str]:
        """
        Run what failed with the policy whole: what fails there too has noticed nothing.

        It has two attempts, because a machine that stands still for some seconds is no fault of a test.
        """
        used = {item for items in failing.values() for item in items}
        tried = {item: _failure(item) and _failure(item) for item in self.session.items if item in used}
        return {item: why for item, why in tried.items() if why}

    def _print(self, summary: str) -> None:
        reporter: Any = self.session.config.pluginmanager.get_plugin("terminalreporter")
        reporter.ensure_newline()
        reporter.section(f"the policy without some of its {self.kind}")
        for line in self.lines if self.kind == "clauses" or reporter.verbosity > 0 else []:
            reporter.write_line(line)
        for fault in self.faults:
            reporter.write_line(f"SURVIVED {fault}", red=True)
        reporter.write_line(summary, bold=True)


def _marked(items: Iterable[pytest.Item], mutant: Mutant) -> list[pytest.Item]:
    """List the tests with a mutant's marks, in the order of its marks."""
    marked = [
        item
        for name, argument in mutant.marks
        for item in items
        if any(argument is None or argument in mark.args for mark in item.iter_markers(name))
    ]
    return list(dict.fromkeys(marked))


def _faults(
    mutant: Mutant, items: list[pytest.Item], failing: list[pytest.Item], unsound: Mapping[pytest.Item, str]
) -> list[str]:
    if not items:
        wanted = " or ".join(f"{name}({argument!r})" for name, argument in mutant.marks if argument)
        return [f"{mutant.name}: no test is marked {wanted}; write one that fails without {mutant.missing}."]
    faults = [
        f"{mutant.name}: {item.nodeid} fails with the policy whole as well: repair it, or let it pass every time. "
        f"It said: {unsound[item]}"
        for item in failing
        if item in unsound
    ]
    if mutant.is_every:
        return faults + [
            f"{mutant.name}: {item.nodeid} passes without {mutant.missing}, so its mark does not count; "
            "let it depend on the clause, or take the mark away."
            for item in items
            if item not in failing
        ]
    if not failing:
        faults.append(f"{mutant.name}: {len(items)} tests pass without {mutant.missing}; write one that fails.")
    return faults


def _marks_of_nothing(items: Iterable[pytest.Item], kept: set[str]) -> list[str]:
    return [
        f"{clause}: {item.nodeid} is marked with it, but no rule and no guard keeps it; "
        "declare what does by `policy.enforcement.keeps`, or take the mark away."
        for item in items
        for mark in item.iter_markers("clause")
        for clause in mark.args
        if clause not in kept
    ]


def _failure(item: pytest.Item) -> str:
    """Run a test, and tell what it fails with; nothing where it passes."""
    _give_back(item.session, item)
    # With its parent for the next one, an item's own fixtures are given back and those of its module are kept.
    parent: Any = item.parent
    reports = runner.runtestprotocol(item, log=False, nextitem=parent)
    return "\n".join(report.longreprtext for report in reports if report.failed)


def _set_up_for(session: pytest.Session, items: Iterable[pytest.Item]) -> None:
    """Set up what the whole session shares, while the policy is whole."""
    phase: Any = runner.call_and_report  # pyright: ignore[reportUnknownVariableType]
    shared: set[str] = set()
    for item in dict.fromkeys(items):
        needed = _of_session(item)
        if needed - shared:
            shared |= needed
            _give_back(session, item)
            anchor: Any = session
            made: Any = item
            made._initrequest()
            report = phase(item, "setup", log=False)
            phase(item, "teardown", log=False, nextitem=anchor)
            made._request, made.funcargs = False, None
            if report.failed:
                raise session.Failed(f"{item.nodeid} cannot be set up:\n{report.longreprtext}")


def _of_session(item: Any) -> set[str]:
    definitions: dict[str, Any] = item._fixtureinfo.name2fixturedefs
    return {name for name, made in definitions.items() if made and made[-1].scope == "session"}


def _give_back(session: pytest.Session, but: pytest.Item | pytest.Session | None) -> None:
    """Tear down what was set up, but what a test or the session still needs."""
    kept: Any = but
    session._setupstate.teardown_exact(kept)  # pyright: ignore[reportPrivateUsage]
