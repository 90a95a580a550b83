"""Charts as hand-made SVG: no script, no fonts, no colours but those of the page's style; every text is escaped.

A page has thousands of pieces, so they are plain strings: what is put into one comes from `_number` or `_escaped`.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from markupsafe import Markup, escape

from openclaw_data.audit import histograms, report
from openclaw_data.audit.escapes import visible

WIDTH, HEIGHT = 340, 170
_LEFT, _RIGHT, _TOP, _BOTTOM = 8, 8, 26, 24


def histogram(found: report.Histogram, language: str, title: str) -> Markup:
    """One signal in one language: all judged documents, the kept ones in front, and the lines of the rules.

    Heights are square roots of the counts, so that small bins can be seen beside large ones.
    """
    judged, kept = found.judged.get(language), found.kept.get(language)
    lines = [t for t in found.thresholds if t.language == language]
    if judged is None:
        return _frame(_label(title), "")
    places = [histograms.position(t.value, found.scale) for t in lines]
    low = math.floor(min([judged.first, *places]))
    high = math.ceil(max([judged.first + len(judged.counts), *(p + 1 for p in places)]))
    span, wide = max(1, high - low), WIDTH - _LEFT - _RIGHT
    top = math.sqrt(max(judged.counts))

    def x(place: float) -> float:
        return _LEFT + (place - low) / span * wide

    def bars(bins: report.Bins, name: str) -> str:
        at = [x(bins.first + i) for i in range(len(bins.counts) + 1)]
        heights = [math.sqrt(n) / top * (HEIGHT - _TOP - _BOTTOM) for n in bins.counts]
        made = [_bar(a, max(0.8, b - a - 0.6), high) for a, b, high in zip(at, at[1:], heights, strict=False) if high]
        return _bars(made, name)

    body = bars(judged, "judged") + bars(kept or report.Bins(first=0, counts=()), "kept")
    body += _axis(found.scale, low, high, x)
    for threshold, place in zip(lines, places, strict=True):
        centre, label = _number(x(place)), _escaped(visible(f"{threshold.rule}: {number(threshold.value)}"))
        body += f'<line class="limit" x1="{centre}" x2="{centre}" y1="{_TOP - 4}" y2="{HEIGHT - _BOTTOM}">'
        body += f"<title>{label}</title></line>"
    for value in dict.fromkeys(t.value for t in lines):
        at = x(histograms.position(value, found.scale))
        body += _text(at, _TOP - 8, number(value), "limit", _anchor(at))
    counts = sum(judged.counts), sum(kept.counts) if kept else 0
    rows = [f"{title}: {counts[0]} judged 已判定, {counts[1]} kept 保留"]  # a label cannot follow the page's switch
    return _frame(_label("; ".join([*rows, *(f"{t.rule} {number(t.value)}" for t in lines)])), body)


def columns(values: Mapping[str, int], heading: str) -> Markup:
    """One column a key, in the order given: documents by month. The element with the id `heading` names the chart."""
    keys, top = list(values), max([1, *values.values()])
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(keys))
    body = ""
    for i, key in enumerate(keys):
        bar = _bar(_LEFT + i * step, max(0.8, step - 1), values[key] / top * (HEIGHT - _TOP - _BOTTOM))
        body += f"<g><title>{_escaped(visible(key))}: {values[key]:,}</title>{_bars([bar], 'kept')}</g>"
    shown = {0, len(keys) - 1} if len(keys) > 1 else {0}
    for i in sorted(shown) if keys else ():
        body += _text(_LEFT + (i + 0.5) * step, HEIGHT - 8, keys[i], "tick", "start" if not i else "end")
    body += _text(_LEFT, _TOP - 8, f"{top:,}", "tick", "start")
    return _frame(f'aria-labelledby="{_escaped(heading)}"', body)


def months(values: Mapping[str, int]) -> dict[str, int]:
    """Counts by `YYYY-MM`, with the months between that have none; of more than twenty years, by year."""
    found = {k: n for k, n in sorted(values.items()) if len(k) == 7 and k[:4].isdigit() and k[5:].isdigit()}
    if not found:
        return dict(values)
    first, last = (12 * int(k[:4]) + int(k[5:]) - 1 for k in (min(found), max(found)))
    if last - first < 240:
        names = (f"{i // 12:04d}-{i % 12 + 1:02d}" for i in range(first, last + 1))
        return {name: found.get(name, 0) for name in names}
    years = Counter({f"{y:04d}": 0 for y in range(first // 12, last // 12 + 1)})
    for key, n in found.items():
        years[key[:4]] += n
    return dict(years)


def curve(points: Sequence[tuple[float, float]], heading: str) -> Markup:
    """The long tail: share of domains, largest first, against their share of characters; named as `columns` is."""
    wide, high = WIDTH - 44 - _RIGHT, HEIGHT - _TOP - _BOTTOM
    places = [(44.0, float(HEIGHT - _BOTTOM)), *((44 + a * wide, HEIGHT - _BOTTOM - b * high) for a, b in points)]
    line = " ".join(f"{_number(a)},{_number(b)}" for a, b in places)
    body = f'<polyline class="curve" points="{line}"/>'
    for share in (0, 0.5, 1):
        body += _text(44 + share * wide, HEIGHT - 8, f"{share:.0%}", "tick", "end" if share == 1 else "middle")
        body += _text(38, HEIGHT - _BOTTOM - share * high + 4, f"{share:.0%}", "tick", "end")
    return _frame(f'aria-labelledby="{_escaped(heading)}"', body)


def number(value: float) -> str:
    """A number as short as it can be read: 50, 0.012, 100,000."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _axis(scale: str, low: int, high: int, x: Callable[[float], float]) -> str:
    y = HEIGHT - _BOTTOM
    body = f'<line class="axis" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
    for place, label in _ticks(scale, low, high):
        at = x(place)
        body += _text(at, HEIGHT - 8, label, "tick", _anchor(at))
    return body


