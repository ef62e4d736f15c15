"""What a block of a code says, as numbers that a predictor can use."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.latents.blocks import Block


def block_values(codes: Float[ndarray, "n d"], block: Block) -> Float[ndarray, "n m"]:
    """The axes of a block, float64; of a circle the cosine and sine of its angle, as only the angle counts.

    >>> block_values(np.array([[3.0, 4.0, 7.0]]), Block((0, 1), "circle")).round(6).tolist()
    [[0.6, 0.8]]
    """
    values = codes[:, list(block.axes)].astype(np.float64)
    if block.manifold == "circle":
        angle = np.arctan2(values[:, 1], values[:, 0])
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return values
