"""What is lost when a model is chosen by a score that needs no labels instead of by the score that counts."""

from typing import Literal, NamedTuple

import numpy as np
from numpy import ndarray

from equilab.errors import DataError, SettingError, ShapeError
from equilab.metrics.validation import as_array, as_floats


class Selection(NamedTuple):
    """A choice among runs, and what it costs in units of the score."""

    picked: int  # position of the run of the highest selector; the first of equals
    best: float  # score of the best run
    regret: float  # how far the picked run's score is behind it, 0 or more
    random_regret: float  # how far a run picked at random is behind it, on average


def select(scores: ndarray, selector: ndarray, *, better: Literal["up", "down"] = "up") -> Selection:
    """The run that the selector puts first, and its regret: the best score minus that run's (better "down": reversed).

    scores, selector: (runs,). A selector that knows something has a regret below the random one; on few runs luck has
    it, too. NaN in the selector is a run that it cannot judge: not picked, but still among the best and the random.
    Raises ShapeError for other lengths, DataError for no runs, scores that are not finite, or a selector of NaN alone.

    >>> select(np.array([0.2, 0.5, 0.8]), np.array([0.1, 0.9, 0.3])).picked
    1
    """
    scores, selector = (
        as_floats(as_array(scores, "scores"), "scores"),
        as_floats(as_array(selector, "selector"), "selector"),
    )
    if better not in ("up", "down"):
        raise SettingError("better", expected="'up' or 'down'", got=repr(better))
    if scores.ndim != 1 or scores.shape != selector.shape:
        raise ShapeError("selector", expected=f"one value for each of {scores.size} runs", got=selector.shape)
    wrong = scores[~np.isfinite(scores)]
    if len(wrong) or not len(scores):
        got = wrong[0] if len(wrong) else "no runs"
        raise DataError("scores", expected="finite numbers, one for each run, and at least one run", got=got)
    if np.isinf(selector).any():
        raise DataError("selector", expected="finite numbers, or NaN for a run that it cannot judge", got="infinity")
    if np.isnan(selector).all():
        raise DataError("selector", expected="a number for at least one run", got="NaN for all")
    gain = scores if better == "up" else -scores
    picked = int(np.nanargmax(selector))
    best = gain.max()
    return Selection(
        picked, float(scores[gain.argmax()]), float(best - gain[picked]), max(0.0, float(best - gain.mean()))
    )
