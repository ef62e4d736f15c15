"""Random numbers that are drawn for each channel or place, and do not move with the input."""

import copy

from torch import Tensor, nn

from equilab.check.causes.scene import Scene
from equilab.check.questions.compare import difference, real, root_mean_square
from equilab.check.reports.findings import Cause

_ROUNDED = 1e-3  # of the error: what sums in another order each time, as on a GPU, stay far below


def drawn(scene: Scene) -> Cause | None:
    """A layer that answers otherwise with other random numbers: dropout, or noise."""
    step = scene.owner
    subject = scene.level.asked.subject
    if step is None:
        return _of_whole(scene)
    try:
        first = scene.answer(copy.deepcopy(step.module), step.still)
        second = scene.answer(copy.deepcopy(step.module), step.still, seed=subject.seed + 1)
    except Exception:
        return None  # it cannot be copied, or not be called alone
    if all(_is_near(a, b, scene) for a, b in zip(first, second, strict=True)):
        return None
    return _named(scene, any(_is_dropout(part) for part in step.module.modules()))


def _of_whole(scene: Scene) -> Cause | None:
    asked = scene.level.asked
    again = asked.case.call(asked.subject, asked.case.values, seed=asked.subject.seed + 1)
    if all(_is_near(again[place], asked.outputs[place], scene) for place in asked.telling):
        return None
    return _named(scene, False)


def _is_near(first: Tensor, second: Tensor, scene: Scene) -> bool:
    """Whether they differ by much less than the relative error whose cause is sought."""
    if first.shape != second.shape:
        return False
    error = scene.level.error if scene.step is None else scene.step.error
    size = root_mean_square(difference(second, real(second).mean()))
    return root_mean_square(difference(first, second)) <= _ROUNDED * min(error, 1.0) * size


def _named(scene: Scene, is_dropout: bool) -> Cause:
    why = "it draws random numbers for each channel or place, which do not move with the input"
    if is_dropout:
        mend = "use eq.nn.Dropout, which drops whole fields, or check mode='eval'"
        return scene.cause("dropout", why, mend)
    return scene.cause("random numbers", why, "draw one number for each field, or check the mean: seeds=32")


def _is_dropout(module: nn.Module) -> bool:
    return isinstance(module, nn.modules.dropout._DropoutNd) and module.training and module.p > 0


HYPOTHESES = (drawn,)
