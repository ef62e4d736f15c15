"""What the numbers of an LSBD report say, in words."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.metrics.symmetry.aligned import number
from equilab.metrics.symmetry.directions import left_out_words
from equilab.metrics.symmetry.transitions import Transitions

SLACK = 0.1  # how far from its ideal a number may be before the verdict mentions it
_COVERS = {2: "a double cover", 3: "a triple cover"}


@runtime_checkable
class LSBDNumbers(Protocol):
    """What a verdict is read from; an LSBDReport says what each is."""

    @property
    def value(self) -> float: ...
    @property
    def cyclic(self) -> tuple[str, ...]: ...
    @property
    def orders(self) -> tuple[int, ...]: ...
    @property
    def distance(self) -> Float[ndarray, "k"]: ...
    @property
    def chance(self) -> Float[ndarray, "k"]: ...
    @property
    def omega(self) -> Int[ndarray, "k"]: ...
    @property
    def share(self) -> Float[ndarray, "k"]: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def overlaps(self) -> Float[ndarray, "m m"]: ...
    @property
    def injectivity(self) -> float: ...
    @property
    def collisions(self) -> Float[ndarray, "m"]: ...
    @property
    def transitions(self) -> Transitions | None: ...
    @property
    def num_left_out(self) -> int: ...
    @property
    def left_out_share(self) -> float: ...


def lsbd_verdict(report: LSBDNumbers) -> str:
    """One sentence: D_LSBD, then each number that is more than 0.1 from its ideal, and what that means.

    Factors of 3 or 4 values are named, as these rotate evenly by chance, and directions that were left out.
    """
    found = [*_few(report), *_turning(report), *_sharing(report), *_fits(report), *_twins(report)]
    start = f"D_LSBD is {number(report.value)}"
    rest = [left_out_words(report.num_left_out, report.left_out_share)] if report.num_left_out else []
    if found:
        return f"{start}{', but ' if report.value <= SLACK else ': '}{'; '.join([*found, *rest])}"
    how = "once per cycle, linearity not tested" if report.transitions is None else "linearly, once per cycle"
    good = f"each factor rotates its own plane {how}; no diagnostic contradicts this"
    return f"{start}: {'; '.join([good, *rest])}"


def _few(report: LSBDNumbers) -> list[str]:
    """Factors with so few values that random codes score nearly as well."""
    found = []
    for name, size, chance in zip(report.cyclic, report.orders, report.chance, strict=True):
        if size == 3:
            found.append(f"D_LSBD is uninformative for {name}: with 3 values random codes score {number(chance)}")
        elif size == 4:
            found.append(f"D_LSBD says little about {name}: with 4 values random codes score {number(chance)}")
    return found


def _turning(report: LSBDNumbers) -> list[str]:
    """Factors that move nothing, rotate no plane evenly, or rotate it more than once per cycle."""
    found = []
    for k, name in enumerate(report.cyclic):
        omega = int(report.omega[k])
        if not report.share[k]:
            found.append(f"{name} moves nothing")
        elif report.distance[k] > SLACK:
            found.append(f"{name} rotates no plane evenly (D {number(report.distance[k])})")
        elif omega > 1:
            cover = _COVERS.get(omega, f"a cover of {omega} sheets")
            found.append(f"the code rotates {omega} times per cycle of {name}: {cover}")
        if 0 < report.share[k] < 1 - SLACK:
            found.append(f"the plane that was scored holds {report.share[k]:.0%} of what {name} moves")
    return found


def _sharing(report: LSBDNumbers) -> list[str]:
    """Pairs of factors, one of them cyclic, that move the same directions."""
    pairs = [
        (first, second)
        for first in range(len(report.names))
        for second in range(first + 1, len(report.names))
        if {report.names[first], report.names[second]} & set(report.cyclic) and report.overlaps[first, second] > SLACK
    ]
    return [
        f"{report.names[i]} and {report.names[j]} move the same directions (overlap {number(report.overlaps[i, j])})"
        for i, j in pairs
    ]


def _fits(report: LSBDNumbers) -> list[str]:
    """Steps that are not linear, do not return, or do not commute."""
    fits = report.transitions
    if fits is None:
        return []
    found = []
    for k, name in enumerate(report.cyclic):
        if fits.residual[k] > SLACK:
            found.append(f"a step of {name} is no linear map of the code (residual {number(fits.residual[k])})")
        if fits.order_error[k] > SLACK:
            found.append(f"B_{name}^{report.orders[k]} is not the identity (error {number(fits.order_error[k])})")
    if fits.commutators.max() > SLACK:
        i, j = np.unravel_index(fits.commutators.argmax(), fits.commutators.shape)
        found.append(
            f"steps of {report.cyclic[i]} and {report.cyclic[j]} do not commute ({number(fits.commutators.max())})"
        )
    return found


def _twins(report: LSBDNumbers) -> list[str]:
    """Grid points that share a code."""
    if report.injectivity >= 1 - SLACK:
        return []
    differ = [name for name, share in zip(report.names, report.collisions, strict=True) if share > SLACK]
    where = f", which differ in {', '.join(differ)}" if differ else ""
    return [f"{1 - report.injectivity:.0%} of the points share their code with others{where}"]