def _anchor(at: float) -> str:
    """Where a label at `at` is held, so that it stays inside the chart."""
    return "start" if at < 30 else "end" if at > WIDTH - 30 else "middle"


def _ticks(scale: str, low: int, high: int) -> Iterable[tuple[float, str]]:
    """About four places with round values."""
    if scale == histograms.FRACTION:
        step = next(s for s in (1, 2, 5, 10, 20, 25) if (high - low) / s <= 5)
        return [(p, number(p / 100)) for p in range(-(-low // step) * step, high + 1, step)]
    least = low or 1 + (high - low) // 8  # the first bin is labelled 0: no label beside it
    decades = [d for d in range(-2, 10) if least <= histograms.position(10.0**d, scale) <= high]
    step = max(1, math.ceil(len(decades) / 5))
    marks = [(histograms.position(10.0**d, scale), number(10.0**d)) for d in decades[::step]]
    if not low:
        marks = [(0.5, "0"), *marks]
    if len(marks) < 2:
        middle = (low + high) / 2
        marks.append((middle, number(float(f"{histograms.value_at(middle, scale):.2g}"))))
    return marks


def _label(text: str) -> str:
    return f'aria-label="{_escaped(visible(text))}"'


def _frame(name: str, body: str) -> Markup:
    head = f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" {name}>'
    return Markup(f"{head}{body}</svg>")  # noqa: S704 - made of numbers and of what `_escaped` gave


def _bar(left: float, width: float, height: float) -> str:
    """A bar that stands on the axis, as a piece of a path."""
    return f"M{left:.1f} {HEIGHT - _BOTTOM}v{-height:.1f}h{width:.1f}v{height:.1f}z"


def _bars(bars: Iterable[str], name: str) -> str:
    """All bars of a series as one element."""
    return f'<path class="{name}" d="{"".join(bars)}"/>'


def _text(x: float, y: float, text: str, name: str, anchor: str = "middle") -> str:
    place = f'x="{_number(x)}" y="{_number(y)}"'
    return f'<text class="{name}" text-anchor="{anchor}" {place}>{_escaped(text)}</text>'


def _escaped(text: str) -> str:
    return str(escape(text))


def _number(value: float) -> str:
    return f"{value:.1f}"
