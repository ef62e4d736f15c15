"""The result of a check, as a table for people and as numbers for a log."""

from dataclasses import dataclass
from typing import Any

from equilab.check.reports.draw import reported
from equilab.check.reports.findings import Findings
from equilab.check.reports.picture import Picture
from equilab.check.reports.table import table


@dataclass(frozen=True)
class Report(Findings):
    """The result of a check; `print` shows it. Errors are relative to the signal, the spread of f over inputs."""

    def to_dict(self, prefix: str = "equivariance/") -> dict[str, float | str]:
        """Flat, by lower-case keys: numbers for a log, and the verdict and the cause as words."""
        values: dict[str, float | str] = {
            "verdict": str(self.verdict),
            "passed": float(self.passed),
            "worst": max(self.error, self.interpolated_error),
            "exact": self.error,
            "interpolated": self.interpolated_error,
            "mean": sum(each.mean for each in self.elements) / max(len(self.elements), 1),
            "tolerance": self.tolerance,
            "detection_limit": self.detection_limit,
        }
        if self.cause is not None:
            values |= {"cause": self.cause.name, "offender": self.cause.where}
        told = {name: value for name, value in values.items() if value == value}  # no NaN: what was not measured
        return {prefix + name: value for name, value in told.items()}

    def plot(self) -> Picture:
        """Errors over the elements in polar coordinates, and where on the image they are.

        >>> import torch
        >>> from equilab.check import Permute, equivariance
        >>> equivariance(torch.nn.Tanh(), torch.randn(4, 5), in_type=Permute(1), out_type=Permute(1)).plot()
        Picture(600 x 392)
        """
        return reported(self)

    def __bool__(self) -> bool:
        """Whether the verdict is PASS, so that `assert equivariance(...)` says what it seems to say."""
        return self.passed

    def __str__(self) -> str:
        return table(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))
