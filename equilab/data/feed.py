"""Which observations an update sees: a pure function of the seed, the update and the process."""

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from equilab.errors import SettingError


def batch_indices(
    num_observations: int, batch_size: int, *, seed: int, step: int, rank: int = 0
) -> Int[ndarray, "batch"]:
    """Indices int64 (batch_size,) of one update's observations, i.i.d. uniform, with replacement.

    The sampling of Locatello et al. 2019, by a counter-based generator (Philox, Salmon et al. 2011) with the seed as
    its key and (step, rank) as the upper half of its counter: no state is kept, so a run can start at any step, and no
    two (seed, step, rank) share a block of the stream.

    Raises SettingError for a size below 1 or a seed, step or rank that is out of range.

    >>> batch_indices(10, 4, seed=0, step=7).tolist() == batch_indices(10, 4, seed=0, step=7).tolist()
    True
    """
    for name, value in (("num_observations", num_observations), ("batch_size", batch_size)):
        if value < 1:
            raise SettingError(name, expected="at least 1", got=value)
    for name, value, bits in (("seed", seed, 128), ("step", step, 64), ("rank", rank, 64)):
        if not 0 <= value < 2**bits:
            raise SettingError(name, expected=f"0 to 2**{bits} - 1", got=value)
    generator = np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, step, rank]))
    return generator.integers(num_observations, size=batch_size)
