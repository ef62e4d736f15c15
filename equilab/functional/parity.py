"""The parity guard: strided layers keep a symmetry of the grid only at some sizes."""

import warnings
from typing import Literal, TypeAlias

from equilab.errors import EquivarianceError, SettingError
from equilab.groups import PlaneGroup

Exact: TypeAlias = Literal["raise", "warn", "off"]
"""What happens where a layer would break the symmetry: an error, a warning, or nothing."""


def check_exact(exact: Exact) -> None:
    """Raises SettingError unless it is "raise", "warn" or "off"."""
    if exact not in ("raise", "warn", "off"):
        raise SettingError("exact", expected="'raise', 'warn' or 'off'", got=repr(exact))


def reversed_axes(group: PlaneGroup) -> tuple[bool, bool]:
    """Whether an element of the group runs an axis of the image (rows, columns) backwards.

    >>> from equilab.groups import C, D
    >>> reversed_axes(D(1)), reversed_axes(C(4)), reversed_axes(C(1))
    ((False, True), (True, True), (False, False))
    """
    rows = columns = False
    for g in group.elements if group.is_finite else group.generators:
        (xx, xy), (yx, yy) = group.matrix(g).tolist()
        rows |= yy < -1e-9 or yx > 1e-9  # row = -y
        columns |= xx < -1e-9 or xy > 1e-9
    return rows, columns


def guard_window(
    size: tuple[int, int],
    *,
    axes: tuple[bool, bool],
    kernel_size: int,
    stride: int,
    padding: int,
    dilation: int = 1,
    exact: Exact = "raise",
) -> None:
    """Refuses sizes (H, W) at which the windows of a convolution or a pool do not lie symmetrically.

    They do iff (size + 2 padding - dilation (kernel_size - 1) - 1) mod stride == 0 on every axis that the group runs
    backwards. Raises EquivarianceError, or warns, naming the sizes that work.
    """
    if exact == "off":
        return
    for name, length, matters in zip(("height", "width"), size, axes, strict=True):
        smallest = dilation * (kernel_size - 1) + 1 - 2 * padding
        rest = (length - smallest) % stride
        if matters and rest and length >= smallest:  # smaller ones: torch refuses them
            fitting = [str(near) for near in (length - rest, length - rest + stride) if near > 0]
            windows = f"kernel_size {kernel_size}, stride {stride}, padding {padding}, dilation {dilation}"
            hint = (
                f"the windows ({windows}) leave {rest} of it over on one side, which breaks the symmetry: use another "
                "size, another padding, or exact='off'"
            )
            report(EquivarianceError("x", expected=f"{name} {' or '.join(fitting)}", got=length, hint=hint), exact)


def guard_output_padding(output_padding: int, *, axes: tuple[bool, bool], exact: Exact = "raise") -> None:
    """Refuses an output_padding other than 0, which pads one side only: EquivarianceError, or a warning."""
    if output_padding and any(axes) and exact != "off":
        hint = (
            "it pads one side only, which breaks the symmetry: use kernel_size 4, stride 2, padding 1 to double a "
            "size, or exact='off'"
        )
        report(EquivarianceError("output_padding", expected=0, got=output_padding, hint=hint), exact)


def report(error: EquivarianceError, exact: Exact) -> None:
    """The error, or a warning with its sentence, as `exact` says."""
    if exact == "raise":
        raise error
    if exact == "warn":
        warnings.warn(str(error), stacklevel=3)
