"""Pictures as SVG that takes its colours from the page around it, and in words.

matplotlib draws with stand-ins for four colours, which become the page's CSS variables, so that a
figure follows the page into dark mode. What is more or less is drawn in more or less of one colour.
The same picture gives the same bytes.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from typing import TYPE_CHECKING, Any, Final

from grader.pictures import Boundary, Curve, HeatMap
from grader.report import harmless, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from grader.pictures import Line, Picture

__all__ = ["draw", "in_words"]

COLOURS: Final = {
    "#010203": "currentColor",
    "#010204": "var(--got)",
    "#010205": "var(--expected)",
    "#010206": "var(--page)",
}
INK, GOT, EXPECTED, PAGE = COLOURS
BEYOND: Final = 4.0  # spans of the reference that a diverging run is followed above and below it
LARGEST: Final = 1e30
DECADE_AND_MORE: Final = 20.0
LEAST_DECADES: Final = 1.5  # of the reference's span on a logarithmic axis
LONGEST_TITLE: Final = 56
# An entry is off by more than the first share of the largest one, up to the second; how dark it is.
SHADES: Final = (
    (-1.0, 0.0, 0.0, "right"),
    (0.0, 0.01, 0.2, "up to 1 %"),
    (0.01, 0.1, 0.45, "up to 10 %"),
    (0.1, 1.0, 0.7, "up to 100 %"),
    (1.0, math.inf, 1.0, "more"),
)
MOST_NAMED: Final = 6
TAG: Final[dict[str, Any]] = {
    "fontsize": 9,
    "ha": "center",
    "va": "center",
    "bbox": {"boxstyle": "circle,pad=0.2", "facecolor": PAGE, "edgecolor": INK, "linewidth": 0.5},
}
SETTINGS: Final[dict[Any, Any]] = {
    "svg.hashsalt": "grader",
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw(picture: Picture, name: str) -> str:
    """Draw a picture; `name` keeps ids apart on one page.

    The figure is an `<svg>` element with a text alternative and nothing that a page could run.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(), warnings.catch_warnings():
        # A letter that DejaVu lacks is drawn by the browser; a line may lie outside of the picture.
        warnings.simplefilter("ignore")
        mpl.rcdefaults()  # whatever this machine's matplotlibrc says
        mpl.rcParams.update(SETTINGS)
        figure = Figure(layout="constrained")
        figure.patch.set_visible(False)
        match picture:
            case Curve():
                _draw_curve(figure, picture)
            case Boundary():
                _draw_boundary(figure, picture)
            case HeatMap():
                _draw_heat_map(figure, picture)
        stream = io.StringIO()
        metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(stream, format="svg", metadata=metadata)
    return _inline(stream.getvalue(), name, in_words(picture))


def in_words(picture: Picture) -> str:
    """Say what a picture shows: below it, and for those who do not see it.

    >>> in_words(Curve("loss", (0.7, 0.9, None), (0.7, 0.6, 0.5)))
    'loss over 3 steps: yours goes from 0.7 to not finite; the reference from 0.7 to 0.5. \
At step 3 yours is not finite.'
    >>> in_words(HeatMap("dw", ((0.0, 0.5), (0.0, 0.25))))
    'dw, entry by entry, yours against the measured gradient: column 1 is wrong, all else is right.'
    >>> in_words(Boundary("OR", ((0, 0), (1, 1)), (0, 1), ((1, 1, -1),), ((0, 0, 0),)))
    'OR, the line after each epoch, the last one boldest; its shaded side is predicted as 1. \
Points on its wrong side: yours 0 of 2, the reference 1 of 2 (the line is out of sight).'
    """
    name = one_line(picture.name)
    match picture:
        case Curve():
            return f"{name} over {_places(picture)}: {_course(picture)} {_where_apart(picture)}"
        case Boundary():
            yours, ours = (_end(lines, picture) for lines in (picture.got, picture.expected))
            return (
                f"{name}, the line after each epoch, the last one boldest; its shaded side is "
                f"predicted as 1. Points on its wrong side: yours {yours}, the reference {ours}."
            )
        case HeatMap():
            return (
                f"{name}, entry by entry, yours against the measured gradient: {_wrong(picture)}."
            )


