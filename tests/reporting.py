"""Figures that a run has measured, shown at its end."""

FIGURES: list[str] = []


def report(figure: str) -> None:
    """Show a line at the end of the run."""
    if figure not in FIGURES:
        FIGURES.append(figure)
