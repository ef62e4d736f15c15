"""What a metric is: settings whose defaults are a protocol's, applied to a table of codes."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.errors import DataError, SettingError, check_count
from equilab.latents import Blocks, CodeBlock
from equilab.metrics.arguments import check_generator, check_number
from equilab.metrics.code_table import CodeTable

FEWEST_ROWS = 10  # observations


@dataclass(frozen=True, eq=False)
class Score:
    """A metric's value, its value for each factor and each block of the code, and the matrix they were read from.

    A metric that has several values gives the one that it is known by, and the others as `parts`, each with a name
    that starts with the metric's own.

    >>> parts = (Score("dci_completeness", 0.9),)
    >>> [score.name for score in Score("dci", 0.8, parts=parts).each()]
    ['dci', 'dci_completeness']
    """

    name: str  # the metric's
    value: float  # in `unit`
    per_factor: dict[str, float] = field(default_factory=dict)  # by the name of each factor that varies, or empty
    per_block: dict[str, float] = field(default_factory=dict)  # one value per block, by label; see the metric
    matrix: Float[ndarray, "rows columns"] = field(default_factory=lambda: np.zeros((0, 0)))  # see the metric
    rows: tuple[str, ...] = ()  # what each row of the matrix is: a block, or a factor
    columns: tuple[str, ...] = ()  # what each column is: the factors that vary, or what the metric says
    parts: tuple["Score", ...] = ()  # further values of the same metric
    unit: str = "0 to 1"
    better: Literal["up", "down", ""] = "up"  # which way is better; empty where neither is
    full: float = 1.0  # the entry of the matrix that pictures show in full colour; the codes do not decide it

    def __post_init__(self) -> None:
        assert self.matrix.shape == (len(self.rows), len(self.columns)), f"{self.name}: {self.matrix.shape}"

    def each(self) -> Iterator["Score"]:
        """The score itself, then its parts."""
        yield self
        yield from self.parts


class Metric(ABC):
    """A disentanglement metric; a frozen dataclass of settings in every concrete class."""

    name: ClassVar[str]
    unit: ClassVar[str] = "0 to 1"  # of its value; a part may have another
    better: ClassVar[Literal["up", "down", ""]] = "up"
    needs_grid: ClassVar[bool] = False  # whether it sets factors, which only a complete grid allows
    needs_factors: ClassVar[bool] = True  # whether it reads factors: those of most values once are then refused
    draws: ClassVar[tuple[str, ...]] = ("num_samples", "num_train", "num_test")  # settings that count observations

    @property
    def num_observations(self) -> int:
        """How many observations are drawn from a table."""
        return sum(getattr(self, setting, 0) for setting in self.draws)

    def __call__(self, table: CodeTable, *, rng: np.random.Generator, blocks: Blocks | None = None) -> Score:
        """The score of a table's codes; every draw is from `rng`.

        blocks: in which the codes are read; default: those of the table's posterior, else each dimension alone.
        Raises SettingError for blocks that do not fit the codes, DataError for a table that this metric cannot score.
        """
        if not isinstance(table, CodeTable):
            raise DataError("table", expected="a CodeTable, such as CodeTable(codes, factors)", got=type(table))
        check_generator(rng)
        if self.needs_factors:
            table.factor_table.require_repeats()
        return self.score(table, table.blocks(blocks), rng)

    @abstractmethod
    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        """The same of blocks that are known to fit: what a new metric writes."""

    def check(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> None:
        """Raises what `score` raises; default: by calling it. A metric whose fit takes long may leave the fit out."""
        self.score(table, blocks, rng)


def generator_of(metric: Metric, seed: int, repeat: int = 0) -> np.random.Generator:
    """The generator that a metric draws from, made of the seed and its name; for a further evaluation another.

    A protocol with one more metric leaves the others as they are.

    metric: that draws. seed: of all metrics. repeat: number of the evaluation, default 0.

    >>> from equilab.metrics.protocols import find_protocol
    >>> generators = [generator_of(metric, seed=0) for metric in find_protocol("locatello2019")[:2]]
    >>> bool(generators[0].integers(2**62) == generators[1].integers(2**62))
    False
    """
    return np.random.default_rng([seed, *([repeat] if repeat else []), *metric.name.encode()])


def with_sample_budget(metric: Metric, most: int) -> Metric:
    """The metric with the numbers of observations that it draws cut in proportion, to `most` together.

    Another setting is another protocol: what it gives is not comparable with published scores.
    """
    _check_metric(metric)
    check_count("most", most)
    if metric.num_observations <= most:
        return metric
    names = [name for name in metric.draws if hasattr(metric, name)]
    share = most / metric.num_observations
    return replace(metric, **{name: max(int(getattr(metric, name) * share), 1) for name in names})  # pyright: ignore


def has_enough(metric: Metric, have: int, *, is_grid: bool) -> bool:
    """Whether there are as many observations as a metric draws, or a complete grid of any size.

    A complete grid is the whole distribution. A small sample is scored by what it shows, with the noise of its size.
    """
    return is_grid or have >= metric.num_observations


def check_enough(metric: Metric, have: int, *, is_grid: bool, strict: bool) -> None:
    """DataError for fewer than 10 observations, and if `strict` for those of which `has_enough` is False."""
    _check_metric(metric)
    check_count("have", have, least=0)
    if have < FEWEST_ROWS:
        raise DataError("codes", expected=f"at least {FEWEST_ROWS} observations to say anything of a code", got=have)
    if strict and not has_enough(metric, have, is_grid=is_grid):
        raise DataError(
            "codes",
            expected=f"the {metric.num_observations} observations that {metric.name} draws, or a complete grid",
            got=have,
            hint=f"give more, leave out strict, or take a metric that draws less: {with_sample_budget(metric, have)!r}",
        )


def by_name(names: Iterable[str], values: Float[ndarray, "n"]) -> dict[str, float]:
    """Values (n,) as plain floats by name.

    >>> by_name(("shape", "x"), np.array([0.5, 1.0]))
    {'shape': 0.5, 'x': 1.0}
    """
    return dict(zip(names, values.tolist(), strict=True))


def _check_metric(metric: object) -> None:
    if not isinstance(metric, Metric):
        raise SettingError("metric", expected="a metric, such as MIG()", got=repr(metric))


def check_counts(metric: Metric, least: dict[str, int]) -> None:
    """SettingError if a setting of the metric is no integer, or below the least count that makes sense."""
    for setting, count in least.items():
        value = getattr(metric, setting)
        if isinstance(value, bool) or not isinstance(value, Integral) or value < count:
            raise SettingError(setting, expected=f"an integer, at least {count}", got=value)


def check_positive(metric: Metric, *settings: str) -> None:
    """SettingError if a setting of the metric is not a positive, finite number."""
    for setting in settings:
        check_number(setting, getattr(metric, setting), "a positive number", lambda value: value > 0)
