"""What a training measures of its model's symmetry, where the settings ask for it."""

from torch import nn

from equilab.check import EquivarianceMonitor
from equilab.errors import SettingError
from training.run import Run


def symmetry_of(run: Run, model: nn.Module) -> EquivarianceMonitor | None:
    """The monitor of a run, its draws a function of (seed, step); None where it is off.

    Raises SettingError for a model that does not say how its inputs and outputs transform.
    """
    if not run.log.equivariance_every:
        return None
    if getattr(model, "in_type", None) is None or getattr(model, "out_type", None) is None:
        raise SettingError(
            f"log.equivariance_every: expected 0, because the {type(model).__name__} that {type(run.model).__name__} "
            f"builds has no in_type and out_type, got {run.log.equivariance_every}; choose a model that has them, such "
            "as P4CNN, or give them to yours"
        )
    return EquivarianceMonitor(model, every=run.log.equivariance_every, seed=run.seed)
