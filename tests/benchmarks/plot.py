"""Small line charts with logarithmic axes, as SVG."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 270, 210
_LEFT, _TOP, _RIGHT, _BOTTOM = 48, 28, 30, 34
_COLOURS = ("#1f6fb2", "#c4501b", "#3a8a3a")
_STYLE = (
    "text{font:11px sans-serif;fill:#444}.t{font-weight:bold;font-size:12px}"
    "path{fill:none;stroke-width:2}.g{stroke:#ddd;stroke-width:1}"
)


@dataclass(frozen=True, slots=True)
class Chart:
    """Curves of positive values over the same positive places."""

    title: str
    places: Sequence[float]
    curves: Mapping[str, Sequence[float]]


def draw(charts: Sequence[Chart]) -> str:
    """Return an SVG of the charts side by side."""
    width = WIDTH * len(charts)
    parts = "\n".join(
        f'<g transform="translate({WIDTH * at})">\n' + "\n".join(_drawn(chart)) + "\n</g>"
        for at, chart in enumerate(charts)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}"'
        f' width="{width}">\n<style>{_STYLE}</style>\n'
        f'<rect width="100%" height="100%" fill="#fff"/>\n{parts}\n</svg>\n'
    )


@dataclass(frozen=True, slots=True)
class _Axis:
    """From whole powers of ten to lengths of the drawing."""

    first: int
    last: int
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> "_Axis":
        first = math.floor(math.log10(min(values)))
        return cls(first, max(first + 1, math.ceil(math.log10(max(values)))), start, end)

    def at(self, value: float) -> float:
        share = (math.log10(value) - self.first) / (self.last - self.first)
        return round(self.start + share * (self.end - self.start), 1)

    def marks(self) -> list[float]:
        return [10.0**power for power in range(self.first, self.last + 1)]


def _drawn(chart: Chart) -> Iterator[str]:
    across = _Axis.over(chart.places, _LEFT, WIDTH - _RIGHT)
    values = [value for curve in chart.curves.values() for value in curve]
    up = _Axis.over(values, HEIGHT - _BOTTOM, _TOP)
    yield f'<text class="t" x="{_LEFT}" y="16">{chart.title}</text>'
    for mark in across.marks():
        x = across.at(mark)
        yield f'<path class="g" d="M{x} {up.start}V{up.end}"/>'
        yield f'<text x="{x}" y="{HEIGHT - 18}" text-anchor="middle">{mark:,.0f}</text>'
    for mark in up.marks():
        y = up.at(mark)
        yield f'<path class="g" d="M{across.start} {y}H{across.end}"/>'
        yield f'<text x="{_LEFT - 4}" y="{y + 4}" text-anchor="end">{mark:,g}</text>'
    named = zip(chart.curves.items(), _COLOURS, strict=False)
    for at, ((name, curve), colour) in enumerate(named):
        points = [(across.at(x), up.at(y)) for x, y in zip(chart.places, curve, strict=True)]
        yield f'<path stroke="{colour}" d="M{" L".join(f"{x} {y}" for x, y in points)}"/>'
        yield from (f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in points)
        x = _LEFT + at * (WIDTH - _LEFT) / len(chart.curves)
        yield f'<text x="{x:.0f}" y="{HEIGHT - 4}" style="fill:{colour}">{name}</text>'
