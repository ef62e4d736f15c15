"""Codes from a file: what it may hold, and what each unusable file is told."""

import numpy as np
import pytest

from equilab.errors import DataError, SettingError, ShapeError
from equilab.latents import Circle, CodeBlock, means_and_log_variances
from equilab.metrics import read_codes
from tests.refused import refused

FACTORS = np.stack(np.unravel_index(np.arange(12), (3, 4)), axis=1)
CODES = np.random.default_rng(0).standard_normal((12, 4))
PICKLED = "Object arrays cannot be loaded when allow_pickle=False"  # what numpy says of them


def saved(folder, **arrays):
    path = folder / "codes.npz"
    np.savez(path, **{"codes": CODES, "factors": FACTORS} | arrays)
    return path


def test_codes_and_factors_alone_are_enough(tmp_path):
    table, blocks = read_codes(saved(tmp_path))
    np.testing.assert_array_equal(table.codes, CODES)
    np.testing.assert_array_equal(table.factors, FACTORS)
    assert table.factor_names == ("factor0", "factor1")
    assert table.posterior is None
    assert blocks is None


def test_blocks_without_manifolds_may_have_any_numbers(tmp_path):
    assert read_codes(saved(tmp_path, blocks=np.array([7, 2, 7, 5]))).blocks == (
        CodeBlock((0, 2)),
        CodeBlock((1,)),
        CodeBlock((3,)),
    )


def test_everything_else_that_a_file_may_hold(tmp_path):
    path = saved(
        tmp_path,
        log_var=-np.ones_like(CODES),
        factor_names=np.array(["shape", "x"]),
        factor_sizes=np.array([3, 4]),
        blocks=np.array([1, 0, 1, 2]),
        manifolds=np.array(["euclidean", "circle", "euclidean"]),
    )
    table, blocks = read_codes(str(path))
    assert table.factor_names == ("shape", "x")
    means, log_var = means_and_log_variances(table.require_posterior("the test"))
    np.testing.assert_array_equal(means.numpy(), CODES)
    assert (log_var == -1).all()
    assert blocks == (CodeBlock((0, 2), Circle()), CodeBlock((1,)), CodeBlock((3,)))


@pytest.mark.parametrize(
    ("arrays", "error", "argument", "facts"),
    [
        ({"codes": CODES[1:]}, ShapeError, ": codes, factors", {"got": "(11, 4) and (12, 2)"}),
        ({"codes": np.array([{}] * 12)}, DataError, "", {"got": f"an error ({PICKLED})"}),
        ({"factor_sizes": np.array([3, 3])}, DataError, ": factors[3, 1]", {"expected": "1 from 0 to 2", "got": 3}),
        ({"factor_sizes": np.array([3])}, ShapeError, ": factor_sizes", {"expected": "2 integers"}),
        ({"blocks": np.array([0, 1])}, ShapeError, ": blocks", {"expected": "4 integers"}),
        ({"manifolds": np.array(["circle"])}, DataError, ": manifolds", {"expected": "blocks beside it"}),
        (
            {"blocks": np.array([0, 0, 7, 7]), "manifolds": np.array(["circle"] * 2)},
            DataError,
            ": manifolds",
            {"expected": "from 0 on", "got": "2 for blocks [0, 7]"},
        ),
        (
            {"blocks": np.array([0, 0, 1, 1]), "manifolds": np.array(["circle", "sphere"])},
            SettingError,
            ": manifold",
            {"expected": "circle, euclidean", "got": "'sphere'"},
        ),
        (
            {"blocks": np.array([0, 0, 0, 1]), "manifolds": np.array(["circle", "euclidean"])},
            SettingError,
            ": manifold",
            {"expected": "2 dimensions for circle", "got": 3},
        ),
        ({"lables": FACTORS}, DataError, "", {"expected": "codes, factors, log_var", "got": "lables"}),
        ({"log_var": CODES[:, :2]}, ShapeError, ": log_var", {"expected": "(12, 4)", "got": (12, 2)}),
    ],
)
def test_what_does_not_fit_is_refused_with_the_path(tmp_path, arrays, error, argument, facts):
    path = saved(tmp_path, **arrays)
    with refused(error, f"{path}{argument}", **facts):
        read_codes(path)


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    with refused(DataError, str(tmp_path / "absent.npz"), expected=".npz archive"):
        read_codes(tmp_path / "absent.npz")
    (tmp_path / "text.npz").write_text("codes")
    with refused(DataError, str(tmp_path / "text.npz"), expected=".npz archive"):
        read_codes(tmp_path / "text.npz")
    np.save(tmp_path / "one.npy", CODES)
    with refused(DataError, str(tmp_path / "one.npy"), expected=".npz archive", got="a single array"):
        read_codes(tmp_path / "one.npy")
    whole = saved(tmp_path).read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    with refused(DataError, str(tmp_path / "cut.npz"), expected=".npz archive"):
        read_codes(tmp_path / "cut.npz")
    np.savez(tmp_path / "half.npz", codes=CODES)
    with refused(DataError, str(tmp_path / "half.npz"), got="codes", hint="factors"):
        read_codes(tmp_path / "half.npz")


def test_an_archive_that_unpacks_beyond_the_bound_is_refused_by_its_size(tmp_path, monkeypatch):
    monkeypatch.setattr("equilab.metrics.codes_file.MOST_BYTES", 10**6)
    path = tmp_path / "codes.npz"
    np.savez_compressed(path, codes=np.zeros((10**6, 10)), factors=np.zeros((10**6, 1), int))
    with refused(DataError, str(path), expected="at most 1,000,000 bytes"):
        read_codes(path)


def test_a_header_that_claims_more_than_it_has_is_refused(tmp_path):
    path = saved(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"(12, 4)", b"(99, 4)"))
    with refused(DataError, str(path), expected=".npz archive"):
        read_codes(path)
