"""The equivariance error of a model that declares how its inputs and outputs transform."""

from dataclasses import dataclass

import torch

from equilab.check import EquivarianceMonitor
from equilab.errors import SettingError, check_count
from equilab.keys import Key
from equilab.runs.evaluations.evaluation import Evaluation, Findings, Moment


@dataclass(frozen=True)
class Equivariance(Evaluation):
    """The error |f(g x) - g f(x)| over a few images and elements, in units of the output's variation.

    Raises SettingError for a model without in_type and out_type.
    """

    every: int = 500  # updates between two evaluations
    images: int = 4  # images, drawn anew at each evaluation
    elements: int = 2  # group elements, drawn anew at each evaluation

    def __post_init__(self) -> None:
        check_count("every", self.every, least=0)
        check_count("images", self.images, least=2)
        check_count("elements", self.elements)

    @property
    def keys(self) -> tuple[Key, ...]:
        return (
            Key("equivariance/worst", "signal", "largest of the errors f(g x) - g f(x) over a few g", "down"),
            Key("equivariance/mean", "signal", "mean of the errors f(g x) - g f(x) over a few g", "down"),
            Key("equivariance/exact", "signal", "largest error at those g that map pixels to pixels", "down"),
            Key("equivariance/interpolated", "signal", "largest error at the other g, on smooth images", "down"),
            Key("equivariance/signal", "size of the output", "spread of f over different x: the unit of the errors"),
        )

    def __call__(self, moment: Moment) -> Findings:
        model = moment.model
        if getattr(model, "in_type", None) is None or getattr(model, "out_type", None) is None:
            raise SettingError(
                "evaluations",
                expected="a model with in_type and out_type for Equivariance, such as P4CNN",
                got=type(model).__name__,
            )
        monitor = EquivarianceMonitor(
            model, every=max(self.every, 1), samples=None, elements=self.elements, seed=moment.seed
        )
        chosen = moment.rng(f"equivariance {moment.step}").integers(len(moment.table), size=self.images)
        images = moment.table.gather(torch.from_numpy(chosen).to(moment.device))
        return Findings(monitor.measure(moment.step, images))