# Curves


def _draw_curve(figure: Figure, curve: Curve) -> None:
    from matplotlib.ticker import MaxNLocator, NullFormatter

    figure.set_size_inches(4.8, 2.9)
    axes = _axes(figure.add_subplot(), curve.name)
    at, got, expected = curve.at, _drawable(curve.got), _drawable(curve.expected)
    mark: Any = {"marker": "o", "markersize": 4} if len(at) <= 40 else {}
    axes.plot(at[: len(expected)], expected, color=EXPECTED, linewidth=5, label="reference")
    axes.plot(at[: len(got)], got, color=GOT, linewidth=1.6, label="yours", **mark)
    if _logarithmic(curve):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
        logs = [[math.log10(v) for v in run] for run in (got, expected)]
        low, high = _limits(logs[0], logs[1], LEAST_DECADES)
        axes.set_ylim(10**low, 10**high)
    else:
        axes.set_ylim(*_limits(got, expected))
    axes.set_xlabel(_short(curve.along))
    axes.xaxis.set_major_locator(MaxNLocator(integer=_whole(curve), nbins=6))
    axes.legend(frameon=False, loc="best")


def _places(curve: Curve) -> str:
    first, last, along = curve.first, (curve.at or (curve.first,))[-1], one_line(curve.along)
    if curve.first == 1 and _whole(curve):
        count = len(curve.expected) * curve.every
        return f"{count} {along}{'s' if count != 1 else ''}"
    return f"{along} from {first:.6g} to {last:.6g}"


def _course(curve: Curve) -> str:
    return f"yours goes {_ends(curve.got)}; the reference {_ends(curve.expected)}."


def _ends(values: Sequence[float | None]) -> str:
    if not values:
        return "nowhere"
    first, last = ("not finite" if v is None else f"{v:.4g}" for v in (values[0], values[-1]))
    return f"from {first} to {last}"


def _where_apart(curve: Curve) -> str:
    """Say where the two runs differ most, on the scale that they are drawn on."""
    pairs = zip(curve.at, curve.got, curve.expected, strict=False)
    both = [(x, got, right) for x, got, right in pairs if right is not None]
    lost = [x for x, got, _ in both if got is None]
    if lost:
        return f"At {_place(curve, lost[0])} yours is not finite."
    log = _logarithmic(curve)

    def gap(place: tuple[float, float | None, float]) -> float:
        got, right = _drawable(place[1:])
        return abs(math.log10(got) - math.log10(right)) if log else abs(got - right)

    far = max(both, key=gap, default=None)
    if far is None or far[1] is None:
        return "There is nothing to compare."
    if gap(far) <= 1e-5 * (1 if log else max(map(abs, _drawable(far[1:])))):
        return "They are the same throughout."
    return f"They are furthest apart at {_place(curve, far[0])}: {far[1]:.4g} beside {far[2]:.4g}."


def _place(curve: Curve, at: float) -> str:
    return f"{one_line(curve.along)} {'' if _whole(curve) else '= '}{at:.6g}"


def _whole(curve: Curve) -> bool:
    """Whether the places are counted, and not measured."""
    return isinstance(curve.first, int) and isinstance(curve.every, int)


def _drawable(values: Sequence[float | None]) -> list[float]:
    """Leave a gap for what is not finite, and bring back what no axis can hold."""
    return [float("nan") if v is None else min(max(v, -LARGEST), LARGEST) for v in values]


def _logarithmic(curve: Curve) -> bool:
    """Whether all values are positive and span more than a decade."""
    values = [v for v in _drawable((*curve.got, *curve.expected)) if not math.isnan(v)] or [0.0]
    return min(values) > 0 and max(values) / min(values) > DECADE_AND_MORE


