"""The chart of a study: a score over a setting, as a picture of curves and as a table of the same numbers."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from equilab.runs.charts import log_chart, words_of
from equilab.runs.study.collect import Results
from equilab.runs.study.study import Chart
from equilab.tables import Table, format_spread

Curves = Mapping[str, Mapping[float, Sequence[float]]]


def curves_of(chart: Chart, results: Results) -> Curves:
    """For each curve by its name, its x, and the finite values there, one per finished run; none without any value.

    chart: which score over which setting. results: of the study, which hold the chart's score.
    """
    header, rows = results.summary
    places = [header.index(name) for name in (chart.curves, chart.x, "score")]
    found: dict[str, dict[float, list[float]]] = {}
    for row in rows:
        name, x, score = (row[place] for place in places)
        if score == chart.score:
            found.setdefault(str(name), {}).setdefault(float(x), [])
    header, rows = results.rows
    places = [header.index(name) for name in (chart.curves, chart.x, "score", "value")]
    for row in rows:
        name, x, score, value = (row[place] for place in places)
        if score == chart.score and math.isfinite(value):
            found[str(name)][float(x)].append(value)
    return found if any(values for curve in found.values() for values in curve.values()) else {}


def chart_table(chart: Chart, curves: Curves) -> Table:
    """Mean +- standard deviation (ddof 1) and the number of runs, a row per curve and a column per x.

    chart: names the score and the setting. curves: as `curves_of` gives them.
    """
    xs = sorted({x for curve in curves.values() for x in curve})
    header = (chart.score, *(f"{chart.x.rsplit('.', 1)[-1]} {word}" for word in words_of(xs)))
    return Table(header, [(name, *(_cell(curve.get(x, ())) for x in xs)) for name, curve in curves.items()])


def draw_chart(chart: Chart, curves: Curves, path: Path, *, unit: str = "") -> None:
    """A PNG of the curves over two logarithmic axes: every run a dot, means joined by lines.

    chart: names the axes. curves: as `curves_of` gives them. path: of the file. unit: of the score.
    """
    drawn = {name: {x: values for x, values in curve.items() if values} for name, curve in curves.items()}
    y_label = ", ".join(filter(None, (chart.score.split("/")[-1].replace("_", " "), unit)))
    x_label = chart.x.rsplit(".", 1)[-1].replace("_", " ")
    curves = {name: curve for name, curve in drawn.items() if curve}
    log_chart(curves, x_label=x_label, y_label=y_label, path=path)


def _cell(values: Sequence[float]) -> str:
    return f"{format_spread(values)} (n = {len(values)})" if values else "none"
