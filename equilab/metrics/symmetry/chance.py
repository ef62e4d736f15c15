"""The D_LSBD that noise scores: with few values of a factor, a low one is no finding."""

import numpy as np

_DRAWN = {3: 0.0, 4: 0.370, 5: 0.438}  # means of 400,000 draws, where whitening the points matters


def chance_level(size: int) -> float:
    """Mean D_k of a factor that puts each of its `size` values at a random point of a plane, Gaussian.

    1 - (1 + 1/2 + ... + 1/m) / m, m = size - 1: the powers of the m frequencies of white noise divide the unit interval
    at random, and D_k takes the largest. That leaves out that the points are whitened, which is less than 0.02 from six
    values on; below, it is what draws give. 0 for three: whitened, any three points are an equilateral triangle.

    >>> [round(chance_level(size), 3) for size in (3, 4, 16, 64)]
    [0.0, 0.37, 0.779, 0.925]
    """
    return _DRAWN.get(size, float(1 - (1 / np.arange(1, size)).mean()))