def _limits(
    got: Sequence[float], expected: Sequence[float], least: float = 0.0
) -> tuple[float, float]:
    """Frame the reference, and the learner's run as far as it stays near."""
    right = [v for v in expected if not math.isnan(v)] or [0.0]
    low, high = min(right), max(right)
    span = max(high - low, least) or max(abs(high), 1e-12)
    finite = [v for v in got if not math.isnan(v)]
    near = [v for v in finite if low - BEYOND * span <= v <= high + BEYOND * span]
    near = near or sorted(finite, key=lambda v: abs(v - low))[:1]
    low, high = min([low, *near]), max([high, *near])
    margin = 0.06 * (high - low or span)
    return low - margin, high + margin


# Decision boundaries


def _draw_boundary(figure: Figure, boundary: Boundary) -> None:
    import numpy as np

    figure.set_size_inches(4.8, 3.0)
    places = [_drawable(point) for point in boundary.points]
    xs, ys = _frame(boundary)
    for title, colour, lines in (
        ("yours", GOT, boundary.got),
        ("reference", EXPECTED, boundary.expected),
    ):
        axes = _axes(figure.add_subplot(1, 2, len(figure.axes) + 1), title)
        for number, line in enumerate(lines, 1):
            if line is None or not any(line[:2]):
                continue
            sums = [[_sum(_scaled(line), (x, y)) for x in xs] for y in ys]
            bold = number / len(lines)
            style: Any = {"colors": [colour], "alpha": 0.3 + 0.7 * bold, "linewidths": 1 + 2 * bold}
            drawn = axes.contour(xs, ys, sums, levels=[0.0], **style)
            for path in drawn.get_paths():
                ends = np.asarray(path.vertices)
                if len(ends) and (ends[0] != ends[-1]).any():
                    way = 0.15 + 0.7 * (number - 1) / len(lines)  # lines may share an end
                    x, y = (1 - way) * ends[0] + way * ends[-1]
                    axes.text(x, y, str(number), **TAG)
            if number == len(lines):
                axes.contourf(xs, ys, sums, levels=[0.0, 1e9], colors=[colour], alpha=0.2)
        for label, face in ((0, "none"), (1, INK)):
            own = [p for p, one in zip(places, boundary.labels, strict=False) if one == label]
            mark: Any = {"marker": "so"[not label], "color": INK, "markerfacecolor": face}
            axes.plot(
                [x for x, _ in own],
                [y for _, y in own],
                linestyle="",
                label=f"label {label}",
                **mark,
            )
        axes.set_xlim(*xs)
        axes.set_ylim(*ys)
        axes.set_xlabel("x₁")
        axes.set_ylabel("x₂")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, loc="outside lower center", ncols=2)


def _scaled(line: Line) -> Line:
    """Make a line's largest number 1."""
    w1, w2, b = line
    largest = max(abs(w1), abs(w2), abs(b)) or 1.0
    return w1 / largest, w2 / largest, b / largest


def _sum(line: Line, point: Sequence[float]) -> float:
    return line[0] * point[0] + line[1] * point[1] + line[2]


def _frame(boundary: Boundary) -> tuple[tuple[float, float], tuple[float, float]]:
    """Leave room around the points."""
    places = [_drawable(point) for point in boundary.points] or [[0.0, 0.0]]
    (left, right), (low, high) = ((min(axis), max(axis)) for axis in zip(*places, strict=True))
    across, up = 0.5 * (right - left) or 1.0, 0.5 * (high - low) or 1.0
    return (left - across, right + across), (low - up, high + up)


def _end(lines: Sequence[Line | None], boundary: Boundary) -> str:
    """Say how many points the last line has on the wrong side, and whether it can be seen."""
    line = lines[-1] if lines else None
    if line is None:
        return "no line"
    xs, ys = _frame(boundary)
    above = {_sum(_scaled(line), (x, y)) > 0 for x in xs for y in ys}
    misses = sum(
        (_sum(_scaled(line), _drawable(point)) >= 0) != bool(label)
        for point, label in zip(boundary.points, boundary.labels, strict=False)
    )
    seen = "" if len(above) == 2 else " (the line is out of sight)"
    return f"{misses} of {len(boundary.points)}{seen}"


