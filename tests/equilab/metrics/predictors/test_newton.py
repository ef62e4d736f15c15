"""Newton's method for many problems at once: known minima, from starts where a full step goes astray."""

import numpy as np

from equilab.metrics.predictors.newton import Expansion, minimise


def cosh_bowls(centres: np.ndarray):
    """sqrt(1 + (x - c)^2), strictly convex; from |x - c| > 1 a full Newton step moves away from the minimum."""

    def expand(x: np.ndarray) -> Expansion:
        away = x - centres
        root = np.sqrt(1 + away**2)
        return Expansion(root[:, 0], away / root, (1 / root**3)[..., None])

    return expand


def test_each_problem_finds_its_own_minimum_from_afar():
    centres = np.array([[-3.0], [0.5], [1000.0]])
    full_step = 20 - (20 / np.sqrt(401)) * np.sqrt(401) ** 3
    assert abs(full_step) > 20  # the broken version, without backtracking, diverges
    np.testing.assert_allclose(minimise(cosh_bowls(centres), np.full((3, 1), 20.0)), centres, atol=1e-6)


def test_a_quadratic_takes_one_step():
    rng = np.random.default_rng(0)
    root = rng.standard_normal((4, 5, 5))
    hessian, linear = root @ root.transpose(0, 2, 1) + np.eye(5), rng.standard_normal((4, 5))
    calls = []

    def expand(x: np.ndarray) -> Expansion:
        calls.append(x)
        product = (hessian @ x[..., None])[..., 0]
        return Expansion((x * (product / 2 - linear)).sum(axis=1), product - linear, hessian)

    found = minimise(expand, np.zeros((4, 5)))
    np.testing.assert_allclose(found, np.linalg.solve(hessian, linear[..., None])[..., 0], atol=1e-9)
    np.testing.assert_allclose(calls[1], found, atol=1e-9)
