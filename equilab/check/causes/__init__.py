"""Why a check did not pass: hypotheses in order, the first that holds names the cause."""

from collections.abc import Callable

from equilab.check.causes.geometry import HYPOTHESES as GEOMETRY
from equilab.check.causes.scene import Scene
from equilab.check.findings import Cause

Hypothesis = Callable[[Scene], Cause | None]
HYPOTHESES: tuple[Hypothesis, ...] = (*GEOMETRY,)


def cause(scene: Scene) -> Cause | None:
    """The first cause whose test holds."""
    return next((found for hypothesis in HYPOTHESES if (found := hypothesis(scene)) is not None), None)
