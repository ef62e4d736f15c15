"""Linear layers whose weights are not shared as the group asks."""

from torch import nn

from equilab.check.actions.translations import Translations
from equilab.check.causes.scene import Scene
from equilab.check.reports.findings import Cause

_LINEAR = (nn.modules.conv._ConvNd, nn.Linear, nn.Bilinear)


def dead_channel(scene: Scene) -> Cause | None:
    """A channel that is the same everywhere, while others are not."""
    dead, count = _dead(scene)
    if not dead or len(dead) == count:
        return None
    why = f"channels {dead} of {count} are the same everywhere, and the group exchanges them with living ones"
    return scene.cause("dead channel", why, "prune, mask or drop whole fields: eq.nn.Dropout, never single channels")


def _dead(scene: Scene) -> tuple[list[int], int]:
    """The channels without weights of a linear layer, or those of a tensor without change; and how many there are."""
    if isinstance(scene.module, nn.Linear | nn.Conv2d):
        rows = scene.module.weight.detach().flatten(1)
    elif scene.module is None and scene.broken is not None and scene.broken[0].ndim == 4:
        rows = scene.broken[0].movedim(1, 0).flatten(1)
        rows = rows - rows[:, :1]
    else:
        return [], 0
    return [place for place, values in enumerate(rows) if not bool(values.any())], len(rows)


def unshared(scene: Scene) -> Cause | None:
    """A linear layer with weights of its own for each channel and place."""
    module, step = scene.module, scene.step
    if not isinstance(module, _LINEAR) or step is None:
        return None
    if isinstance(module, nn.modules.conv._ConvNd) and isinstance(scene.symmetry, Translations):
        return None  # its weights are shared over all shifts
    if step.error < 1e-3:
        why = f"its weights are shared over the group only to {step.error:.1g} of their size"
    else:
        why = "its weights are free, not copies of each other moved by the group"
    mend = "use eq.nn.GroupConv2d, eq.nn.GroupConvTranspose2d or eq.nn.Linear (e3nn.o3.Linear), which share them"
    if isinstance(module, nn.Linear) and scene.x is not None and scene.x.ndim == 2:
        mend += "; after a flatten(), average over the places first: eq.nn.SpatialMean"
    return scene.cause("unshared weights", why, mend)


HYPOTHESES = (dead_channel, unshared)
