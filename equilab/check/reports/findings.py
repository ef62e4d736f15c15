"""What a check found: one record per element, precision, leaf, layer and cause."""

from dataclasses import dataclass, field
from enum import StrEnum

from torch import Tensor


class Verdict(StrEnum):
    """PASS: equivariant to round-off. FAIL: not. VACUOUS: the output says nothing. INCONCLUSIVE: it cannot be told."""

    PASS = "PASS"
    FAIL = "FAIL"
    VACUOUS = "VACUOUS"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True)
class ElementError:
    """The error at one element in units of the signal: root mean square (mean) and largest (worst) over outputs."""

    element: str
    mean: float
    worst: float
    exact: bool  # False: the images were interpolated
    floor: float = 0.0  # what interpolation alone does
    trouble: str = ""  # what f raised
    centre: float | None = None  # the error at the pixel that does not move, where nothing is interpolated at all


@dataclass(frozen=True)
class PrecisionError:
    """The largest error in one precision, and its tolerance."""

    name: str
    error: float
    tolerance: float
    round_off: float
    source: str = ""  # what the tolerance follows from
    counts: bool = True  # False: reported only


@dataclass(frozen=True)
class PartError:
    """The error of a leaf of the output, of a field of it, or of a layer."""

    name: str
    error: float
    tolerance: float
    signal: float = 1.0  # root mean square over different inputs, in the unit of the output
    note: str = ""

    @property
    def is_broken(self) -> bool:
        return not self.error <= self.tolerance


@dataclass(frozen=True)
class Cause:
    """Why the symmetry breaks, and how to mend it."""

    name: str  # such as "stride parity"
    where: str  # the layer
    why: str
    mend: str


@dataclass(frozen=True)
class Quantity:
    """What was compared beside f itself: a gradient, a mean over seeds."""

    name: str
    error: float
    tolerance: float
    verdict: Verdict
    note: str = ""


@dataclass(frozen=True)
class Findings:
    """Everything that a check found. Errors are relative to the signal, the spread of f over inputs."""

    subject: str
    group: str
    verdict: Verdict
    elements: tuple[ElementError, ...]
    precisions: tuple[PrecisionError, ...]
    detection_limit: float  # smallest relative asymmetry of the layers' outputs that would have been a FAIL
    allowed: float  # largest error at interpolated elements that is no FAIL
    leaves: tuple[PartError, ...] = ()
    fields: tuple[PartError, ...] = ()
    layers: tuple[PartError, ...] = ()
    first_offender: PartError | None = None
    cause: Cause | None = None
    error_map: Tensor | None = field(default=None, compare=False)  # (H, W): root mean square over batch and channels
    quantities: tuple[Quantity, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return self.verdict is Verdict.PASS

    @property
    def error(self) -> float:
        """The largest error at elements that need no interpolation."""
        return max((each.mean for each in self.elements if each.exact), default=0.0)

    @property
    def interpolated_error(self) -> float:
        """The largest error at interpolated elements; 0 where there are none."""
        return max((each.mean for each in self.elements if not each.exact), default=0.0)

    @property
    def border_share(self) -> float | None:
        """The share of the squared error that is within a tenth of the image's size of its border; None: no image."""
        image = self.error_map
        if image is None or min(image.shape) < 5 or not float(image.sum()):
            return None
        squares = image.square()
        rows, columns = (max(1, round(size / 10)) for size in image.shape)
        return 1 - float(squares[rows:-rows, columns:-columns].sum() / squares.sum())

    @property
    def tolerance(self) -> float:
        """That of the precision from which the verdict is."""
        return next((each.tolerance for each in self.precisions if each.counts), 0.0)
