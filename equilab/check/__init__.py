"""Is a module equivariant? A check for any callable, with a tolerance that is measured, and the reason if it is not."""

from equilab.check.action import Action, Function, Ignored, Invariant
from equilab.check.curve import Curve, LieError, ShiftError
from equilab.check.custom import Custom
from equilab.check.equivariance import assert_equivariant, equivariance
from equilab.check.euclidean import Euclidean, Irreps, Motion
from equilab.check.findings import Cause, ElementError, PartError, PrecisionError, Quantity, Verdict
from equilab.check.gaussian import Blocks, Covariance, LogVariance
from equilab.check.measure import measure
from equilab.check.measurement import Measurement
from equilab.check.monitor import EquivarianceMonitor
from equilab.check.permutations import NodeIndex, Permutations, Permute
from equilab.check.picture import Picture
from equilab.check.plane import Points
from equilab.check.report import Report
from equilab.check.translations import Translate, Translations

__all__ = [
    "Action",
    "Blocks",
    "Cause",
    "Covariance",
    "Curve",
    "Custom",
    "ElementError",
    "EquivarianceMonitor",
    "Euclidean",
    "Function",
    "Ignored",
    "Invariant",
    "Irreps",
    "LieError",
    "LogVariance",
    "Measurement",
    "Motion",
    "NodeIndex",
    "PartError",
    "Permutations",
    "Permute",
    "Picture",
    "Points",
    "PrecisionError",
    "Quantity",
    "Report",
    "ShiftError",
    "Translate",
    "Translations",
    "Verdict",
    "assert_equivariant",
    "equivariance",
    "measure",
]
