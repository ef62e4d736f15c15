"""Transforms of scikit-learn by custom actions: arrays of numpy go in and come out."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import Normalizer, StandardScaler

from equilab.check import Custom, Invariant, Permute, Verdict, equivariance

DATA = np.random.default_rng(0).normal(size=(40, 3)) * [1.0, 2.0, 3.0] + [0.5, -1.0, 2.0]
TURNS = [np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0] for seed in range(1, 4)]
ROTATED = Custom(
    lambda g, x: x @ g.T,
    elements=TURNS,
    multiply=lambda g, h: g @ h,
    inverse=lambda g: g.T,
    identity=np.eye(3),
)
ROWS = Permute(0)


def flipped(g, x):
    return x * g


FLIPS = [np.array(signs) for signs in ((-1.0, 1.0, 1.0), (1.0, -1.0, -1.0), (-1.0, 1.0, -1.0))]
SIGNS = Custom(flipped, elements=FLIPS, multiply=np.multiply, inverse=lambda g: g, identity=np.ones(3))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_scaling_a_fit_commutes_with_flips_and_not_with_turns(dtype):
    def scaled(x):
        return StandardScaler().fit_transform(x)

    x = DATA.astype(dtype)
    assert equivariance(scaled, x, in_type=SIGNS, out_type=SIGNS).verdict is Verdict.PASS
    assert equivariance(scaled, x, in_type=ROTATED, out_type=ROTATED).verdict is Verdict.FAIL


def test_a_fitted_scaler_has_an_origin_of_its_own():
    fitted = StandardScaler().fit(DATA)
    mean = fitted.mean_.copy()
    assert equivariance(fitted.transform, DATA, in_type=SIGNS, out_type=SIGNS).verdict is Verdict.FAIL
    centred = StandardScaler(with_mean=False).fit(DATA)
    assert equivariance(centred.transform, DATA, in_type=SIGNS, out_type=SIGNS).verdict is Verdict.PASS
    assert np.array_equal(fitted.mean_, mean)


def test_a_normalizer_turns_with_its_data():
    assert equivariance(Normalizer().transform, DATA, in_type=ROTATED, out_type=ROTATED).verdict is Verdict.PASS


def test_principal_components_of_turned_data_are_the_same_up_to_signs():
    def variances(x):
        return PCA().fit(x).explained_variance_

    def reconstructed(x):
        model = PCA(n_components=2).fit(x)
        return model.inverse_transform(model.transform(x))

    assert equivariance(variances, DATA, in_type=ROTATED, out_type=Invariant()).verdict is Verdict.PASS
    assert equivariance(reconstructed, DATA, in_type=ROTATED, out_type=ROTATED).verdict is Verdict.PASS
    fixed = PCA().fit(DATA)
    assert equivariance(fixed.transform, DATA, in_type=ROTATED, out_type=Invariant()).verdict is Verdict.FAIL


def test_a_kernel_of_distances_stays_and_one_of_fixed_landmarks_does_not():
    assert equivariance(rbf_kernel, DATA, in_type=ROTATED, out_type=Invariant()).verdict is Verdict.PASS
    landmarks = Nystroem(n_components=5, random_state=0).fit(DATA)
    assert equivariance(landmarks.transform, DATA, in_type=ROTATED, out_type=Invariant()).verdict is Verdict.FAIL
    assert equivariance(landmarks.transform, DATA, in_type=ROWS, out_type=ROWS).verdict is Verdict.PASS


def test_classes_are_integers_that_follow_their_rows():
    labels = (DATA[:, 0] > 0.5).astype(int)
    model = KNeighborsClassifier(3).fit(DATA, labels)
    assert equivariance(model.predict, DATA, in_type=ROWS, out_type=ROWS).verdict is Verdict.PASS
    assert equivariance(model.predict, DATA, in_type=ROTATED, out_type=Invariant()).verdict is Verdict.FAIL


def test_arrays_are_left_as_they_were():
    x = DATA.copy()

    def centre_in_place(given):
        assert isinstance(given, np.ndarray)
        given -= given.mean(0)
        return given

    assert equivariance(centre_in_place, x, in_type=ROTATED, out_type=ROTATED).verdict is Verdict.PASS
    assert np.array_equal(x, DATA)
