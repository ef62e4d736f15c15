"""Disentanglement and completeness of importances: closed forms, and the weights and bases that peers mixed up."""

import math

import numpy as np
import pytest

from equilab.errors import DataError
from equilab.latents import Circle, CodeBlock
from equilab.metrics.supervised.importance import (
    block_features,
    code_disentanglement,
    completeness,
    disentanglement,
    explained,
    factor_completeness,
)
from tests.refused import refused


def test_one_code_for_each_factor_scores_one_and_no_preference_scores_nothing():
    for size in (2, 5):
        order = np.random.default_rng(0).permutation(size)
        assert disentanglement(np.eye(size)[order]) == completeness(np.eye(size)[order]) == pytest.approx(1)
        assert disentanglement(np.ones((size, 3))) == completeness(np.ones((3, size))) == pytest.approx(0)


def test_duplicated_codes_are_disentangled_but_not_complete():
    doubled = np.vstack([np.eye(4), np.eye(4)])
    assert disentanglement(doubled) == pytest.approx(1)
    assert completeness(doubled) == pytest.approx(1 - math.log(2) / math.log(8))


def test_one_code_for_two_factors_is_complete_but_not_disentangled():
    shared = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    assert completeness(shared) == pytest.approx(1)
    assert disentanglement(shared) == pytest.approx((2 * (1 - math.log(2) / math.log(4)) + 1 + 1) / 4)


def test_a_code_weighs_its_row_and_a_factor_its_column():
    """The broken version weighs codes by column sums, or all alike."""
    importance = np.array([[8.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 1.0]])
    assert disentanglement(importance) == pytest.approx((8 * 1 + 3 * 0 + 1 * 1) / 12)
    assert completeness(importance.T) == pytest.approx((8 * 1 + 3 * 0 + 1 * 1) / 12)
    columns = importance.sum(axis=0) / importance.sum()
    for broken in (columns @ code_disentanglement(importance), code_disentanglement(importance).mean()):
        assert abs(broken - disentanglement(importance)) > 0.05


def test_the_entropy_of_a_code_is_to_the_base_of_the_number_of_factors():
    importance = np.zeros((7, 3))
    importance[0, :2] = 1
    assert code_disentanglement(importance)[0] == pytest.approx(1 - math.log(2) / math.log(3))
    assert factor_completeness(importance.T)[0] == pytest.approx(1 - math.log(2) / math.log(3))


def test_dead_codes_and_factors_that_nothing_knows_weigh_nothing():
    importance = np.array([[1.0, 0.2], [0.1, 1.0]])
    padded = np.pad(importance, ((0, 3), (0, 0)))
    assert disentanglement(padded) == disentanglement(importance)
    assert completeness(np.pad(importance, ((0, 0), (0, 2)))) == completeness(importance)
    assert disentanglement(np.zeros((3, 2))) == completeness(np.zeros((3, 2))) == 0
    assert code_disentanglement(padded)[2:].tolist() == [0, 0, 0]


def test_scale_and_order_do_not_matter():
    importance = np.random.default_rng(0).random((6, 4))
    shuffled = importance[np.random.default_rng(1).permutation(6)][:, [2, 0, 3, 1]] * 17
    assert disentanglement(shuffled) == pytest.approx(disentanglement(importance))
    assert completeness(shuffled) == pytest.approx(completeness(importance))


def test_a_single_factor_or_a_single_code_scores_one():
    assert disentanglement(np.array([[1.0], [2.0]])) == 1
    assert completeness(np.array([[1.0, 2.0]])) == 1


def test_negative_importances_are_refused():
    with refused(DataError, "importance", got=-0.5, hint="absolute values"):
        disentanglement(np.array([[1.0, -0.5]]))


def test_what_is_explained_is_one_for_the_target_and_nothing_for_its_mean_or_worse():
    target = np.arange(5.0)
    assert [explained(values, target) for values in (target, np.full(5, 2.0), -9 * target)] == [1, 0, 0]
    assert [explained(values, np.ones(3)) for values in (np.ones(3), np.zeros(3))] == [1, 0]


@pytest.mark.parametrize(
    "blocks",
    [(CodeBlock((0, 1, 2)),), (CodeBlock((2, 0)), CodeBlock((1,))), (CodeBlock((1,)), CodeBlock((0, 2), Circle()))],
)
def test_features_lie_row_after_row_as_torch_expects(blocks):
    codes = np.random.default_rng(0).standard_normal((7, 3)).astype(np.float32)
    for each in (codes, np.asfortranarray(codes)):
        assert block_features(each, blocks).flags.c_contiguous
