"""From measured errors and tolerances to one word, and what has to be said with it."""

import math

from equilab.check.questions.level import Levels
from equilab.check.reports.findings import ElementError, Verdict

_ROUGH = 0.3  # of the signal: a tolerance above it tells nothing
_COARSE = 0.02  # likewise, where neither a half precision nor an error of the size of round-off excuses it


def judge(levels: Levels, interpolated: list[ElementError], allowed: float, limit: float) -> tuple[Verdict, list[str]]:
    """The verdict and its notes. A NaN is a FAIL; an output that says nothing is VACUOUS unless another one breaks."""
    original = levels.original
    asked = original.asked
    if asked.has_nan:
        return Verdict.FAIL, ["the output holds NaN"]
    if any(answer.trouble for _, answer in original.answers):
        return Verdict.FAIL, []
    if asked.telling and (found := _of_telling(levels, interpolated, allowed)) is not None:
        return found
    if asked.silent or not asked.compared:
        names = [asked.case.out_names[place] or "the output" for place in asked.silent] or ["the output"]
        return Verdict.VACUOUS, [f"{', '.join(names)}: the same for different inputs, so nothing was shown"]
    if math.isinf(limit):
        return Verdict.INCONCLUSIVE, ["the negative control was not noticed: an asymmetric module would pass, too"]
    return Verdict.PASS, []


def _of_telling(levels: Levels, interpolated: list[ElementError], allowed: float) -> tuple[Verdict, list[str]] | None:
    """FAIL or INCONCLUSIVE by the outputs that say something; None where they pass."""
    original, copy = levels.original, levels.copy
    if original.tolerance > _ROUGH:
        return Verdict.INCONCLUSIVE, [f"round-off is {original.round_off:.2g} of the signal: nothing can be told"]
    if not original.passes:
        return Verdict.FAIL, []
    if copy is not None and levels.copy_counts and not copy.passes:
        return Verdict.FAIL, []
    best = levels.best
    if best.tolerance > _COARSE and not levels.is_half and (best is original or not best.is_exact):
        return Verdict.INCONCLUSIVE, [
            f"the outputs for different inputs differ too little: errors below {best.tolerance:.2g} of that cannot be "
            "told from round-off; train the module first, or give inputs that differ more"
        ]
    if levels.apart > _ROUGH and levels.is_half:
        return Verdict.INCONCLUSIVE, [f"half precision is {levels.apart:.2g} of the signal away from float64"]
    off = [each for each in interpolated if each.trouble or not each.mean <= allowed]
    if any(each.trouble or not each.mean <= 3 * each.floor for each in off):
        return Verdict.FAIL, []
    if off:
        return Verdict.INCONCLUSIVE, ["interpolation alone does about as much: use smoother or larger inputs"]
    return None
