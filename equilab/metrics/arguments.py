"""Arguments of public functions: numbers, labels, shares and generators as they are needed, or our own errors."""

from collections.abc import Callable, Iterable, Mapping, Set
from math import isfinite
from numbers import Real
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.errors import DataError, SettingError, ShapeError
from equilab.metrics.validation import as_array, as_floats


def checked_numbers(values: Any, name: str, shape: str, *, finite: bool = True) -> Float[ndarray, "..."]:
    """Floats of the number of axes that `shape` names, such as "(n, d)", not empty, and finite or at least no NaN.

    >>> checked_numbers([0.5, 1], "values", "(n,)").tolist()
    [0.5, 1.0]
    """
    array = as_floats(as_array(values, name), name)
    _check_axes(array, name, shape)
    wrong = array[~np.isfinite(array)] if finite else []
    if len(wrong):
        raise DataError(name, expected="finite numbers", got=wrong[0])
    return array


def checked_labels(values: Any, name: str, shape: str) -> Int[ndarray, "..."]:
    """Integers of the number of axes that `shape` names, not empty; also of whole floats and booleans.

    >>> checked_labels([2.0, 3.0], "labels", "(n,)").tolist()
    [2, 3]
    """
    array = as_array(values, name)
    if array.dtype.kind == "f" and (np.isfinite(array).all() and (np.rint(array) == array).all()):
        array = array.astype(np.int64)
    if array.dtype.kind not in "iub":
        hint = "np.unique(values, return_inverse=True)[1] numbers words"
        raise DataError(name, expected="integers, a label for each observation", got=array.dtype, hint=hint)
    _check_axes(array, name, shape)
    return array.astype(np.int64) if array.dtype.kind == "b" else array


def _check_axes(array: ndarray, name: str, shape: str) -> None:
    num = len([axis for axis in shape.strip("()").split(",") if axis.strip()])
    if array.ndim != num or not array.size:
        raise ShapeError(name, expected=f"{shape}, each axis at least 1", got=array.shape)


def check_number(argument: str, value: object, expected: str, accepts: Callable[[float], bool]) -> None:
    """SettingError unless the value is a finite real number that is accepted; a boolean is none.

    >>> check_number("share", 0.5, "a number from 0 to 1", lambda share: 0 <= share <= 1)
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real) or not isfinite(value):
        raise SettingError(argument, expected=expected, got=repr(value))
    if not accepts(float(value)):
        raise SettingError(argument, expected=expected, got=value)


def checked_sequence(values: Any, name: str, expected: str) -> tuple[Any, ...]:
    """The entries of a list, a tuple, an array or another ordered collection; SettingError for text, sets and mappings.

    >>> checked_sequence(["a", "b"], "names", "a list of names")
    ('a', 'b')
    """
    if isinstance(values, str | bytes | Mapping | Set) or not isinstance(values, Iterable):
        raise SettingError(name, expected=expected, got=repr(values))
    return tuple(values)


def check_generator(rng: object) -> None:
    """SettingError unless it is numpy's Generator."""
    if not isinstance(rng, np.random.Generator):
        raise SettingError("rng", expected="a generator, such as np.random.default_rng(0)", got=repr(rng))
