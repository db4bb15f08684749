"""A small plot of growth as SVG: both axes logarithmic and named, one line for each set-up, its last value beside it.

Under it stands on what it was measured and under which load, so that a picture is not taken for more than it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 880, 510
LEFT, RIGHT, TOP, BOTTOM = 84, 250, 40, 84
LABEL = 16
"""From one label's line to the next."""
COLOURS = ("#0f766e", "#b45309", "#4338ca", "#be123c", "#15803d", "#7c3aed")
DASHES = ("", "6 3", "2 3")
"""When there are more lines than colours, they come again, broken."""


@dataclass(frozen=True)
class Line:
    """One set-up: a size, and milliseconds."""

    name: str
    points: Sequence[tuple[float, float]]


def draw_growth(
    lines: Sequence[Line], *, of: str = "Median time to offer", over: str = "how many wait", on: str = ""
) -> str:
    """Return the plot of what something costs, in milliseconds, over a size; `on` says where it was measured."""
    xs = [x for line in lines for x, _ in line.points]
    ys = [y for line in lines for _, y in line.points]
    across, up = _scale(min(xs), max(xs)), _scale(min(1.0, *ys), max(1000.0, *ys))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(of)} by {escape(over)}</title>",
        "<style>text { font: 12px system-ui, sans-serif }</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="22" fill="#1f2937" font-size="14">{escape(of)} (ms) by {escape(over)}</text>',
        *_grid(across, up),
        *_names(across=over, up=f"{of} (ms)", below=on),
    ]
    ends = sorted(range(len(lines)), key=lambda n: -lines[n].points[-1][1])
    heights = _spread([_y(up(lines[n].points[-1][1])) for n in ends])
    labels = dict(zip(ends, heights, strict=True))
    for number, line in enumerate(lines):
        parts += _drawn(line, number=number, label_y=labels[number], across=across, up=up)
    return "\n".join([*parts, "</svg>", ""])


class _scale:  # noqa: N801 (used like a function)
    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = math.floor(math.log10(low)), math.ceil(math.log10(high))

    def __call__(self, value: float) -> float:
        return (math.log10(value) - self.low) / (self.high - self.low)

    def decades(self) -> list[int]:
        return [10**n for n in range(self.low, self.high + 1)]


def _x(share: float) -> float:
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _y(share: float) -> float:
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def _grid(across: _scale, up: _scale) -> list[str]:
    parts = []
    for value in up.decades():
        y = _y(up(value))
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#e5e7eb"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end" fill="#4b5563">{value:,}</text>')
    for value in across.decades():
        x = _x(across(value))
        parts.append(f'<line x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#e5e7eb"/>')
        parts.append(f'<text x="{x}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle" fill="#4b5563">{value:,}</text>')
    return parts


def _names(*, across: str, up: str, below: str) -> list[str]:
    middle, height = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    return [
        f'<text x="{middle}" y="{HEIGHT - BOTTOM + 42}" text-anchor="middle" fill="#1f2937">{escape(across)}</text>',
        f'<text transform="translate(18 {height}) rotate(-90)" text-anchor="middle" fill="#1f2937">{escape(up)}</text>',
        *([f'<text x="{LEFT}" y="{HEIGHT - 12}" fill="#4b5563">{escape(below)}</text>'] if below else []),
    ]


def _spread(heights: Sequence[float]) -> list[float]:
    """Move labels apart that would cover each other: down, and up again where they would leave the plot."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + LABEL) if placed else height)
    lowest = float(HEIGHT - BOTTOM)
    for number in reversed(range(len(placed))):
        placed[number] = min(placed[number], lowest)
        lowest = placed[number] - LABEL
    return placed


def _drawn(line: Line, *, number: int, label_y: float, across: _scale, up: _scale) -> list[str]:
    turn, place = divmod(number, len(COLOURS))
    colour, dash = COLOURS[place], DASHES[turn % len(DASHES)]
    broken = f' stroke-dasharray="{dash}"' if dash else ""
    points = " ".join(f"{_x(across(x))},{_y(up(y))}" for x, y in line.points)
    end = _x(across(line.points[-1][0]))
    label = f"{escape(line.name)}: {line.points[-1][1]:.1f} ms"
    return [
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{broken}/>',
        *(f'<circle cx="{_x(across(x))}" cy="{_y(up(y))}" r="3" fill="{colour}"/>' for x, y in line.points),
        f'<text x="{end + 10}" y="{label_y + 4}" fill="{colour}">{label}</text>',
    ]
