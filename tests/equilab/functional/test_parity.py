"""The guard refuses exactly the sizes at which a strided layer breaks the symmetry, and names sizes that work."""

import re
import warnings
from itertools import product

import pytest
import torch
from torch.nn import functional

from equilab.errors import EquivarianceError, SettingError
from equilab.functional import check_exact, guard_output_padding, guard_window, reversed_axes
from equilab.groups import O2, SO2, C, D, p4
from equilab.nn import MaxPool2d
from tests.refused import refused

BOTH = (True, True)
WINDOWS = [
    window
    for window in product((1, 2, 3, 4, 5), (1, 2, 3, 4), (0, 1, 2), (1, 2))  # kernel_size, stride, padding, dilation
    if window[2] < window[0]
]


def guard(size, window, exact="raise", axes=BOTH):
    kernel_size, stride, padding, dilation = window
    guard_window(
        size, axes=axes, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, exact=exact
    )


def is_symmetric(length, window):
    """Whether a convolution along a line commutes with the mirror, between regular fields of it."""
    kernel_size, stride, padding, dilation = window
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, 2, length, dtype=torch.float64, generator=generator)
    kernel = torch.randn(2, 2, kernel_size, dtype=torch.float64, generator=generator)
    kernel = kernel + kernel.flip(0, 1, 2)  # kappa(-x) = rho(m) kappa(x) rho(m)
    y, mirrored = (functional.conv1d(v, kernel, None, stride, padding, dilation) for v in (x, x.flip(1, 2)))
    return bool((mirrored - y.flip(1, 2)).abs().max() < 1e-12)


@pytest.mark.parametrize("kernel_size", range(1, 6))
def test_what_breaks_the_symmetry_is_refused_and_nothing_else(kernel_size):
    for window in (window for window in WINDOWS if window[0] == kernel_size):
        assert_the_guard_is_right(window)


def assert_the_guard_is_right(window):
    """For nine lengths in a row: what it refuses breaks the symmetry, and the lengths that it names do not."""
    kernel_size, _, padding, dilation = window
    smallest = max(1, dilation * (kernel_size - 1) + 1 - 2 * padding)
    for length in range(smallest, smallest + 9):
        if is_symmetric(length, window):
            guard((length, length), window)
            continue
        with pytest.raises(EquivarianceError) as caught:
            guard((length, length), window)
        named = re.fullmatch(r"height ([\d or]+)", str(caught.value.expected))
        assert named, f"{window}: {caught.value}"
        assert (caught.value.argument, caught.value.got) == ("x", length)
        for other in map(int, named[1].split(" or ")):
            assert other >= smallest
            assert is_symmetric(other, window), f"{window}: {other}"
            guard((other, other), window)


def test_the_error_says_what_is_wrong_and_what_to_do():
    windows = "(kernel_size 3, stride 2, padding 1, dilation 1) leave 1"
    for hint in (windows, "exact='off'"):
        with refused(EquivarianceError, "x", expected="width 7 or 9", got=8, hint=hint):
            guard((7, 8), (3, 2, 1, 1))
    with pytest.raises(EquivarianceError) as caught:
        guard((1, 1), (1, 3, 1, 1))
    assert (caught.value.expected, caught.value.got) == ("height 2", 1)  # not height -1


def test_warn_warns_and_off_is_silent():
    with pytest.warns(UserWarning, match="x: expected height 7 or 9, got 8"):
        guard((8, 7), (3, 2, 1, 1), exact="warn")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        guard((8, 8), (3, 2, 1, 1), exact="off")
        guard_output_padding(1, axes=BOTH, exact="off")
    with pytest.warns(UserWarning, match="output_padding: expected 0, got 1"):
        guard_output_padding(1, axes=BOTH, exact="warn")


def test_padding_of_one_side_of_the_output_is_refused():
    with refused(EquivarianceError, "output_padding", expected="0", got=1, hint="kernel_size 4, stride 2, padding 1"):
        guard_output_padding(1, axes=BOTH)
    guard_output_padding(0, axes=BOTH)
    guard_output_padding(1, axes=(False, False))


def test_another_word_for_exact_is_refused():
    with refused(SettingError, "exact", expected="'raise', 'warn' or 'off'", got="'never'"):
        check_exact("never")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("group", "axes"),
    [
        (C(1), (False, False)),
        (D(1), (False, True)),  # left to right
        (D(1, "1/2"), (True, False)),  # upside down
        (D(1, "1/4"), (False, False)),  # rows and columns change places, neither runs backwards
        (D(1, "3/4"), BOTH),
        *((group, BOTH) for group in (C(2), C(4), D(2), D(4), C(3), C(8), C(16), D(12), SO2, O2)),
    ],
    ids=str,
)
def test_only_the_axes_that_a_group_reverses_are_guarded(group, axes):
    assert reversed_axes(group) == axes
    for name, size, matters in (("height", (8, 7), axes[0]), ("width", (7, 8), axes[1])):
        if matters:
            with refused(EquivarianceError, "x", expected=f"{name} 7 or 9", got=8):
                guard(size, (3, 2, 1, 1), axes=axes)
        else:
            guard(size, (3, 2, 1, 1), axes=axes)


def test_a_guard_that_is_off_leaves_sizes_free_in_an_export():
    pool = MaxPool2d(p4.regular, 2, exact="off")
    free = {"x": {2: torch.export.Dim("height", min=4), 3: torch.export.Dim("width", min=4)}}
    program = torch.export.export(pool, (torch.zeros(1, 4, 8, 10),), dynamic_shapes=free)
    assert program.module()(torch.zeros(1, 4, 7, 9)).shape == (1, 4, 3, 4)
