"""Why a check did not pass: hypotheses from special to general, the first that holds names the cause."""

from collections.abc import Callable

from equilab.check.causes.channels import HYPOTHESES as CHANNELS
from equilab.check.causes.constants import HYPOTHESES as CONSTANTS
from equilab.check.causes.declared import HYPOTHESES as DECLARED
from equilab.check.causes.declared import OWN
from equilab.check.causes.geometry import HYPOTHESES as GEOMETRY
from equilab.check.causes.numbers import HYPOTHESES as NUMBERS
from equilab.check.causes.randomness import HYPOTHESES as RANDOMNESS
from equilab.check.causes.scene import Scene
from equilab.check.causes.weights import HYPOTHESES as WEIGHTS
from equilab.check.causes.whole import AFTER, BEFORE
from equilab.check.reports.findings import Cause

Hypothesis = Callable[[Scene], Cause | None]
HYPOTHESES: tuple[Hypothesis, ...] = (
    *NUMBERS, *OWN, *RANDOMNESS, *GEOMETRY, *CHANNELS, *CONSTANTS, *DECLARED, *BEFORE, *WEIGHTS, *AFTER,
)  # fmt: skip


def cause(scene: Scene) -> Cause | None:
    """The first cause whose test holds."""
    return next((found for hypothesis in HYPOTHESES if (found := _tried(hypothesis, scene)) is not None), None)


def _tried(hypothesis: Hypothesis, scene: Scene) -> Cause | None:
    try:
        return hypothesis(scene)
    except Exception:
        return None  # the verdict stands, whatever a strange module does when it is asked why
