"""Which images an update sees: a pure function of the seed, the update and the process."""

import numpy as np
from jaxtyping import Int
from numpy import ndarray


def batch_indices(num_images: int, batch_size: int, *, seed: int, step: int, rank: int = 0) -> Int[ndarray, "batch"]:
    """Indices (batch_size,) of the images of one update, uniform with replacement (as in Locatello et al. 2019).

    The draw is that of a counter-based generator (Philox, Salmon et al. 2011) with the seed as its key and (step, rank)
    as its counter: no state is kept, so a run can start at any step, and no two (seed, step, rank) share numbers.

    >>> batch_indices(10, 4, seed=0, step=7).tolist() == batch_indices(10, 4, seed=0, step=7).tolist()
    True
    """
    bits = np.random.Philox(key=seed, counter=[0, 0, step, rank])
    return np.random.Generator(bits).integers(num_images, size=batch_size)
