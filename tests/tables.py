"""Tables of codes with posteriors, for tests."""

from typing import Any

import numpy as np
import torch

from equilab.latents import gaussian_posterior
from equilab.metrics import CodeTable


def gaussian_table(codes: Any, factors: np.ndarray, log_var: Any, names: tuple[str, ...] = ()) -> CodeTable:
    """A table of codes (n, d) that are the means of Gaussian posteriors of these log variances, broadcast."""
    codes = np.asarray(codes)
    codes = np.ascontiguousarray(codes, None if codes.dtype.kind == "f" else float)
    wide = np.broadcast_to(np.asarray(log_var, dtype=float), codes.shape)
    return CodeTable(codes, factors, names, gaussian_posterior(torch.tensor(codes), log_var=torch.tensor(wide)))