# Heat maps


def _draw_heat_map(figure: Figure, heat: HeatMap) -> None:
    from matplotlib.collections import PolyCollection
    from matplotlib.patches import Patch
    from matplotlib.ticker import MaxNLocator

    rows, columns = heat.shape
    figure.set_size_inches(4.8, 1.2 + 3.0 * min(max(rows / max(columns, 1), 0.25), 1.0))
    axes = _axes(figure.add_subplot(), heat.name)
    legend = []
    for low, most, alpha, label in SHADES:
        cells = [
            [(x - 0.5, y - 0.5), (x + 0.5, y - 0.5), (x + 0.5, y + 0.5), (x - 0.5, y + 0.5)]
            for y, row in enumerate(heat.rows)
            for x, off in enumerate(row)
            if low < off <= most
        ]
        look: Any = {"facecolor": (GOT, alpha), "edgecolor": INK, "linewidth": 0.5}
        axes.add_collection(PolyCollection(cells, clip_on=False, **look))
        legend.append(Patch(label=label, **look))
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_aspect("equal" if columns <= 12 * rows else "auto")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.set_xlabel("column" if rows > 1 else "entry")
    if rows > 1:
        axes.set_ylabel("row")
    else:
        axes.set_yticks([])
    title = "off by, as a share\nof the largest entry"
    figure.legend(handles=legend, title=title, frameon=False, loc="outside right upper")


def _wrong(heat: HeatMap) -> str:
    """Say which entries are wrong: all of them, some rows, some columns, or how many."""
    rows, columns = heat.shape
    wrong = [(y, x) for y, row in enumerate(heat.rows) for x, off in enumerate(row) if off]
    wrong_rows, wrong_columns = (sorted({place[axis] for place in wrong}) for axis in (0, 1))
    if not wrong:
        return "all are right"
    if len(wrong) == rows * columns:
        return "every entry is wrong"
    if len(wrong) == len(wrong_rows) * columns:
        return _named("row", "rows", wrong_rows)
    if len(wrong) == len(wrong_columns) * rows:
        return _named(*(("column", "columns") if rows > 1 else ("entry", "entries")), wrong_columns)
    places = (("row", wrong_rows), ("column", wrong_columns))
    where = next((f", all in {noun} {found[0]}" for noun, found in places if len(found) == 1), "")
    return f"{len(wrong)} of {rows * columns} entries are wrong{where}"


def _named(one: str, many: str, places: Sequence[int]) -> str:
    if len(places) == 1:
        return f"{one} {places[0]} is wrong, all else is right"
    if len(places) > MOST_NAMED:
        return f"{len(places)} {many} are wrong, all else is right"
    return f"{many} {', '.join(map(str, places))} are wrong, all else is right"


# What all have


def _axes(axes: Axes, title: str) -> Axes:
    axes.patch.set_visible(False)
    axes.set_title(_short(title))
    return axes


def _short(text: str) -> str:
    text = harmless(one_line(text))
    return text if len(text) <= LONGEST_TITLE else f"{text[:LONGEST_TITLE]} …"


def _inline(svg: str, name: str, words: str) -> str:
    """Make a document of matplotlib's an element of a page."""
    from markupsafe import escape

    view = svg[svg.index("viewBox=") :].split('"')[1]
    body = svg[svg.index("<defs>") :]
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>\s*", "", body, count=1, flags=re.DOTALL)
    body = re.sub(r'<g id="[^"]*">', "<g>", body).replace("xlink:href", "href")
    body = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", body)
    for stand_in, colour in COLOURS.items():
        body = body.replace(stand_in, colour)
    return f'<svg role="img" viewBox="{view}" aria-label="{escape(harmless(words))}">\n{body}'
