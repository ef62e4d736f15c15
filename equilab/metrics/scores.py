"""The scores of one table of codes, beside what to read them against: a mapping, a table in print, and pictures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from equilab.errors import DataError
from equilab.metrics.intervals import Interval, sampling_interval
from equilab.metrics.metric import Score

if TYPE_CHECKING:
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
        columns = ["value", *(["95 % low", "high"] if self.intervals else []), *self.references]
        lines = []
        for name, score in self.scores.items():
            numbers = [
                score.value,
                *self.intervals.get(name, ()),
                *(each.get(name) for each in self.references.values()),
            ]
            words = ["" if number is None else f"{number:.3f}" for number in numbers]
            lines.append([name, *words, _remark(score)])
        header = ["score", *(column.replace("_", " ") for column in columns), ""]
        widths = [max(map(len, column)) for column in zip(header, *lines, strict=True)]
        aligned = [
            f"{line[0]:{widths[0]}s}   " + "   ".join(map(str.rjust, line[1:-1], widths[1:-1])) + f"   {line[-1]}"
            for line in (header, *lines)
        ]
        return "\n".join(line.rstrip() for line in (*aligned, *self._origin()))

    def _origin(self) -> list[str]:
        """What decides the numbers, in a line; nothing for scores that were put together by hand."""
        if not self.versions:
            return []
        versions = ", ".join(f"{package} {version}" for package, version in self.versions.items())
        return [
            f"{self.protocol or 'own choice of metrics'}, {self.representation} codes, seed {self.seed}; {versions}"
        ]

    def plot(self) -> "Image":
        """Heat maps of every matrix that a score was read from: a notebook shows the picture, `.save` writes it."""
        from equilab.metrics.heat_map import heat_map, side_by_side

        titles: dict[int, list[str]] = {}  # scores that were read from one matrix share its picture
        for score in self.scores.values():
            titles.setdefault(id(score.matrix), []).append(f"{score.name} {score.value:.3f}")
        matrices = {id(score.matrix): score for score in reversed(self.scores.values()) if score.matrix.size}
        return side_by_side(
            [
                heat_map(matrices[key].matrix, matrices[key].rows, matrices[key].columns, title="   ".join(names))
                for key, names in titles.items()
                if key in matrices
            ]
        )


def _remark(score: Score) -> str:
    """The unit and the better way, where these are not those of most scores."""
    words = [score.unit] if score.unit != "0 to 1" else []
    return ", ".join([*words, "less is better"] if score.better == "down" else words)
