"""Loss-capacity curves of ridge regression on random Fourier features (Eastwood et al. 2023; Rahimi & Recht 2007)."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

_RIDGE = 1e-6  # of the mean squared feature: enough to solve by, too little to smooth


def random_features(codes: Float[ndarray, "n d"], *, num: int, rng: np.random.Generator) -> Float[ndarray, "n p"]:
    """Features (n, 1 + d + num) that make probes of growing capacity: 1, the codes, then random waves of them.

    A wave is sqrt(2) cos(w @ code + phase), w standard normal over the square root of the number of axes that vary,
    the phase uniform: with many, kernel regression with a Gaussian kernel. codes: of mean 0 and variance 1; constant
    axes are 0 and change nothing.
    """
    live = codes.any(axis=0)
    waves = rng.standard_normal((int(live.sum()), num)) / np.sqrt(max(live.sum(), 1))
    phases = rng.uniform(0, 2 * np.pi, num)
    return np.concatenate(
        [np.ones((len(codes), 1)), codes, np.sqrt(2) * np.cos(codes[:, live] @ waves + phases)], axis=1
    )


def probe_losses(
    train: Float[ndarray, "num_train p"],
    train_targets: Float[ndarray, "num_train k"],
    test: Float[ndarray, "num_test p"],
    test_targets: Float[ndarray, "num_test k"],
    *,
    sizes: tuple[int, ...],
) -> Float[ndarray, "sizes k"]:
    """The mean squared test error of ridge regressions on the first 1, 2, ... of the features, for each of the sizes.

    All sizes from one Cholesky factor: the leading block of the factor is the factor of the leading block.

    >>> x = np.arange(6.0)[:, None]
    >>> features = np.concatenate([np.ones((6, 1)), x], axis=1)
    >>> probe_losses(features, 2 * x, features, 2 * x, sizes=(1, 2)).round(3).tolist()
    [[11.667], [0.0]]
    """
    from scipy.linalg import cholesky, solve_triangular

    gram = train.T @ train
    gram[np.diag_indices_from(gram)] += _RIDGE * len(train)
    factor = cholesky(gram, lower=True)
    half = solve_triangular(factor, train.T @ train_targets, lower=True)
    losses = np.empty((len(sizes), train_targets.shape[1]))
    for row, size in enumerate(sizes):
        weights = solve_triangular(factor[:size, :size].T, half[:size])
        losses[row] = ((test[:, :size] @ weights - test_targets) ** 2).mean(axis=0)
    return losses


def explicitness_of_curve(
    capacities: Float[ndarray, "sizes"], losses: Float[ndarray, "sizes"], *, baseline: float, least_gain: float = 0.0
) -> float:
    """1 - (area between the curve and its least loss) / (half of capacity range times baseline minus least loss).

    The curve: at each capacity the least loss up to there, at most the baseline. 1: the first probe is the best;
    0: the loss falls from the baseline to its least along a line; -1: only the last probe is better than the
    baseline, at once. 0, too, where no probe gains more than `least_gain` of the baseline: nothing is explicit.

    >>> explicitness_of_curve(np.array([0.0, 1.0, 2.0]), np.array([0.5, 0.25, 0.0]), baseline=1.0)
    0.5
    """
    curve = np.minimum.accumulate(np.minimum(losses, baseline))
    gain = baseline - curve[-1]
    if gain <= least_gain * baseline:
        return 0.0
    excess = curve - curve[-1]
    area = ((excess[1:] + excess[:-1]) / 2 * np.diff(capacities)).sum()
    return float(1 - area / (0.5 * (capacities[-1] - capacities[0]) * gain))
