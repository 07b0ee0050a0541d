"""Draws bars as SVG, on a logarithmic scale: what is compared differs by a factor of a hundred."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH = 860
LABELS = 150
RIGHT = 70
BAR = 14
ROW = 20
GROUP = 30
TOP = 64
COLOURS = ("#33658a", "#c77d2e")
INK, FAINT, PAPER = "#1d2430", "#c9ced6", "#ffffff"
FONT = "font-family='system-ui, sans-serif'"


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of two parts; their colours say which share each has, its length says the sum."""

    name: str
    first: float
    second: float

    @property
    def sum(self) -> float:
        """Both parts."""
        return self.first + self.second


def drawn(title: str, parts: tuple[str, str], groups: Mapping[str, Sequence[Bar]]) -> str:
    """
    Draw groups of bars under each other.

    Args:
        title: What the lengths are.
        parts: What the two parts of each bar are.
        groups: The bars, by the heading above them.
    """
    sums = [bar.sum for bars in groups.values() for bar in bars if bar.sum > 0] or [1.0]
    low, high = floor(log10(min(sums))), ceil(log10(max(sums)) + 1e-9)
    if low == high:
        high += 1
    span = WIDTH - LABELS - RIGHT
    lines: list[str] = []
    y = TOP
    for heading, bars in groups.items():
        y += GROUP
        lines.append(_text(10, y - 9, heading, weight="600"))
        for bar in bars:
            length = span * (log10(bar.sum) - low) / (high - low) if bar.sum > 0 else 0.0
            share = bar.first / bar.sum if bar.sum > 0 else 0.0
            lines.append(_text(LABELS - 8, y + 11, bar.name, anchor="end"))
            lines.append(_rect(LABELS, y, length * share, COLOURS[0]))
            lines.append(_rect(LABELS + length * share, y, length * (1 - share), COLOURS[1]))
            lines.append(_text(LABELS + length + 6, y + 11, f"{bar.sum:.2f}"))
            y += ROW
    height = y + 16
    scale = [
        _line(LABELS + span * (power - low) / (high - low), TOP - 4, y) + _tick(low, high, power, span)
        for power in range(low, high + 1)
    ]
    legend = [_rect(LABELS, 28, 12, COLOURS[0]), _text(LABELS + 18, 39, parts[0])]
    legend += [_rect(LABELS + 90, 28, 12, COLOURS[1]), _text(LABELS + 108, 39, parts[1])]
    body = "\n".join([_text(10, 18, title, weight="600"), *legend, *scale, *lines])
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' role='img' "
        f"aria-label='{escape(title, quote=True)}'>\n"
        f"<rect width='{WIDTH}' height='{height}' fill='{PAPER}'/>\n{body}\n</svg>\n"
    )


def _tick(low: int, high: int, power: int, span: float) -> str:
    return _text(LABELS + span * (power - low) / (high - low), TOP - 8, f"{10.0**power:g}", anchor="middle")


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "400") -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' {FONT} font-size='12' font-weight='{weight}' fill='{INK}' "
        f"text-anchor='{anchor}'>{escape(text)}</text>"
    )


def _rect(x: float, y: float, width: float, colour: str) -> str:
    return f"<rect x='{x:.1f}' y='{y:.1f}' width='{max(width, 0):.1f}' height='{BAR}' fill='{colour}'/>"


def _line(x: float, top: float, bottom: float) -> str:
    return f"<line x1='{x:.1f}' y1='{top:.1f}' x2='{x:.1f}' y2='{bottom:.1f}' stroke='{FAINT}'/>"
