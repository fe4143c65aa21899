"""Figures of training runs, as SVG that takes its colours from the page around it.

matplotlib draws with stand-ins for three colours, which become the page's CSS variables, so that a
figure follows the page into dark mode. The same curve gives the same bytes.
"""

from __future__ import annotations

import io
import math
import re
from typing import TYPE_CHECKING, Any, Final

from grader.report import harmless, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.verdict import Curve

__all__ = ["curve_figure", "curve_in_words"]

COLOURS: Final = {"#010203": "currentColor", "#010204": "var(--got)", "#010205": "var(--expected)"}
INK, GOT, EXPECTED = COLOURS
BEYOND: Final = 4.0  # spans of the reference that a diverging run is followed above and below it
LARGEST: Final = 1e30
DECADE_AND_MORE: Final = 20.0
SETTINGS: Final[dict[Any, Any]] = {
    "svg.hashsalt": "grader",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def curve_figure(curve: Curve, name: str) -> str:
    """Draw the learner's run beside the reference's; `name` keeps ids apart on one page.

    The figure is an `<svg>` element with a text alternative and nothing that a page could run.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, NullFormatter

    steps = range(1, 1 + curve.every * max(len(curve.got), len(curve.expected)), curve.every)
    got, expected = _drawable(curve.got), _drawable(curve.expected)
    with mpl.rc_context():
        mpl.rcdefaults()  # whatever this machine's matplotlibrc says
        mpl.rcParams.update(SETTINGS)
        figure = Figure(figsize=(4.8, 2.7), layout="constrained")
        figure.patch.set_visible(False)
        axes = figure.add_subplot()
        axes.patch.set_visible(False)
        mark: Any = {"marker": "o", "markersize": 4} if len(steps) <= 40 else {}
        axes.plot(steps[: len(expected)], expected, color=EXPECTED, linewidth=5, label="reference")
        axes.plot(steps[: len(got)], got, color=GOT, linewidth=1.6, label="yours", **mark)
        if _spread(got, expected) > DECADE_AND_MORE:
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter("{x:g}")
            axes.yaxis.set_minor_formatter(NullFormatter())
            low, high = _limits(*([math.log10(v) for v in run] for run in (got, expected)))
            axes.set_ylim(10**low, 10**high)
        else:
            axes.set_ylim(*_limits(got, expected))
        axes.set_xlabel("step")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        axes.legend(frameon=False, loc="best")
        stream = io.StringIO()
        metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(stream, format="svg", metadata=metadata)
    return _inline(stream.getvalue(), name, curve_in_words(curve))


def curve_in_words(curve: Curve) -> str:
    """Say what the figure shows, for those who do not see it.

    >>> from grader.verdict import Curve
    >>> curve_in_words(Curve("loss", (0.7, 0.9, None), (0.7, 0.6, 0.5)))
    'loss over 3 steps: yours goes from 0.7 to not finite; the reference from 0.7 to 0.5.'
    """
    steps = len(curve.expected) * curve.every
    return (
        f"{one_line(curve.name)} over {steps} steps: yours goes {_ends(curve.got)}; "
        f"the reference {_ends(curve.expected)}."
    )


def _ends(values: Sequence[float | None]) -> str:
    if not values:
        return "nowhere"
    first, last = ("not finite" if v is None else f"{v:.4g}" for v in (values[0], values[-1]))
    return f"from {first} to {last}"


def _drawable(values: Sequence[float | None]) -> list[float]:
    """Leave a gap for what is not finite, and bring back what no axis can hold."""
    return [float("nan") if v is None else min(max(v, -LARGEST), LARGEST) for v in values]


def _spread(*runs: Sequence[float]) -> float:
    """Return the ratio of the largest value to the smallest; 0 where one is not positive."""
    values = [v for run in runs for v in run if not math.isnan(v)] or [0.0]
    return max(values) / min(values) if min(values) > 0 else 0.0


def _limits(got: Sequence[float], expected: Sequence[float]) -> tuple[float, float]:
    """Frame the reference, and the learner's run as far as it stays near."""
    right = [v for v in expected if not math.isnan(v)] or [0.0]
    low, high = min(right), max(right)
    span = high - low or max(abs(high), 1e-12)
    finite = [v for v in got if not math.isnan(v)]
    near = [v for v in finite if low - BEYOND * span <= v <= high + BEYOND * span]
    near = near or sorted(finite, key=lambda v: abs(v - low))[:1]
    low, high = min([low, *near]), max([high, *near])
    margin = 0.06 * (high - low or span)
    return low - margin, high + margin


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
