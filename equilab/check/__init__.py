"""Is a module equivariant? A check for any callable, with a tolerance that is measured, and the reason if it is not."""

from equilab.check.actions.action import Action, Function, Ignored, Invariant
from equilab.check.actions.custom import Custom
from equilab.check.actions.euclidean import Euclidean, Irreps, Motion
from equilab.check.actions.gaussian import Blocks, Covariance, LogVariance
from equilab.check.actions.permutations import NodeIndex, Permutations, Permute
from equilab.check.actions.plane import Points
from equilab.check.actions.translations import Translate, Translations
from equilab.check.approximate.measure import measure
from equilab.check.equivariance import assert_equivariant, equivariance
from equilab.check.monitor import EquivarianceMonitor
from equilab.check.reports.curve import Curve, LieError, ShiftError
from equilab.check.reports.findings import Cause, ElementError, PartError, PrecisionError, Quantity, Verdict
from equilab.check.reports.measurement import Measurement
from equilab.check.reports.picture import Picture
from equilab.check.reports.report import Report

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
