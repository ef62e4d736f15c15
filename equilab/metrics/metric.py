"""What a metric is: settings whose defaults are a protocol's, applied to a table of codes."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Integral
from typing import ClassVar

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.errors import SettingError
from equilab.latents import Blocks
from equilab.metrics.code_table import CodeTable


@dataclass(frozen=True, eq=False)
class Score:
    """A metric's value, its value for each factor, and the matrix that both were read from."""

    name: str  # the metric's
    value: float  # 0 to 1, 1 is best
    per_factor: dict[str, float]  # by the name of each factor that varies
    matrix: Float[ndarray, "rows factors"]  # what it counts is said by the metric; columns: the factors that vary
    rows: tuple[str, ...]  # what each row of the matrix is: a block, or a factor


class Metric(ABC):
    """A disentanglement metric; a frozen dataclass of settings in every concrete class."""

    name: ClassVar[str]

    @abstractmethod
    def __call__(self, table: CodeTable, *, rng: np.random.Generator, blocks: Blocks | None = None) -> Score:
        """The score of a table's codes, read in these blocks (None: each dimension is one); every draw is from `rng`.

        Raises SettingError for blocks that do not fit the codes.
        """


def check_counts(metric: Metric, least: dict[str, int]) -> None:
    """SettingError if a setting of the metric is no integer, or below the least count that makes sense."""
    for setting, count in least.items():
        value = getattr(metric, setting)
        if not isinstance(value, Integral) or value < count:
            raise SettingError(f"{setting}: expected an integer, at least {count}, got {value}")
