"""Codes and factors as people have them: masked, nullable, from HDF5, on a list; scored alike or refused by name."""

import h5py
import numpy as np
import pandas
import pytest
import torch

from equilab.data import MiniSprites
from equilab.errors import DataError, ShapeError
from equilab.metrics import CodeTable, score_codes
from tests.refused import refused

DATA = MiniSprites(size=16)
FACTORS = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), 1)
CODES = (FACTORS + 0.3 * np.random.default_rng(0).standard_normal(FACTORS.shape)).astype(np.float32)
SPREAD = np.full(CODES.shape, -2.0, np.float32)


def flat(codes=CODES, factors=FACTORS, **options):
    return score_codes(codes, factors, metrics=["mig", "mcc"], **options).flat()


def test_masked_values_are_refused_and_a_mask_of_nothing_is_taken():
    for argument, values in (("codes", CODES), ("factors", FACTORS)):
        masked = np.ma.masked_array(values, mask=np.arange(180).reshape(60, 3) == 7)
        with refused(DataError, argument, expected="without a mask", got="1 masked values", hint="leave out the rows"):
            flat(**{argument: masked})
        assert flat(**{argument: np.ma.masked_array(values, mask=False)}) == flat()
    with refused(DataError, "codes[1]", expected="without a mask"):
        flat((CODES, np.ma.masked_array(SPREAD, mask=SPREAD < 0)))
    with refused(DataError, "encode: codes", got="12 masked values"):
        CodeTable.encode(lambda x: np.ma.masked_less(x.flatten(1)[:, :3].numpy(), 2), DATA, batch_size=4)


@pytest.mark.parametrize("kind", ["Int64", "int64", "Float64", "category"])
def test_columns_of_a_data_frame_are_taken(kind):
    frame = pandas.DataFrame(FACTORS, columns=["shape", "x", "y"])
    assert flat(pandas.DataFrame(CODES), frame.astype(kind)) == flat()
    assert flat(factors=frame, factor_names=frame.columns) == flat(factor_names=("shape", "x", "y"))


def test_missing_values_of_a_data_frame_are_refused_with_their_place():
    frame = pandas.DataFrame(FACTORS).astype("Int64")
    frame.iloc[4, 1] = pandas.NA
    with refused(DataError, "factors[4, 1]", expected="numbers", got="a missing value", hint="leave out its row"):
        flat(factors=frame)


def test_columns_of_words_are_refused_with_what_numbers_them():
    words = FACTORS.astype(object)
    words[:, 0] = np.array(["heart", "square", "ellipse"])[FACTORS[:, 0]]
    with refused(DataError, "factors[0, 0]", got="'heart'", hint="np.unique(column, return_inverse=True)[1]"):
        flat(factors=words)
    with refused(DataError, "factors", got="|S6", hint="np.unique"):
        flat(factors=np.full(FACTORS.shape, b"square"))


def test_names_from_hdf5_are_text():
    names = np.array([b"shape", b"x", b"y"])
    assert flat(factor_names=names) == flat(factor_names=("shape", "x", "y"))
    assert flat(factor_names=names.astype(object)) == flat(factor_names=("shape", "x", "y"))
    with refused(DataError, "factor_names", expected="UTF-8"):
        flat(factor_names=[b"\xff", b"x", b"y"])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, object])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_bins_are_advised_for_a_continuous_factor_beside_others_and_numbers_for_values_that_repeat(dtype, place):
    halves = FACTORS / 2
    name = np.dtype(np.float64 if dtype is object else dtype).name
    got = f"{name} with 5 values in column 2 of 60 rows"
    with refused(DataError, "factors", got=got, hint="np.unique(column, return_inverse=True)"):
        flat(factors=halves.astype(dtype))
    numbered = np.stack([np.unique(column, return_inverse=True)[1] for column in halves.T], axis=1)
    assert flat(factors=numbered) == flat()
    mixed = halves.copy()
    mixed[:, place] = np.random.default_rng(0).random(60)
    hint = "put each in bins: np.digitize(column, np.linspace(column.min(), column.max(), 21)[1:-1])"
    got = f"{name} with 60 values in column {place} of 60 rows"
    with refused(DataError, "factors", got=got, hint=hint):
        flat(factors=mixed.astype(dtype))


@pytest.fixture
def stored(tmp_path):
    """A file of HDF5 with codes, factors, their names and a factor of words, as h5py reads it."""
    words = np.array([b"heart", b"square", b"ellipse"])[FACTORS[:, 0]]
    with h5py.File(tmp_path / "codes.h5", "w") as file:
        file["codes"], file["factors"], file["fixed"] = CODES, FACTORS, words
        file["words"] = words.astype(object)  # of variable length
        file["names"] = ["shape", "x", "y"]
        file.attrs["names"] = np.array([b"shape", b"x", b"y"])
    with h5py.File(tmp_path / "codes.h5") as file:
        yield file


def test_codes_factors_and_names_of_an_hdf5_file_are_taken(stored):
    assert isinstance(stored["names"][0], bytes)
    expected = flat(factor_names=("shape", "x", "y"))
    assert "mig_shape" in expected
    for names in (stored["names"], stored["names"][:], stored["names"].asstr()[:], stored.attrs["names"]):
        assert flat(stored["codes"], stored["factors"], factor_names=names) == expected
        assert flat(stored["codes"][:], stored["factors"][:], factor_names=names) == expected


@pytest.mark.parametrize(
    ("kind", "argument", "got"), [("words", "factors[0, 0]", "b'heart'"), ("fixed", "factors", "|S7")]
)
def test_a_factor_of_bytes_of_an_hdf5_file_is_refused_with_what_numbers_it(stored, kind, argument, got):
    hint = "np.unique(column, return_inverse=True)[1]"
    column = stored[kind][:]
    with refused(DataError, argument, got=got, hint=hint):
        flat(stored["codes"], column[:, None])
    numbered = np.unique(column, return_inverse=True)[1]  # as the hint says
    factors = np.column_stack([numbered, FACTORS[:, 1:]])
    order = np.array([1, 2, 0])  # of heart, square and ellipse among the words in order
    assert flat(factors=factors) == flat(factors=np.column_stack([order[FACTORS[:, 0]], FACTORS[:, 1:]]))


@pytest.mark.parametrize("make", [np.asarray, torch.tensor, np.ndarray.tolist], ids=["array", "tensor", "list"])
def test_means_and_log_variances_are_a_pair_in_a_tuple_and_in_a_list(make):
    expected = score_codes((CODES, SPREAD), FACTORS, protocol="burda2016")
    for pair in ((make(CODES), make(SPREAD)), [make(CODES), make(SPREAD)]):
        found = score_codes(pair, FACTORS, protocol="burda2016")
        assert found.flat() == expected.flat()
    assert CodeTable(CODES, FACTORS).posterior is None


def test_a_pair_that_does_not_fit_is_refused():
    with refused(ShapeError, "log_var", expected="(60, 3)"):
        flat([CODES, SPREAD[:, :2]])
    with refused(ShapeError, "codes, factors", got="(2, 60) and (60, 3)"):
        flat([CODES[:, 0], SPREAD[:, 0]])


def test_sparse_and_bfloat16_tensors_are_read_and_meta_tensors_refused():
    assert flat(torch.tensor(CODES).to_sparse()) == flat()
    assert flat(factors=torch.tensor(FACTORS).to_sparse()) == flat()
    with refused(DataError, "codes", got="a meta tensor"):
        flat(torch.empty(60, 3, device="meta"))
