"""The scores of one table of codes, beside what to read them against: a mapping, a table in print, and pictures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from equilab.errors import DataError
from equilab.metrics.intervals import Interval, sampling_interval
from equilab.metrics.metric import Score
from equilab.metrics.score_tables import data_frame, html, latex, markdown

if TYPE_CHECKING:
    import pandas
    from PIL.Image import Image


@dataclass(frozen=True, eq=False)
class Scores(Mapping[str, Score]):
    """Every score of a protocol by name, the parts of a score included.

    >>> scores = Scores({"mig": Score("mig", 0.4, {"shape": 0.4})}, {"ceiling": {"mig": 0.9}})
    >>> scores.flat()
    {'mig': 0.4, 'mig_shape': 0.4, 'mig_ceiling': 0.9}
    >>> print(scores)
    score   value   ceiling
    mig     0.400     0.900
    """

    scores: dict[str, Score]
    references: dict[str, dict[str, float]] = field(default_factory=dict)  # by reference, then by score
    repeats: dict[str, tuple[float, ...]] = field(default_factory=dict)  # values with further seeds, by score
    protocol: str = ""  # its id; empty: metrics of the caller's own
    representation: str = "mean"  # or "sampled"
    seed: int = 0
    versions: dict[str, str] = field(default_factory=dict)  # of the packages that the values depend on
    settings: dict[str, str] = field(default_factory=dict)  # of each metric, as it is written in Python
    notes: tuple[str, ...] = ()  # in which way the numbers are not those of a protocol
    white: dict[str, float] = field(default_factory=dict)  # largest entry of the matrix of Gaussian noise, by score

    def __getitem__(self, name: str) -> Score:
        """The score of that name; KeyError lists those there are."""
        if name not in self.scores:
            raise KeyError(f"{name!r} is none of {', '.join(self.scores)}")
        return self.scores[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.scores)

    def __len__(self) -> int:
        return len(self.scores)

    @cached_property
    def intervals(self) -> dict[str, Interval]:
        """Where one more evaluation of the same codes falls with a probability of 95 %: only with `repeats`.

        Nothing is said of other codes, such as those of another training: that spread is larger by far.
        """
        return {
            name: sampling_interval([self.scores[name].value, *values])
            for name, values in self.repeats.items()
            if values
        }

    def flat(self) -> dict[str, float]:
        """The values as plain floats, for logging.

        `<score>`, `<score>_<factor>`, `<score>_<reference>`, and `<score>_low`, `<score>_high` of its interval. Raises
        DataError where a factor's name makes one key of two, such as a factor "nats" beside jemmig_nats.
        """
        pairs = [(name, score.value) for name, score in self.scores.items()]
        for name, score in self.scores.items():
            pairs += [(f"{name}_{factor}", value) for factor, value in score.per_factor.items()]
        for where, found in self.references.items():
            pairs += [(f"{name}_{where}", value) for name, value in found.items()]
        for name, interval in self.intervals.items():
            pairs += [(f"{name}_low", interval.low), (f"{name}_high", interval.high)]
        keys = [key for key, _ in pairs]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            got, hint = f"two values named {', '.join(twice)}", "rename the factor at its end"
            raise DataError("factor_names", expected="a name of its own for each value", got=got, hint=hint)
        return dict(pairs)

    def __str__(self) -> str:
        """A table of one line per score: value, interval, references, and the unit of what is not from 0 to 1."""
        header, lines = self._words()
        widths = [max(map(len, column)) for column in zip(header, *lines, strict=True)]
        aligned = [
            f"{line[0]:{widths[0]}s}   " + "   ".join(map(str.rjust, line[1:-1], widths[1:-1])) + f"   {line[-1]}"
            for line in (header, *lines)
        ]
        return "\n".join(line.rstrip() for line in (*aligned, *self._origin()))

    def to_markdown(self) -> str:
        """The printed table in Markdown, without the line on versions."""
        return markdown(*self._filled())

    def to_latex(self) -> str:
        """The printed table as a LaTeX tabular with rules of the package booktabs, without the line on versions."""
        return latex(*self._filled())

    def _repr_html_(self) -> str:
        """What a notebook shows: the printed table."""
        return html(*self._filled(), caption="; ".join(self._origin()))

    def to_dataframe(self) -> "pandas.DataFrame":
        """A pandas data frame with a row for each score, indexed by its name, unrounded.

        Columns: value, low and high of the interval if there is one, each reference, unit, better, then a column for
        each factor with the score's part of it; NaN where a score has none. Raises SettingError without pandas.

        >>> frame = Scores({"mig": Score("mig", 0.4, {"shape": 0.5})}, {"ceiling": {"mig": 0.9}}).to_dataframe()
        >>> frame.loc["mig"].to_dict()
        {'value': 0.4, 'ceiling': 0.9, 'unit': '0 to 1', 'better': 'up', 'shape': 0.5}
        """
        scores, nothing = list(self.scores.values()), float("nan")
        factors = dict.fromkeys(factor for score in scores for factor in score.per_factor)
        columns: dict[str, list[Any]] = {"score": list(self.scores), "value": [score.value for score in scores]}
        if self.intervals:
            columns["low"] = [self.intervals[score.name].low for score in scores]
            columns["high"] = [self.intervals[score.name].high for score in scores]
        for where, values in self.references.items():
            columns[where] = [values.get(score.name, nothing) for score in scores]
        columns |= {"unit": [score.unit for score in scores], "better": [score.better for score in scores]}
        for factor in factors:
            name = f"factor {factor}" if factor in columns else factor
            columns[name] = [score.per_factor.get(factor, nothing) for score in scores]
        return data_frame(columns, index="score")

    def _words(self) -> tuple[list[str], list[list[str]]]:
        """The header and the rows of the table, in words; the last column is a remark."""
        columns = ["value", *(["95 % low", "high"] if self.intervals else []), *self.references]
        rows = []
        for name, score in self.scores.items():
            references = (each.get(name) for each in self.references.values())
            numbers = [score.value, *self.intervals.get(name, ()), *references]
            rows.append([name, *("" if number is None else f"{number:.3f}" for number in numbers), _remark(score)])
        return ["score", *(column.replace("_", " ") for column in columns), ""], rows

    def _filled(self) -> tuple[list[str], list[list[str]]]:
        """The same without the last column where it is empty."""
        header, rows = self._words()
        last = len(header) if any(row[-1] for row in rows) else -1
        return header[:last], [row[:last] for row in rows]

    def _origin(self) -> list[str]:
        """What decides the numbers, in lines; nothing for scores that were put together by hand."""
        if not self.versions:
            return [*self.notes]
        versions = ", ".join(f"{package} {version}" for package, version in self.versions.items())
        name = self.protocol or "own choice of metrics"
        return [f"{name}, {self.representation} codes, seed {self.seed}; {versions}", *self.notes]

    def plot(self) -> "Image":
        """Heat maps of every matrix that a score was read from: a notebook shows the picture, `.save` writes it.

        White up to the largest entry that Gaussian noise has in the same place (0 without that reference), blue from
        `Score.full` on: ranges that the codes do not move.
        """
        from equilab.metrics.heat_map import heat_map, side_by_side

        titles: dict[int, list[str]] = {}  # scores that were read from one matrix share its picture
        for score in self.scores.values():
            titles.setdefault(id(score.matrix), []).append(f"{score.name} {score.value:.3f}")
        matrices = {id(score.matrix): score for score in reversed(self.scores.values()) if score.matrix.size}
        pictures = []
        for key, names in titles.items():
            if score := matrices.get(key):
                white = self.white.get(score.name, 0.0)
                title = "   ".join(names)
                pictures.append(
                    heat_map(score.matrix, score.rows, score.columns, title=title, white=white, full=score.full)
                )
        return side_by_side(pictures)


def _remark(score: Score) -> str:
    """The unit and the better way, where these are not those of most scores."""
    words = [score.unit] if score.unit != "0 to 1" else []
    return ", ".join([*words, "less is better"] if score.better == "down" else words)
