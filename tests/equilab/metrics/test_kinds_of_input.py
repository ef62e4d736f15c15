"""Codes and factors as people have them: masked, nullable, from HDF5, on a list; scored alike or refused by name."""

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
